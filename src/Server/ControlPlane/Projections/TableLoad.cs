using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Unkey.Engine;
using Unkey.Engine.Keys;
using Unkey.Engine.Namespaces;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Snapshots;
using Unkey.Server.Storage.Sqlite;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Projections;

/// <summary>Fills the engine's tables from the store when the server starts. Used once, before any request.</summary>
internal sealed class TableLoad
{
    private readonly EngineState _engine;
    private readonly RecordSpecs _specs;
    private readonly Projection _projection;
    private readonly ILogger _logger;

    /// <summary>Creates the load.</summary>
    public TableLoad(EngineState engine, RecordSpecs specs, Projection projection, ILogger logger)
    {
        _engine = engine;
        _specs = specs;
        _projection = projection;
        _logger = logger;
    }

    /// <summary>Reads every live row and publishes it.</summary>
    /// <param name="store">Where the rows are; nobody writes to it yet.</param>
    /// <param name="snapshotKeysMin">From how many keys on a snapshot of the last stop is used, and the lack of one logged; 0 for never.</param>
    /// <param name="cancellation">Gives up the load.</param>
    /// <returns>Number of keys loaded.</returns>
    public async Task<long> RunAsync(SqliteStore store, long snapshotKeysMin, CancellationToken cancellation)
    {
        Stopwatch watch = Stopwatch.StartNew();

        // What keys refer to comes before them.
        KeyGrants grants = await store.ReadAsync(LoadOwners, cancellation).ConfigureAwait(false);
        using SnapshotReader? snapshot = store.TakeSnapshot(out string? problem);
        SnapshotKeys? known = null;
        IReadOnlyList<string> others = [];
        if (snapshot is not null && snapshotKeysMin > 0)
        {
            problem = snapshot.Read(_engine, out known, out others);
        }

        long keys = known is null
            ? await LoadAllAsync(store, grants, snapshotKeysMin, problem!, cancellation).ConfigureAwait(false)
            : await LoadOthersAsync(store, grants, known, others, cancellation).ConfigureAwait(false);
        ControlPlaneLog.Loaded(_logger, keys, _engine.Identities.Count, watch.ElapsedMilliseconds);
        return keys;
    }

    private async Task<long> LoadAllAsync(SqliteStore store, KeyGrants grants, long snapshotKeysMin, string problem, CancellationToken cancellation)
    {
        long total = await store.ReadAsync(static session => session.EstimateKeys(KeyLoad.KeysAloneMax), cancellation).ConfigureAwait(false);
        if (snapshotKeysMin > 0 && (total >= snapshotKeysMin || problem != SnapshotReader.Missing))
        {
            SnapshotLog.Refused(_logger, problem);
        }

        KeyLoad load = new(_engine, _specs, grants, KeyLoad.Everything(total), total, _logger);
        return await load.RunAsync(store, cancellation).ConfigureAwait(false);
    }

    private async Task<long> LoadOthersAsync(
        SqliteStore store, KeyGrants grants, SnapshotKeys known, IReadOnlyList<string> others, CancellationToken cancellation)
    {
        known.Publish(others.Count);
        SnapshotLog.Loaded(_logger, known.Count, others.Count);
        KeyLoad load = new(_engine, _specs, grants, IdList.Split(others), others.Count, _logger);
        long keys = known.Count + await load.RunAsync(store, cancellation).ConfigureAwait(false);

        // What this start has already committed, such as another bootstrap root key, is younger than the snapshot.
        await store.ReadAsync(
            session =>
            {
                _projection.Committed(session, store.Unpublished);
                return true;
            },
            cancellation).ConfigureAwait(false);
        return keys;
    }

    private KeyGrants LoadOwners(StoreSession session)
    {
        LoadContainers(session);
        LoadIdentities(session);
        LoadNamespaces(session);
        return KeyGrants.Load(session);
    }

    private void LoadContainers(StoreSession session)
    {
        List<WorkspaceRow> workspaces = session.AllWorkspaces();
        List<ApiRow> apis = session.AllApis();
        lock (_engine.WriterLock)
        {
            workspaces.ForEach(_projection.Publish);
            apis.ForEach(_projection.Publish);
        }
    }

    private void LoadIdentities(StoreSession session)
    {
        using ColumnScan identities = session.ScanIdentities();
        using OwnedRows limits = new(session.ScanIdentityRatelimits());
        List<RatelimitRow> own = [];
        while (identities.Read())
        {
            IdentityRow row = IdentityStatements.MapScanned(identities);
            own.Clear();
            limits.Collect(identities.Bytes(0), RatelimitStatements.MapOwned, own);
            IdentitySpec spec = _specs.Identity(row, own);
            lock (_engine.WriterLock)
            {
                _engine.Identities.Upsert(spec);
            }
        }
    }

    private void LoadNamespaces(StoreSession session)
    {
        using ColumnScan namespaces = session.ScanNamespaces();
        using OwnedRows overrides = new(session.ScanOverrides());
        List<OverrideRow> own = [];
        while (namespaces.Read())
        {
            NamespaceRow row = NamespaceStatements.MapScanned(namespaces);
            own.Clear();
            overrides.Collect(namespaces.Bytes(0), NamespaceStatements.MapOwnedOverride, own);
            RatelimitNamespace item = _specs.Namespace(row, new OverrideSet(own.ConvertAll(RecordSpecs.Override)));
            lock (_engine.WriterLock)
            {
                _engine.Namespaces.Put(item);
            }
        }
    }
}
