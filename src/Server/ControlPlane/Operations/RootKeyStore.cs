using System.Collections.Generic;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary>Writes root keys into the operator's workspace. Runs inside a unit of work. Stateless.</summary>
internal static class RootKeyStore
{
    /// <summary>Random bytes of a root key: 256 bits.</summary>
    public const int SecretBytes = 32;

    /// <summary>Prefix of root keys that this server makes.</summary>
    public const string SecretPrefix = "unkey";

    /// <summary>Adds a root key.</summary>
    /// <param name="session">The session.</param>
    /// <param name="root">Where root keys live.</param>
    /// <param name="secret">The key.</param>
    /// <param name="workspaceId">Workspace that it manages.</param>
    /// <param name="name">Display name.</param>
    /// <param name="expiresAtMs">Unix milliseconds, or <see langword="null"/>.</param>
    /// <param name="permissions">What it may do.</param>
    /// <param name="nowMs">Unix milliseconds.</param>
    /// <returns>Its key id.</returns>
    public static string Insert(
        StoreSession session,
        RootKeyspace root,
        KeySecret secret,
        string workspaceId,
        string? name,
        long? expiresAtMs,
        IEnumerable<string> permissions,
        long nowMs)
    {
        KeyRow key = new()
        {
            Id = Identifiers.New("key"),
            WorkspaceId = root.WorkspaceId,
            KeyspaceId = root.KeyspaceId,
            Hash = secret.Hash,
            Start = secret.Start,
            Name = name,
            ExpiresAtMs = expiresAtMs,
            ForWorkspaceId = workspaceId,
            CreatedAtMs = nowMs,
        };
        session.InsertKey(key);
        Grant(session, root, key.Id, permissions, nowMs);
        return key.Id;
    }

    /// <summary>Attaches permissions to a root key; those that it has already are left alone.</summary>
    public static void Grant(StoreSession session, RootKeyspace root, string keyId, IEnumerable<string> permissions, long nowMs)
    {
        foreach (string permission in permissions)
        {
            // Root permissions carry ids, whose letter case matters, so their folded spelling is the exact one.
            PermissionRow? row = session.FindPermissionBySlugKey(root.WorkspaceId, permission);
            if (row is null)
            {
                row = new PermissionRow(Identifiers.New("perm"), permission, permission, null);
                session.InsertPermission(row, root.WorkspaceId, permission, nowMs);
            }

            session.LinkKeyPermission(keyId, row.Id, nowMs);
        }
    }
}
