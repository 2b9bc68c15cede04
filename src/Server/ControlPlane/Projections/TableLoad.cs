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
    /// <param name="cancellation">Gives up the load.</param>
    /// <returns>Number of keys loaded.</returns>
    public async Task<long> RunAsync(IStore store, CancellationToken cancellation)
    {
        Stopwatch watch = Stopwatch.StartNew();
        KeyLoad keyLoad = await store.ReadAsync(LoadOwners, cancellation).ConfigureAwait(false);
        long keys = await keyLoad.RunAsync(store, cancellation).ConfigureAwait(false);
        ControlPlaneLog.Loaded(_logger, keys, _engine.Identities.Count, watch.ElapsedMilliseconds);
        return keys;
    }

    // What keys refer to comes before them.
    private KeyLoad LoadOwners(StoreSession session)
    {
        LoadContainers(session);
        LoadIdentities(session);
        LoadNamespaces(session);
        return new KeyLoad(_engine, _specs, KeyGrants.Load(session), session.EstimateKeys(KeyLoad.KeysAloneMax), _logger);
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
