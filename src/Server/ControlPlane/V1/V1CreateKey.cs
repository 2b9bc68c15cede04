using System.Collections.Generic;
using System.Threading.Tasks;
using Unkey.Engine.Permissions;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.ControlPlane.V1.Requests;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;

namespace Unkey.Server.ControlPlane.V1;

/// <summary><c>keys.createKey</c> of v1: makes a key and shows it, the only time that it is shown.</summary>
internal sealed class V1CreateKey() : V1Operation<V1CreateKeyRequest>(
    "keys.createKey",
    SchemaNode.Open(
        SchemaProperty.Required("apiId", V1Schemas.Id),
        SchemaProperty.Optional("prefix", SchemaNode.Text(0, 16)),
        SchemaProperty.Optional("name", V1Schemas.Name),
        SchemaProperty.Optional("byteLength", RequestSchemas.ByteLength),
        SchemaProperty.Optional("externalId", V1Schemas.ExternalId),
        SchemaProperty.Optional("ownerId", V1Schemas.ExternalId),
        SchemaProperty.Optional("meta", V1Schemas.Meta),
        SchemaProperty.Optional("roles", V1Schemas.Names),
        SchemaProperty.Optional("permissions", V1Schemas.Names),
        SchemaProperty.Optional("expires", V1Schemas.Expires),
        SchemaProperty.Optional("remaining", SchemaNode.Integer()),
        SchemaProperty.Optional("refill", V1Schemas.Refill),
        SchemaProperty.Optional("ratelimit", V1RatelimitInput.Schema),
        SchemaProperty.Optional("enabled", SchemaNode.Boolean),
        SchemaProperty.Optional("recoverable", SchemaNode.Boolean),
        SchemaProperty.Optional("environment", SchemaNode.Text(0, 256))),
    V1RequestJson.Default)
{
    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, V1CreateKeyRequest request)
    {
        string? meta = request.Meta is { } element ? MetaText.Compact(element) : null;
        return await context.WriteAsync(session => Create(session, context, request, meta)).ConfigureAwait(false);
    }

    private static OperationResult Create(StoreSession session, OperationContext context, V1CreateKeyRequest request, string? meta)
    {
        ApiRow? api = ApiAccess.FindLive(session, context, request.ApiId);
        PermissionExpression required = api is null
            ? PermissionExpression.Any($"api.{request.ApiId}.create_key", "api.*.create_key")
            : CreateKey.Required(context, api);
        if (context.Deny(required) is { } denied)
        {
            return denied;
        }

        if (api is null)
        {
            return V1Access.ApiNotFound(request.ApiId);
        }

        if (Refused(context, request, api) is { } refused)
        {
            return refused;
        }

        AuditTrail audit = new(context, session, isCorrelated: true);
        CreateKeyRequest wanted = Translated(request);
        KeyRow key = CreateKey.Insert(session, context, audit, api, wanted, meta, request.Environment, out KeySecret secret);
        if (KeyPermissionAccess.Ensure(session, context, audit, request.Permissions ?? [], out List<PermissionRow> permissions) is { } deniedPermission)
        {
            return deniedPermission;
        }

        return V1Access.EnsureRoles(session, context, audit, request.Roles ?? [], out List<RoleRow> roles) is { } deniedRole
            ? deniedRole
            : CreateKey.Complete(session, context, audit, key, secret, wanted, permissions, roles);
    }

    private static ApiError? Refused(OperationContext context, V1CreateKeyRequest request, ApiRow api)
    {
        if (api.KeyspaceId is null)
        {
            return new ApiError(ErrorCode.PreconditionFailed, $"api {api.Id} is not setup to handle keys");
        }

        if (request.Recoverable == true && NotRecoverable(context, api) is { } notRecoverable)
        {
            return notRecoverable;
        }

        if (request.Remaining <= 0)
        {
            return new ApiError(ErrorCode.InvalidInput, "remaining must be greater than 0.");
        }

        if (request is { Refill: not null, Remaining: null })
        {
            return new ApiError(ErrorCode.InvalidInput, "remaining must be set if you are using refill.");
        }

        return (request.Refill is { } refill ? V1Schemas.RefillProblem(refill) : null) ?? request.Ratelimit?.Problem;
    }

    private static ApiError? NotRecoverable(OperationContext context, ApiRow api) =>
        context.Deny(RecoverableKeys.EncryptRequired(context, api))
        ?? (!api.StoresEncryptedKeys ? new ApiError(ErrorCode.PreconditionFailed, $"api {api.Id} does not support recoverable keys")
            : context.Services.Vault is null ? RecoverableKeys.NoVault
            : null);

    private static CreateKeyRequest Translated(V1CreateKeyRequest request) => new()
    {
        ApiId = request.ApiId,
        Prefix = request.Prefix,
        Name = request.Name,
        ByteLength = request.ByteLength,
        ExternalId = request.ExternalId ?? request.OwnerId,
        Expires = request.Expires,
        Credits = request.Remaining is null ? null : new CreditsInput(request.Remaining, request.Refill is { } refill ? V1Schemas.Complete(refill) : null),
        Ratelimits = request.Ratelimit is { } limit ? [limit.ToInput()] : null,
        Enabled = request.Enabled,
        Recoverable = request.Recoverable,
    };
}
