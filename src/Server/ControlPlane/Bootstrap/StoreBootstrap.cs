using Unkey.Server.ControlPlane.Callers;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Bootstrap;

/// <summary>Makes an empty store usable, and keeps the promise that a given root key works. One unit of work at every start.</summary>
/// <remarks>The operator's workspace holds all root keys and is managed by none of them, so no call can reach it.</remarks>
internal static class StoreBootstrap
{
    private const string OperatorWorkspace = "operator_workspace_id";
    private const string RootKeyspaceId = "root_keyspace_id";
    private const string DefaultWorkspace = "default_workspace_id";
    private const string BootstrapKey = "bootstrap_key_id";
    private const string KeyName = "bootstrap";

    /// <summary>Runs the unit of work.</summary>
    /// <param name="session">The session.</param>
    /// <param name="givenRootKey">The root key that must work, or <see langword="null"/>.</param>
    /// <param name="nowMs">Unix milliseconds.</param>
    /// <exception cref="StoreException">The given root key is in use as something else.</exception>
    public static BootstrapResult Run(StoreSession session, string? givenRootKey, long nowMs) =>
        session.FindMeta(OperatorWorkspace) is { } operatorWorkspace
            ? Resume(session, operatorWorkspace, givenRootKey, nowMs)
            : Create(session, givenRootKey, nowMs);

    private static BootstrapResult Create(StoreSession session, string? givenRootKey, long nowMs)
    {
        RootKeyspace root = new(Identifiers.New("ws"), Identifiers.New("ks"));
        string workspaceId = Identifiers.New("ws");
        session.InsertWorkspace(new WorkspaceRow(root.WorkspaceId, "operator", IsEnabled: true, nowMs));
        session.InsertWorkspace(new WorkspaceRow(workspaceId, "default", IsEnabled: true, nowMs));
        session.InsertKeyspace(root.KeyspaceId, root.WorkspaceId, nowMs);
        session.InsertApi(Identifiers.New("api"), root.WorkspaceId, root.KeyspaceId, "root keys", nowMs);
        KeySecret secret = givenRootKey is null
            ? KeySecret.Create(RootKeyStore.SecretPrefix, RootKeyStore.SecretBytes)
            : KeySecret.From(givenRootKey);
        string keyId = InsertKey(session, root, workspaceId, secret, nowMs);
        session.SetMeta(OperatorWorkspace, root.WorkspaceId);
        session.SetMeta(RootKeyspaceId, root.KeyspaceId);
        session.SetMeta(DefaultWorkspace, workspaceId);
        return new BootstrapResult(
            root, workspaceId, keyId, givenRootKey is null ? secret.Text : null, IsFirstStart: true, ReplacedKeyId: null);
    }

    private static BootstrapResult Resume(StoreSession session, string operatorWorkspace, string? givenRootKey, long nowMs)
    {
        RootKeyspace root = new(operatorWorkspace, Required(session, RootKeyspaceId));
        string workspaceId = Required(session, DefaultWorkspace);
        string previousId = Required(session, BootstrapKey);
        BootstrapResult unchanged = new(root, workspaceId, previousId, MadeSecret: null, IsFirstStart: false, ReplacedKeyId: null);
        if (givenRootKey is null)
        {
            // A newer version of the server may know permissions that the key was not given; a deleted key stays deleted.
            if (session.FindKey(previousId) is not null)
            {
                Grant(session, root, workspaceId, previousId, nowMs);
            }

            return unchanged;
        }

        KeySecret given = KeySecret.From(givenRootKey);
        if (session.FindStoredKeyByHash(given.Hash) is not { } known)
        {
            string keyId = InsertKey(session, root, workspaceId, given, nowMs);
            session.DeleteKeySoftly(previousId, nowMs);
            return unchanged with { KeyId = keyId, ReplacedKeyId = previousId };
        }

        if (known.ForWorkspaceId != workspaceId)
        {
            throw new StoreException(
                StoreFault.Other, "The given root key is already in use as another key of this server. Give a different one.");
        }

        session.ReviveKey(known.Id);
        Grant(session, root, workspaceId, known.Id, nowMs);
        session.SetMeta(BootstrapKey, known.Id);
        return unchanged with { KeyId = known.Id };
    }

    private static string InsertKey(StoreSession session, RootKeyspace root, string workspaceId, KeySecret secret, long nowMs)
    {
        string keyId = RootKeyStore.Insert(session, root, secret, workspaceId, KeyName, expiresAtMs: null, [], nowMs);
        Grant(session, root, workspaceId, keyId, nowMs);
        session.SetMeta(BootstrapKey, keyId);
        return keyId;
    }

    private static void Grant(StoreSession session, RootKeyspace root, string workspaceId, string keyId, long nowMs) =>
        RootKeyStore.Grant(
            session,
            root,
            keyId,
            [.. RootPermissions.AllOf(workspaceId), RootPermissions.CreateWorkspace, RootPermissions.UpdateWorkspace],
            nowMs);

    private static string Required(StoreSession session, string name) => session.FindMeta(name)
        ?? throw new StoreException(StoreFault.Corrupt, $"The database lacks its setting '{name}'. Restore a backup.");
}
