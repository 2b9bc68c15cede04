using System;
using System.Linq;
using System.Threading.Tasks;
using Unkey.Engine.Permissions;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>keys.migrateKeys</c>: imports keys by their hashes. A hash that is known already is reported and the rest goes on.</summary>
internal sealed class MigrateKeys() : Operation<MigrateKeysRequest>(
    "/v2/keys.migrateKeys",
    SchemaNode.Closed(
        SchemaProperty.Required("migrationId", SchemaNode.Text(3, 255).Described("Id of the migration, which says how the hashes were made.")),
        SchemaProperty.Required("apiId", SchemaNode.Text(3, 255).Described("Id of the API that the keys will belong to.")),
        SchemaProperty.Required(
            "keys",
            SchemaNode.ListOf(
                SchemaNode.Closed(
                    SchemaProperty.Required(
                        "hash", SchemaNode.Text(3).Described("sha256: SHA-256 of the key in base64; prefixed API keys: SHA-256 of the long token in hexadecimal.")),
                    SchemaProperty.Optional("name", RequestSchemas.KeyName),
                    SchemaProperty.Optional("externalId", SchemaNode.Text(1, 255).Described("Your own id of the user or tenant behind it. Letter case counts.")),
                    SchemaProperty.Optional("meta", RequestSchemas.Meta),
                    SchemaProperty.Optional("roles", RequestSchemas.RoleNames.Described("Roles by their names; missing ones are created.")),
                    SchemaProperty.Optional("permissions", RequestSchemas.Slugs),
                    SchemaProperty.Optional("expires", RequestSchemas.Expires),
                    SchemaProperty.Optional("enabled", SchemaNode.Boolean.Described("Whether it may be used; true when absent.")),
                    SchemaProperty.Optional("credits", RequestSchemas.Credits),
                    SchemaProperty.Optional("ratelimits", RequestSchemas.Ratelimits)),
                itemsMin: 1)
                .Described("The keys, without a bound on their number besides the size of the body."))),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Imports keys by their hashes. Hashes that are known already are reported, and the others imported.",
        Details = "Identities, permissions and roles are created when they are missing.",
        Permissions = ["api.*.create_key"],
        Example = """{"migrationId":"from_legacy","apiId":"api_FPhGK7SeA","keys":[{"hash":"ZyhHyVXXNyRLQVCGtAXCkjXKDoBIdPS7Ywd0ceSnaQs="}]}""",
        Data = MigratedKeysData.Schema,
        Refusals = [ErrorCode.ApiNotFound, ErrorCode.MigrationNotFound],
    };

    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, MigrateKeysRequest request)
    {
        // Before anything is looked up, so that the answer tells nothing of what exists.
        if (context.Deny(PermissionExpression.Any($"api.{request.ApiId}.create_key", "api.*.create_key")) is { } denied)
        {
            return denied;
        }

        string?[] metas = Array.ConvertAll(request.Keys, static key => key.Meta is { } meta ? MetaText.Compact(meta) : null);
        return await context.WriteAsync(session => Migrate(session, context, request, metas)).ConfigureAwait(false);
    }

    private static OperationResult Migrate(StoreSession session, OperationContext context, MigrateKeysRequest request, string?[] metas)
    {
        if (ApiAccess.FindLive(session, context, request.ApiId) is not ApiRow api)
        {
            return ApiAccess.NotFound;
        }

        if (api.KeyspaceId is null)
        {
            return ApiAccess.NoKeyspace;
        }

        if (session.FindMigration(context.Caller.WorkspaceId, request.MigrationId) is not { } migration)
        {
            return OperationResult.Refused(ErrorCode.MigrationNotFound, "The requested migration was not found.");
        }

        if (request.Keys.Any(static key => key.Credits?.Refill is { LacksDay: true }))
        {
            return OperationResult.Refused(
                ErrorCode.InvalidInput, "`credits.refill.refillDay` must be provided when the refill interval is `monthly`.");
        }

        AuditTrail audit = new(context, session, isCorrelated: true);
        MigratedKeysData result = new();
        for (int i = 0; i < request.Keys.Length; i++)
        {
            MigrateKeyInput input = request.Keys[i];
            byte[] digest = ImportedHash.ToDigest(input.Hash);

            // Known also when its key is deleted or foreign, and when this request has it twice.
            if (session.FindStoredKeyByHash(digest) is not null)
            {
                result.Failed.Add(input.Hash);
                continue;
            }

            KeyRow key = Row(session, context, api, migration, input, digest, metas[i]);
            session.InsertKey(key);
            audit.Add("key.create", "key", key.Id, key.Name);
            Link(session, context, audit, key, input);
            result.Migrated.Add((input.Hash, key.Id));
        }

        return OperationResult.Success(result);
    }

    private static KeyRow Row(
        StoreSession session,
        OperationContext context,
        ApiRow api,
        MigrationRow migration,
        MigrateKeyInput input,
        byte[] digest,
        string? meta)
    {
        // Unlimited credits have no refill.
        RefillInput? refill = input.Credits?.Remaining is null ? null : input.Credits.Refill;
        return new KeyRow
        {
            Id = KeyLinks.NewKeyId(session),
            WorkspaceId = context.Caller.WorkspaceId,
            KeyspaceId = api.KeyspaceId!,
            Hash = digest,
            Start = "",
            Name = input.Name,
            IdentityId = input.ExternalId is { } externalId ? KeyLinks.EnsureIdentity(session, context, externalId) : null,
            Meta = meta,
            IsEnabled = input.Enabled ?? true,
            ExpiresAtMs = input.Expires,
            Remaining = input.Credits?.Remaining,
            RefillAmount = refill?.Amount,
            RefillDay = refill is { Interval: RefillInput.Monthly } ? refill.RefillDay : null,
            PendingMigrationId = migration.Algorithm == MigrationAlgorithm.PrefixedApiKey ? migration.Id : null,
            CreatedAtMs = context.NowMs,
        };
    }

    private static void Link(StoreSession session, OperationContext context, AuditTrail audit, KeyRow key, MigrateKeyInput input)
    {
        KeyLinks.Connect(
            session,
            context,
            audit,
            key.Id,
            KeyLinks.EnsurePermissions(session, context, audit, input.Permissions ?? [], isDescribed: false),
            KeyLinks.EnsureRoles(session, context, audit, input.Roles ?? []));
        KeyLinks.ReplaceRatelimits(session, context, [], input.Ratelimits ?? [], key.Id, identityId: null);
    }
}
