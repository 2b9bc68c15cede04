using System;
using System.Threading.Tasks;
using Unkey.Engine.Permissions;
using Unkey.Server.ControlPlane.Callers;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.Storage;

namespace Unkey.Server.ControlPlane;

/// <summary>One authenticated call: what a handler may know and use. Belongs to one request.</summary>
/// <param name="Services">What all operations share.</param>
/// <param name="Request">The request.</param>
/// <param name="Caller">Who makes the call.</param>
/// <param name="NowMs">Unix milliseconds, read once for the whole call.</param>
internal sealed record OperationContext(ControlPlaneServices Services, ColdRequest Request, RootCaller Caller, long NowMs)
{
    /// <summary>Whether the call only takes rights away; its unit of work is then done on a full disk too.</summary>
    public bool IsRevocation { get; init; }

    /// <summary>The refusal of a caller that lacks a permission, or <see langword="null"/>.</summary>
    /// <param name="required">What the endpoint asks for.</param>
    public ApiError? Deny(PermissionExpression required) =>
        Caller.May(required) ? null : new ApiError(ErrorCode.InsufficientPermissions, required.Denial());

    /// <summary>Runs a unit of work; a refusal undoes everything that the unit has done.</summary>
    /// <param name="work">Decides and writes. It may run more than once.</param>
    public Task<OperationResult> WriteAsync(Func<StoreSession, OperationResult> work)
    {
        return IsRevocation ? Services.Store.RevokeAsync(Run, Request.Aborted) : Services.Store.WriteAsync(Run, Request.Aborted);

        OperationResult Run(StoreSession session)
        {
            OperationResult result = work(session);
            if (result.Error is not null)
            {
                session.Refuse();
            }

            return result;
        }
    }

    /// <summary>Runs a unit of work for a caller that has a permission, and refuses any other.</summary>
    /// <param name="required">What the endpoint asks for, whatever the unit finds.</param>
    /// <param name="work">As above.</param>
    public async ValueTask<OperationResult> WriteAsync(PermissionExpression required, Func<StoreSession, OperationResult> work) =>
        Deny(required) is { } denied ? denied : await WriteAsync(work).ConfigureAwait(false);

    /// <summary>Runs queries on one snapshot.</summary>
    public ValueTask<OperationResult> ReadAsync(Func<StoreSession, OperationResult> work) =>
        Services.Store.ReadAsync(work, Request.Aborted);

    /// <summary>Runs queries for a caller that has a permission, and refuses any other.</summary>
    /// <param name="required">What the endpoint asks for, whatever the queries find.</param>
    /// <param name="work">The queries.</param>
    public async ValueTask<OperationResult> ReadAsync(PermissionExpression required, Func<StoreSession, OperationResult> work) =>
        Deny(required) is { } denied ? denied : await ReadAsync(work).ConfigureAwait(false);
}
