using System;
using System.Diagnostics.CodeAnalysis;
using Unkey.Engine;
using Unkey.Engine.Keys;
using Unkey.Engine.Permissions;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary>Finding keys for a caller, what it may do with them, and how they are shown. Stateless.</summary>
internal static class KeyAccess
{
    /// <summary>The one answer for a key that the caller cannot see.</summary>
    public static ApiError NotFound { get; } = new(ErrorCode.KeyNotFound, "The specified key was not found.");

    /// <summary>A live key with its API: neither is deleted, and both are in the caller's workspace.</summary>
    /// <param name="session">The session.</param>
    /// <param name="context">The call.</param>
    /// <param name="key">What was found; <see langword="null"/> passes through.</param>
    public static (KeyRow Key, ApiRow Api)? Live(StoreSession session, OperationContext context, KeyRow? key) =>
        key is not null
        && key.WorkspaceId == context.Caller.WorkspaceId
        && session.FindApiOfKeyspace(key.KeyspaceId) is { IsDeleted: false, KeyspaceId: not null } api
            ? (key, api)
            : null;

    /// <summary>The permission to do something with one key.</summary>
    /// <param name="context">The call.</param>
    /// <param name="key">The key.</param>
    /// <param name="api">Its API.</param>
    /// <param name="action">For example <c>read_key</c>.</param>
    public static PermissionExpression Required(OperationContext context, KeyRow key, ApiRow api, string action) => PermissionExpression.Any(
        $"api.*.{action}", $"api.{api.Id}.{action}", context.Caller.Urn($"keyspaces/{key.KeyspaceId}/keys/{key.Id}", action));

    /// <summary>Finds a live key for a caller that may do something with it.</summary>
    /// <param name="session">The session.</param>
    /// <param name="context">The call.</param>
    /// <param name="keyId">Its id.</param>
    /// <param name="action">What the caller wants to do, for example <c>update_key</c>.</param>
    /// <param name="key">The key.</param>
    /// <param name="refused">Why there is none for this caller.</param>
    public static bool TryFind(
        StoreSession session,
        OperationContext context,
        string keyId,
        string action,
        [NotNullWhen(true)] out KeyRow? key,
        [NotNullWhen(false)] out ApiError? refused) =>
        TryFind(session, context, keyId, (found, api) => Required(context, found, api, action), out key, out refused);

    /// <summary>Finds a live key for a caller that has a permission, which is made of the key and its API; parameters as above.</summary>
    public static bool TryFind(
        StoreSession session,
        OperationContext context,
        string keyId,
        Func<KeyRow, ApiRow, PermissionExpression> required,
        [NotNullWhen(true)] out KeyRow? key,
        [NotNullWhen(false)] out ApiError? refused)
    {
        if (Live(session, context, session.FindKey(keyId)) is not (KeyRow found, ApiRow api))
        {
            (key, refused) = (null, NotFound);
            return false;
        }

        refused = context.Deny(required(found, api));
        key = refused is null ? found : null;
        return refused is null;
    }

    /// <summary>A key as the API shows it.</summary>
    public static KeyData Shown(StoreSession session, EngineState engine, KeyRow key)
    {
        IdentityRow? identity = key.IdentityId is null ? null : session.FindIdentity(key.IdentityId);
        return new KeyData
        {
            Key = key,
            Remaining = key.Remaining is null ? null : LiveBalance(engine, key),
            Slugs = session.EffectiveSlugs(key.Id),
            Roles = session.RolesOfKey(key.Id),
            Limits = session.RatelimitsOfKey(key.Id),
            Identity = identity is null ? null : new IdentityData(identity, session.RatelimitsOfIdentity(identity.Id)),
        };
    }

    /// <summary>The balance that verification takes from; the stored one follows it within about a second.</summary>
    /// <param name="engine">The tables.</param>
    /// <param name="key">A key with a limited balance.</param>
    public static long LiveBalance(EngineState engine, KeyRow key)
    {
        KeyDigest digest = KeyDigest.FromBytes(key.Hash);
        lock (engine.WriterLock)
        {
            return engine.Keys.TryFind(in digest, out KeyRecord record) && !record.Credits.IsNull ? record.Credits.Read() : key.Remaining!.Value;
        }
    }
}
