using System;
using System.Threading.Tasks;
using Unkey.Engine;
using Unkey.Engine.Keys;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary>Finds imported keys at their first verification, and from then on by the hash of their whole text. Stateless, any thread.</summary>
internal static class OnDemandMigration
{
    private const int StartChars = 4;

    /// <summary>The digest by which a key that is not found by its own hash is to be verified.</summary>
    /// <param name="context">The call.</param>
    /// <param name="text">The key as presented.</param>
    /// <param name="migrationId">The migration named by the request.</param>
    /// <returns>A digest, which may belong to no key or to one that the caller cannot see; or the refusal of a key that does not have the
    /// format of the migration.</returns>
    public static async ValueTask<(KeyDigest Digest, ApiError? Refused)> FindAsync(OperationContext context, string text, string migrationId)
    {
        byte[] hash = KeySecret.HashOf(text);
        KeyDigest own = KeyDigest.FromBytes(hash);
        MigrationRow? migration = await context.Services.Store
            .ReadAsync(session => session.FindMigration(context.Caller.WorkspaceId, migrationId), context.Request.Aborted).ConfigureAwait(false);
        if (migration is not { Algorithm: MigrationAlgorithm.PrefixedApiKey })
        {
            return (own, null);
        }

        int longToken = text.LastIndexOf('_') + 1;
        int shortToken = longToken == 0 ? 0 : text.AsSpan(0, longToken - 1).LastIndexOf('_') + 1;
        if (shortToken == 0)
        {
            return (own, new ApiError(ErrorCode.MalformedAuthorization, "The key does not consist of a prefix, a short token and a long token."));
        }

        byte[] importedHash = ImportedHash.OfLongToken(text.AsSpan(longToken));
        KeyDigest imported = KeyDigest.FromBytes(importedHash);
        if (!IsPublished(context.Services.Engine, in imported))
        {
            return (own, null);
        }

        string start = text[..shortToken] + text.AsSpan(shortToken, Math.Min(StartChars, text.Length - shortToken)).ToString();
        bool isReplaced = await context.Services.Store
            .WriteAsync(session => TryReplace(session, context, migrationId, importedHash, hash, start), context.Request.Aborted).ConfigureAwait(false);

        // Another call may have replaced the hash in the meantime.
        return (isReplaced || !IsPublished(context.Services.Engine, in imported) ? own : imported, null);
    }

    // A key that the caller could not verify is left alone: nobody changes what they cannot see.
    private static bool TryReplace(
        StoreSession session, OperationContext context, string migrationId, byte[] importedHash, byte[] hash, string start)
    {
        if (KeyAccess.Live(session, context, session.FindKeyByHash(importedHash)) is not (KeyRow key, ApiRow api)
            || key.PendingMigrationId != migrationId
            || !context.Caller.May(KeyAccess.Required(context, key, api, "verify_key"))
            || session.FindStoredKeyByHash(hash) is not null)
        {
            return false;
        }

        session.CompleteMigration(key, hash, start);
        new AuditTrail(context, session).Add("key.update", "key", key.Id, key.Name);
        return true;
    }

    private static bool IsPublished(EngineState engine, in KeyDigest digest)
    {
        lock (engine.WriterLock)
        {
            return engine.Keys.TryFind(in digest, out _);
        }
    }
}
