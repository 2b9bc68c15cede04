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
        SchemaProperty.Optional("enabled", SchemaNode.Boolean.Described("Whether it may be used; true when absent.")),
        SchemaProperty.Optional("recoverable", SchemaNode.Boolean.Described("Whether it is also stored encrypted, so that it can be shown again."))),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Creates a key and shows it, the only time that it is shown.",
        Details = "A caller that may not create keys gets the answer of an unknown API. A recoverable key takes api.*.encrypt_key as well.",
        Permissions = ["api.*.create_key"],
        Example = """{"apiId":"api_FPhGK7SeA","prefix":"pay","externalId":"customer_7","permissions":["invoices.read"]}""",
        Data = FieldsData.Schema(("keyId", "Id of the new key."), ("key", "The key. Only its SHA-256 is stored.")),
        Refusals = [ErrorCode.ApiNotFound, ErrorCode.RoleNotFound, ErrorCode.PreconditionFailed],
    };

    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, CreateKeyRequest request)
    {
        string? meta = request.Meta is { } element ? MetaText.Compact(element) : null;
        return await context.WriteAsync(session => Create(session, context, request, meta)).ConfigureAwait(false);
    }

    private static OperationResult Create(StoreSession session, OperationContext context, CreateKeyRequest request, string? meta)
    {
        if (ApiAccess.FindLive(session, context, request.ApiId) is not ApiRow api || !context.Caller.May(Required(context, api)))
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

        AuditTrail audit = new(context, session, isCorrelated: true);
        KeyRow key = Insert(session, context, audit, api, request, meta, environment: null, out KeySecret secret);
        List<PermissionRow> permissions = KeyLinks.EnsurePermissions(session, context, audit, request.Permissions ?? [], isDescribed: false);
        return Complete(session, context, audit, key, secret, request, permissions, roles);
    }

    /// <summary>Adds a new key by itself. What the request may ask for has been checked.</summary>
    /// <param name="session">The session.</param>
    /// <param name="context">The call.</param>
    /// <param name="audit">Receives an entry.</param>
    /// <param name="api">API that gets the key; has a keyspace.</param>
    /// <param name="request">What was asked for.</param>
    /// <param name="meta">Its metadata as it is stored.</param>
    /// <param name="environment">Environment that the key is for, which v2 does not know.</param>
    /// <param name="secret">The key itself.</param>
    internal static KeyRow Insert(
        StoreSession session,
        OperationContext context,
        AuditTrail audit,
        ApiRow api,
        CreateKeyRequest request,
        string? meta,
        string? environment,
        out KeySecret secret)
    {
        secret = KeySecret.Create(
            request.Prefix ?? api.DefaultPrefix, (int)(request.ByteLength ?? api.DefaultBytes ?? KeySecret.DefaultBytes), api.HasKeyChecksums);
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
            Environment = environment,
            IsEnabled = request.Enabled ?? true,
            ExpiresAtMs = request.Expires,
            Remaining = request.Credits?.Remaining,
            RefillAmount = request.Credits?.Refill?.Amount,
            RefillDay = request.Credits?.Refill is { Interval: RefillInput.Monthly } monthly ? monthly.RefillDay : null,
            CreatedAtMs = context.NowMs,
        };
        session.InsertKey(key);
        audit.Add("key.create", "key", key.Id, key.Name);
        return key;
    }

    /// <summary>Gives a new key what belongs to it, and shows it.</summary>
    internal static OperationResult Complete(
        StoreSession session,
        OperationContext context,
        AuditTrail audit,
        KeyRow key,
        KeySecret secret,
        CreateKeyRequest request,
        List<PermissionRow> permissions,
        List<RoleRow> roles)
    {
        KeyLinks.Connect(session, context, audit, key.Id, permissions, roles);
        KeyLinks.ReplaceRatelimits(session, context, [], request.Ratelimits ?? [], key.Id, identityId: null);
        if (request.Recoverable == true)
        {
            RecoverableKeys.Store(session, context, key.Id, secret);
        }

        return OperationResult.Success(new FieldsData(("keyId", key.Id), ("key", secret.Text)));
    }

    /// <summary>The permission to create keys in an API.</summary>
    internal static PermissionExpression Required(OperationContext context, ApiRow api) => PermissionExpression.Any(
        $"api.{api.Id}.create_key", "api.*.create_key", context.Caller.Urn($"keyspaces/{api.KeyspaceId}", "create_key"));

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
