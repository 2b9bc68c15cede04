using System;
using System.Collections.Generic;
using System.Text;
using Unkey.Engine;
using Unkey.Engine.Keys;
using Unkey.Engine.Namespaces;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Projections;

/// <summary>Keeps the engine's tables equal to the store: after every commit the touched rows are read again and published.</summary>
/// <remarks>Runs on the store's writer thread, so publications have the order of the commits. What is published comes from the rows and not
/// from the request, so a commit whose outcome is uncertain is settled by the same code. The engine's writer lock is held for the publication
/// only, never while the database is read.</remarks>
internal sealed class Projection : ICommitListener
{
    private readonly EngineState _engine;
    private readonly RecordSpecs _specs;

    /// <summary>Creates the projection.</summary>
    /// <param name="engine">The tables to keep.</param>
    /// <param name="specs">The translator, already told of every published workspace and API.</param>
    public Projection(EngineState engine, RecordSpecs specs)
    {
        _engine = engine;
        _specs = specs;
    }

    /// <inheritdoc/>
    public void Committed(StoreSession session, StoreChanges changes)
    {
        PublishContainers(session, changes);
        PublishIdentities(session, changes);
        PublishNamespaces(session, changes);
        PublishOverrides(session, changes);
        PublishKeys(session, changes);
        lock (_engine.WriterLock)
        {
            _engine.Reclaimer.Collect();
        }
    }

    /// <summary>Publishes a workspace; under the writer lock.</summary>
    public void Publish(WorkspaceRow workspace) => _specs.Note(
        _engine.Workspaces.Upsert(workspace.Id, workspace.IsEnabled, workspace.ApiLimit));

    /// <summary>Publishes an API; under the writer lock, after its workspace.</summary>
    public void Publish(ApiRow api) => _specs.Note(_engine.Apis.Upsert(_specs.Api(api)));

    private void PublishContainers(StoreSession session, StoreChanges changes)
    {
        List<WorkspaceRow> workspaces = [];
        foreach (string id in changes.Workspaces)
        {
            if (session.FindWorkspace(id) is { } row)
            {
                workspaces.Add(row);
            }
        }

        List<ApiRow> apis = [];
        foreach (string id in changes.Apis)
        {
            if (session.FindApi(id) is { } row)
            {
                apis.Add(row);
            }
        }

        lock (_engine.WriterLock)
        {
            workspaces.ForEach(Publish);
            apis.ForEach(Publish);
        }
    }

    private void PublishIdentities(StoreSession session, StoreChanges changes)
    {
        foreach (string id in changes.Identities)
        {
            IdentityRow? row = session.FindIdentity(id);
            IdentitySpec? spec = row is null ? null : _specs.Identity(row, session.RatelimitsOfIdentity(id));
            lock (_engine.WriterLock)
            {
                if (spec is null)
                {
                    _engine.Identities.Remove(id);
                }
                else
                {
                    _engine.Identities.Upsert(spec);
                }
            }
        }
    }

    private void PublishNamespaces(StoreSession session, StoreChanges changes)
    {
        foreach (string id in changes.Namespaces)
        {
            // A namespace is never removed; one that was never committed has nothing to publish.
            if (session.FindNamespace(id) is { } row)
            {
                lock (_engine.WriterLock)
                {
                    // The overrides stay: there may be many, and each is published when it changes itself.
                    _engine.Namespaces.Put(_specs.Namespace(row, Published(row)?.Overrides ?? new OverrideSet()));
                }
            }
        }
    }

    private void PublishOverrides(StoreSession session, StoreChanges changes)
    {
        foreach ((string namespaceId, string identifier) in changes.Overrides)
        {
            if (session.FindNamespace(namespaceId) is not { } owner)
            {
                continue;
            }

            LimitOverride? item = session.FindOverride(namespaceId, identifier) is { } row ? RecordSpecs.Override(row) : null;
            lock (_engine.WriterLock)
            {
                OverrideSet overrides = Published(owner)!.Overrides;
                if (item is null)
                {
                    overrides.Remove(Encoding.UTF8.GetBytes(identifier));
                }
                else
                {
                    overrides.Put(item);
                }
            }
        }
    }

    private RatelimitNamespace? Published(NamespaceRow row) => _engine.Namespaces.FindById(_specs.WorkspaceIndex(row.WorkspaceId), row.Id);

    private void PublishKeys(StoreSession session, StoreChanges changes)
    {
        foreach (string id in changes.Keys)
        {
            KeyRow? row = session.FindStoredKey(id);
            byte[]? replacedHash = changes.ReplacedHashes.GetValueOrDefault(id);
            if (row is null || row.IsDeleted)
            {
                Withdraw(row?.Hash ?? changes.RemovedHashes.GetValueOrDefault(id), replacedHash);
                continue;
            }

            List<string> roles = session.RolesOfKey(id).ConvertAll(static role => role.Name);
            KeySpec spec = _specs.Key(row, session.EffectiveSlugs(id), roles, session.RatelimitsOfKey(id));
            lock (_engine.WriterLock)
            {
                if (replacedHash is null)
                {
                    _engine.Keys.Upsert(spec);
                }
                else
                {
                    _engine.Keys.Rekey(KeyDigest.FromBytes(replacedHash), spec);
                }
            }
        }
    }

    private void Withdraw(params ReadOnlySpan<byte[]?> hashes)
    {
        foreach (byte[]? hash in hashes)
        {
            if (hash is not null)
            {
                lock (_engine.WriterLock)
                {
                    _engine.Keys.Remove(KeyDigest.FromBytes(hash));
                }
            }
        }
    }
}
