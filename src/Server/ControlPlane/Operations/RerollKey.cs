using System.Threading.Tasks;
using Unkey.Engine.Permissions;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>keys.rerollKey</c>: a new key with everything the old one has, while the old one runs out.</summary>
internal sealed class RerollKey() : Operation<RerollKeyRequest>(
    "/v2/keys.rerollKey",
    SchemaNode.Open(
        SchemaProperty.Required("keyId", RequestSchemas.KeyId),
        SchemaProperty.Required("expiration", RequestSchemas.Expires.Described("Milliseconds until the old key expires, rounded up to a full minute; 0 for at once."))),
    RequestJson.Default)
{
    private const long MinuteMs = 60_000;

    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Makes a new key with everything that an old one has, while the old one runs out.",
        Details = "A recoverable key takes api.*.encrypt_key as well.",
        Permissions = ["api.*.create_key"],
        Example = """{"keyId":"key_MWsVoLbZy","expiration":86400000}""",
        Data = FieldsData.Schema(("keyId", "Id of the new key."), ("key", "The new key. Only its SHA-256 is stored.")),
        Refusals = [ErrorCode.KeyNotFound, ErrorCode.PreconditionFailed],
    };

    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, RerollKeyRequest request) =>
        await context.WriteAsync(session => Reroll(session, context, request)).ConfigureAwait(false);

    private static OperationResult Reroll(StoreSession session, OperationContext context, RerollKeyRequest request)
    {
        if (KeyAccess.Live(session, context, session.FindKey(request.KeyId)) is not (KeyRow old, ApiRow api))
        {
            return KeyAccess.NotFound;
        }

        if (context.Deny(PermissionExpression.Any(
            "api.*.create_key", $"api.{api.Id}.create_key", context.Caller.Urn($"keyspaces/{api.KeyspaceId}", "create_key"))) is { } denied)
        {
            return denied;
        }

        bool isRecoverable = session.IsRecoverable(old.Id);
        if (isRecoverable && NotRecoverable(context, api) is { } refused)
        {
            return refused;
        }

        KeySecret secret = KeySecret.Create(Prefix(old, api), (int)(api.DefaultBytes ?? KeySecret.DefaultBytes), api.HasKeyChecksums);
        KeyRow key = Copy(session, context, old, secret);
        AuditTrail audit = new(context, session, isCorrelated: true);
        audit.Add("key.reroll", "key", old.Id, old.Name);
        KeyLinks.Connect(session, context, audit, key.Id, session.DirectPermissions(old.Id), session.RolesOfKey(old.Id));
        foreach (RatelimitRow limit in session.RatelimitsOfKey(old.Id))
        {
            session.InsertRatelimit(limit with { Id = Identifiers.New("rl") }, key.WorkspaceId, key.Id, identityId: null, context.NowMs);
        }

        if (isRecoverable)
        {
            RecoverableKeys.Store(session, context, key.Id, secret);
        }

        session.UpdateKey(old with { ExpiresAtMs = OldExpiry(context.NowMs, request.Expiration) }, context.NowMs);
        return OperationResult.Success(new FieldsData(("keyId", key.Id), ("key", secret.Text)));
    }

    private static KeyRow Copy(StoreSession session, OperationContext context, KeyRow old, KeySecret secret)
    {
        KeyRow key = old with
        {
            Id = KeyLinks.NewKeyId(session),
            Hash = secret.Hash,
            Start = secret.Start,

            // What has been spent of the old balance is not given back with the new key.
            Remaining = old.Remaining is null ? null : KeyAccess.LiveBalance(context.Services.Engine, old),
            PendingMigrationId = null,
            CreatedAtMs = context.NowMs,
        };
        session.InsertKey(key);
        return key;
    }

    private static ApiError? NotRecoverable(OperationContext context, ApiRow api)
    {
        if (context.Deny(RecoverableKeys.EncryptRequired(context, api)) is { } denied)
        {
            return denied;
        }

        if (context.Services.Vault is null)
        {
            return RecoverableKeys.NoVault;
        }

        return api.StoresEncryptedKeys ? null : RecoverableKeys.NotEnabled;
    }

    // The random part holds no underscore, so the last one ends the prefix; a prefix may hold some itself.
    private static string? Prefix(KeyRow old, ApiRow api)
    {
        int end = old.Start.LastIndexOf('_');
        return end < 0 ? api.DefaultPrefix : old.Start[..end];
    }

    // An expired key is one whose expiry lies in the past, so "at once" is the millisecond before this one.
    private static long OldExpiry(long nowMs, long expiration) =>
        expiration == 0 ? nowMs - 1 : (nowMs + expiration + MinuteMs - 1) / MinuteMs * MinuteMs;
}
