using System.Collections.Generic;
using System.Threading.Tasks;
using Unkey.Engine.Permissions;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>keys.createKey</c>: makes a key and shows it, the only time that it is shown.</summary>
/// <remarks>A caller that may not create keys in an API cannot tell it from one that does not exist.</remarks>
internal sealed class CreateKey() : Operation<CreateKeyRequest>(
    "/v2/keys.createKey",
    SchemaNode.Closed(
        SchemaProperty.Required("apiId", RequestSchemas.ApiIdOfKey),
        SchemaProperty.Optional("prefix", RequestSchemas.Prefix),
        SchemaProperty.Optional("name", RequestSchemas.KeyName),
        SchemaProperty.Optional("byteLength", RequestSchemas.ByteLength),
        SchemaProperty.Optional("externalId", RequestSchemas.ExternalId),
        SchemaProperty.Optional("meta", RequestSchemas.Meta),
        SchemaProperty.Optional("roles", RequestSchemas.RoleNames),
        SchemaProperty.Optional("permissions", RequestSchemas.Slugs),
        SchemaProperty.Optional("expires", RequestSchemas.Expires),
        SchemaProperty.Optional("credits", RequestSchemas.Credits),
        SchemaProperty.Optional("ratelimits", RequestSchemas.Ratelimits),
        SchemaProperty.Optional("enabled", SchemaNode.Boolean),
        SchemaProperty.Optional("recoverable", SchemaNode.Boolean)),
    RequestJson.Default.CreateKeyRequest)
{
    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, CreateKeyRequest request)
    {
        string? meta = request.Meta is { } element ? MetaText.Compact(element) : null;
        return await context.WriteAsync(session => Create(session, context, request, meta)).ConfigureAwait(false);
    }

    private static OperationResult Create(StoreSession session, OperationContext context, CreateKeyRequest request, string? meta)
    {
        if (ApiAccess.FindLive(session, context, request.ApiId) is not ApiRow api || !MayCreate(context, api))
        {
            return ApiAccess.NotFound;
        }

        if (Refused(context, request, api) is { } refused)
        {
            return refused;
        }

        if (KeyLinks.FindRoles(session, context, request.Roles ?? [], out List<RoleRow> roles) is { } unknownRole)
        {
            return unknownRole;
        }

        KeySecret secret = KeySecret.Create(
            request.Prefix ?? api.DefaultPrefix, (int)(request.ByteLength ?? api.DefaultBytes ?? KeySecret.DefaultBytes));
        KeyRow key = new()
        {
            Id = KeyLinks.NewKeyId(session),
            WorkspaceId = context.Caller.WorkspaceId,
            KeyspaceId = api.KeyspaceId!,
            Hash = secret.Hash,
            Start = secret.Start,
            Name = request.Name,
            IdentityId = request.ExternalId is { } externalId ? KeyLinks.EnsureIdentity(session, context, externalId) : null,
            Meta = meta,
            IsEnabled = request.Enabled ?? true,
            ExpiresAtMs = request.Expires,
            Remaining = request.Credits?.Remaining,
            RefillAmount = request.Credits?.Refill?.Amount,
            RefillDay = request.Credits?.Refill is { Interval: RefillInput.Monthly } monthly ? monthly.RefillDay : null,
            CreatedAtMs = context.NowMs,
        };
        session.InsertKey(key);
        AuditTrail audit = new(context, session, isCorrelated: true);
        audit.Add("key.create", "key", key.Id, key.Name);
        Link(session, context, audit, key, request, roles);
        if (request.Recoverable == true)
        {
            RecoverableKeys.Store(session, context, key.Id, secret);
        }

        return OperationResult.Success(new FieldsData(("keyId", key.Id), ("key", secret.Text)));
    }

    private static void Link(
        StoreSession session, OperationContext context, AuditTrail audit, KeyRow key, CreateKeyRequest request, List<RoleRow> roles)
    {
        KeyLinks.Connect(
            session,
            context,
            audit,
            key.Id,
            KeyLinks.EnsurePermissions(session, context, audit, request.Permissions ?? [], isDescribed: false),
            roles);
        KeyLinks.ReplaceRatelimits(session, context, [], request.Ratelimits ?? [], key.Id, identityId: null);
    }

    private static bool MayCreate(OperationContext context, ApiRow api) => context.Caller.May(PermissionExpression.Any(
        $"api.{api.Id}.create_key", "api.*.create_key", context.Caller.Urn($"keyspaces/{api.KeyspaceId}", "create_key")));

    private static ApiError? Refused(OperationContext context, CreateKeyRequest request, ApiRow api)
    {
        if (api.KeyspaceId is null)
        {
            return ApiAccess.NoKeyspace;
        }

        if (request.Recoverable == true && NotRecoverable(context, api) is { } notRecoverable)
        {
            return notRecoverable;
        }

        if (request.Credits is { Remaining: null, Refill: not null })
        {
            return new ApiError(ErrorCode.InvalidInput, "`credits.remaining` must be provided when `credits.refill` is set.");
        }

        return request.Credits?.Refill is { LacksDay: true }
            ? new ApiError(ErrorCode.InvalidInput, "`credits.refill.refillDay` must be provided when the refill interval is `monthly`.")
            : null;
    }

    private static ApiError? NotRecoverable(OperationContext context, ApiRow api)
    {
        if (context.Services.Vault is null)
        {
            // Without an encryption service this comes before the permission to use one.
            return RecoverableKeys.NoVault;
        }

        if (!context.Caller.May(RecoverableKeys.EncryptRequired(context, api)))
        {
            return ApiAccess.NotFound;
        }

        return api.StoresEncryptedKeys ? null : RecoverableKeys.NotEnabled;
    }
}
