using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Unkey.Engine;
using Unkey.Engine.Keys;
using Unkey.Engine.Registries;
using Unkey.Server.ControlPlane.Responses;

namespace Unkey.Server.ControlPlane.Callers;

/// <summary>Turns an Authorization field into a <see cref="RootCaller"/>, with every outcome of the contract. Any thread.</summary>
/// <remarks>Looks the root key up in the engine's table and never in the database, so a flood of unknown credentials costs no query.
/// Holds the engine's writer lock for the copy instead of registering the thread as a reader: threads of the pool come and go.</remarks>
internal sealed class RootKeyAuthenticator
{
    private const string Scheme = "Bearer ";

    private static readonly ApiError s_unknown = new(
        ErrorCode.RootKeyNotFound, "The provided root key is invalid. We could not find the requested key.");

    // Management calls come from few root keys, again and again, and the permissions of one are a hundred texts.
    private const int RememberedMax = 8;

    private readonly EngineState _engine;
    private readonly (ulong Generation, RootCaller? Caller)[] _remembered = new (ulong, RootCaller?)[RememberedMax];
    private int _next;

    /// <summary>Creates the authenticator over the live tables.</summary>
    public RootKeyAuthenticator(EngineState engine) => _engine = engine;

    /// <summary>Takes the token out of an Authorization field.</summary>
    /// <param name="authorization">The field's value; present and not empty.</param>
    /// <param name="token">The token, trimmed.</param>
    /// <param name="error">Why there is none.</param>
    public static bool TryReadToken(
        string authorization, out ReadOnlySpan<char> token, [NotNullWhen(false)] out ApiError? error)
    {
        ReadOnlySpan<char> value = authorization.AsSpan().Trim();
        if (!value.StartsWith(Scheme, StringComparison.Ordinal))
        {
            // A lone "Bearer" has lost its space to the trimming.
            token = default;
            error = new ApiError(
                ErrorCode.MalformedAuthorization,
                value.SequenceEqual("Bearer")
                    ? "Your Authorization header is malformed: the token after 'Bearer ' is missing."
                    : "Your Authorization header is missing the 'Bearer ' prefix.");
            return false;
        }

        token = value[Scheme.Length..].Trim();
        error = null;
        return true;
    }

    /// <summary>What v2 says of a credential that is refused.</summary>
    public static ApiError Refusal(RootKeyFault fault) => fault switch
    {
        RootKeyFault.WorkspaceMissing => new ApiError(
            ErrorCode.WorkspaceNotFound, "The provided root key is invalid. The requested workspace does not exist."),
        RootKeyFault.WorkspaceDisabled => new ApiError(ErrorCode.WorkspaceDisabled, "The workspace is disabled."),
        RootKeyFault.Disabled => new ApiError(ErrorCode.KeyDisabled, "The provided root key is disabled."),
        RootKeyFault.Expired => new ApiError(ErrorCode.Forbidden, "The provided root key has expired."),

        // An ordinary key must look exactly like an unknown one.
        RootKeyFault.Unknown or RootKeyFault.OrdinaryKey => s_unknown,
        _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, null),
    };

    /// <summary>Authenticates a call of v2.</summary>
    /// <param name="authorization">The field's value; present and not empty.</param>
    /// <param name="nowMs">Unix milliseconds.</param>
    /// <param name="caller">The caller, when every check passed.</param>
    /// <param name="error">The first check that failed.</param>
    public bool TryAuthenticate(
        string authorization, long nowMs, [NotNullWhen(true)] out RootCaller? caller, [NotNullWhen(false)] out ApiError? error)
    {
        caller = null;
        if (TryReadToken(authorization, out ReadOnlySpan<char> token, out error))
        {
            RootKeyFault fault = Authenticate(token, nowMs, out caller);
            error = fault == RootKeyFault.None ? null : Refusal(fault);
        }

        return caller is not null;
    }

    /// <summary>Authenticates a token.</summary>
    /// <param name="token">The whole root key.</param>
    /// <param name="nowMs">Unix milliseconds.</param>
    /// <param name="caller">The caller, when every check passed.</param>
    public RootKeyFault Authenticate(ReadOnlySpan<char> token, long nowMs, out RootCaller? caller)
    {
        caller = null;
        byte[] secret = new byte[Encoding.UTF8.GetByteCount(token)];
        Encoding.UTF8.GetBytes(token, secret);
        KeyDigest digest = KeyDigest.Of(secret);
        Array.Clear(secret);
        lock (_engine.WriterLock)
        {
            RootKeyFault fault = Find(in digest, nowMs, out KeyRecord record);
            if (fault == RootKeyFault.None)
            {
                _engine.RootKeyUses.TryNote(record.KeyId, nowMs / 60_000);
                Workspace workspace = _engine.Workspaces.Find(record.ForWorkspaceIndex)!;
                caller = CallerOf(in digest, record, workspace);
            }

            return fault;
        }
    }

    /// <summary>Finds a root key's record; under the writer lock.</summary>
    /// <returns>The first failed check in the order of the contract.</returns>
    public RootKeyFault Find(in KeyDigest digest, long nowMs, out KeyRecord record)
    {
        if (!_engine.Keys.TryFind(in digest, out record) || _engine.Apis.Find(record.ApiIndex) is { Deleted: true })
        {
            return RootKeyFault.Unknown;
        }

        Workspace? workspace = _engine.Workspaces.Find(record.ForWorkspaceIndex);
        if (record.IsRootKey && workspace is null)
        {
            return RootKeyFault.WorkspaceMissing;
        }

        if (_engine.Workspaces.Find(record.WorkspaceIndex) is { Enabled: false } || workspace is { Enabled: false })
        {
            return RootKeyFault.WorkspaceDisabled;
        }

        if (!record.Enabled)
        {
            return RootKeyFault.Disabled;
        }

        if (nowMs > record.ExpiresAtMs)
        {
            return RootKeyFault.Expired;
        }

        return record.IsRootKey ? RootKeyFault.None : RootKeyFault.OrdinaryKey;
    }

    // Under the writer lock. A record's generation is never another record's, and a workspace that changes is another object.
    private RootCaller CallerOf(in KeyDigest digest, KeyRecord record, Workspace workspace)
    {
        foreach ((ulong generation, RootCaller? remembered) in _remembered)
        {
            if (remembered is not null && generation == record.Generation && ReferenceEquals(remembered.Workspace, workspace))
            {
                return remembered;
            }
        }

        RootCaller caller = new(Encoding.UTF8.GetString(record.KeyId), workspace, Permissions(record)) { Digest = digest };
        _remembered[_next] = (record.Generation, caller);
        _next = (_next + 1) % RememberedMax;
        return caller;
    }

    private static HashSet<string> Permissions(KeyRecord record)
    {
        HashSet<string> permissions = new(record.PermissionCount, StringComparer.Ordinal);
        for (int i = 0; i < record.PermissionCount; i++)
        {
            permissions.Add(Encoding.UTF8.GetString(record.Permission(i)));
        }

        return permissions;
    }
}
