using System;
using System.Collections.Generic;
using System.Data.Common;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Unkey.Engine;
using Unkey.Engine.Keys;
using Unkey.Engine.Namespaces;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Projections;

/// <summary>Fills the engine's tables from the store when the server starts. Used once, by one thread, before any request.</summary>
internal sealed class TableLoad
{
    private const int KeysPerBatch = 1_024;
    private const long LogEveryMs = 2_000;

    private readonly EngineState _engine;
    private readonly RecordSpecs _specs;
    private readonly Projection _projection;
    private readonly ILogger _logger;
    private readonly Dictionary<string, string> _slugs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _roleNames = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> _rolePermissions = new(StringComparer.Ordinal);

    /// <summary>Creates the load.</summary>
    public TableLoad(EngineState engine, RecordSpecs specs, Projection projection, ILogger logger)
    {
        _engine = engine;
        _specs = specs;
        _projection = projection;
        _logger = logger;
    }

    /// <summary>Reads every live row and publishes it.</summary>
    /// <param name="session">A session on one snapshot.</param>
    /// <returns>Number of keys loaded.</returns>
    public long Run(StoreSession session)
    {
        Stopwatch watch = Stopwatch.StartNew();
        LoadContainers(session);
        LoadIdentities(session);
        LoadNamespaces(session);
        LoadPermissions(session);
        long keys = LoadKeys(session, watch);
        ControlPlaneLog.Loaded(_logger, keys, _engine.Identities.Count, watch.ElapsedMilliseconds);
        return keys;
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
        using DbDataReader identities = session.StreamIdentities();
        using OwnedRows limits = new(session.StreamIdentityRatelimits());
        List<RatelimitRow> own = [];
        while (identities.Read())
        {
            IdentityRow row = IdentityStatements.Map(identities);
            own.Clear();
            limits.Collect(row.Id, RatelimitStatements.MapOwned, own);
            IdentitySpec spec = _specs.Identity(row, own);
            lock (_engine.WriterLock)
            {
                _engine.Identities.Upsert(spec);
            }
        }
    }

    private void LoadNamespaces(StoreSession session)
    {
        using DbDataReader namespaces = session.StreamNamespaces();
        using OwnedRows overrides = new(session.StreamOverrides());
        List<OverrideRow> own = [];
        while (namespaces.Read())
        {
            NamespaceRow row = NamespaceStatements.Map(namespaces);
            own.Clear();
            overrides.Collect(row.Id, NamespaceStatements.MapOwnedOverride, own);
            RatelimitNamespace item = _specs.Namespace(row, own);
            lock (_engine.WriterLock)
            {
                _engine.Namespaces.Put(item);
            }
        }
    }

    private void LoadPermissions(StoreSession session)
    {
        Fill(session.StreamPermissions(), _slugs);
        Fill(session.StreamRoles(), _roleNames);
        using DbDataReader links = session.StreamRolePermissions();
        while (links.Read())
        {
            string role = links.GetString(0);
            if (!_rolePermissions.TryGetValue(role, out List<string>? slugs))
            {
                _rolePermissions.Add(role, slugs = []);
            }

            slugs.Add(_slugs[links.GetString(1)]);
        }
    }

    private long LoadKeys(StoreSession session, Stopwatch watch)
    {
        long total = session.CountKeys();
        long nextLogMs = LogEveryMs;
        long loaded = 0;
        using DbDataReader keys = session.StreamKeys();
        using OwnedRows permissions = new(session.StreamKeyPermissions());
        using OwnedRows roles = new(session.StreamKeyRoles());
        using OwnedRows limits = new(session.StreamKeyRatelimits());
        List<RatelimitRow> ownLimits = [];
        List<string> permissionIds = [];
        List<string> roleIds = [];
        List<KeySpec> batch = new(KeysPerBatch);
        while (keys.Read())
        {
            KeyRow row = KeyStatements.Map(keys);
            ownLimits.Clear();
            permissionIds.Clear();
            roleIds.Clear();
            limits.Collect(row.Id, RatelimitStatements.MapOwned, ownLimits);
            permissions.Collect(row.Id, static link => link.GetString(1), permissionIds);
            roles.Collect(row.Id, static link => link.GetString(1), roleIds);
            batch.Add(_specs.Key(row, Slugs(permissionIds, roleIds), RoleNames(roleIds), ownLimits, CreditUpdate.Set));
            loaded++;
            if (batch.Count == KeysPerBatch)
            {
                Publish(batch);
                if (watch.ElapsedMilliseconds >= nextLogMs)
                {
                    nextLogMs = watch.ElapsedMilliseconds + LogEveryMs;
                    ControlPlaneLog.Loading(_logger, loaded, total);
                }
            }
        }

        Publish(batch);
        return loaded;
    }

    private void Publish(List<KeySpec> batch)
    {
        lock (_engine.WriterLock)
        {
            batch.ForEach(spec => _engine.Keys.Upsert(spec));
        }

        batch.Clear();
    }

    private static void Fill(DbDataReader rows, Dictionary<string, string> map)
    {
        using (rows)
        {
            while (rows.Read())
            {
                map.Add(rows.GetString(0), rows.GetString(1));
            }
        }
    }

    private string[] Slugs(List<string> permissionIds, List<string> roleIds)
    {
        if (permissionIds.Count == 0 && roleIds.Count == 0)
        {
            return [];
        }

        SortedSet<string> slugs = new(StringComparer.Ordinal);
        foreach (string id in permissionIds)
        {
            slugs.Add(_slugs[id]);
        }

        foreach (string id in roleIds)
        {
            if (_rolePermissions.TryGetValue(id, out List<string>? byRole))
            {
                slugs.UnionWith(byRole);
            }
        }

        return [.. slugs];
    }

    private string[] RoleNames(List<string> roleIds)
    {
        if (roleIds.Count == 0)
        {
            return [];
        }

        string[] names = new string[roleIds.Count];
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = _roleNames[roleIds[i]];
        }

        Array.Sort(names, StringComparer.Ordinal);
        return names;
    }
}
