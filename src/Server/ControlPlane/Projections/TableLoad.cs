using System;
using System.Collections.Generic;
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
    private const int KeysPerClockRead = 1_024;
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
            RatelimitNamespace item = _specs.Namespace(row, own);
            lock (_engine.WriterLock)
            {
                _engine.Namespaces.Put(item);
            }
        }
    }

    private void LoadPermissions(StoreSession session)
    {
        Fill(session.ScanPermissions(), _slugs);
        Fill(session.ScanRoles(), _roleNames);
        using ColumnScan links = session.ScanRolePermissions();
        while (links.Read())
        {
            string role = links.Text(0);
            if (!_rolePermissions.TryGetValue(role, out List<string>? slugs))
            {
                _rolePermissions.Add(role, slugs = []);
            }

            slugs.Add(_slugs[links.Text(1)]);
        }
    }

    private long LoadKeys(StoreSession session, Stopwatch watch)
    {
        long total = session.CountKeys();
        long nextLogMs = LogEveryMs;
        long loaded = 0;
        using ColumnScan keys = session.ScanKeys();
        using OwnedRows permissions = new(session.ScanKeyPermissions());
        using OwnedRows roles = new(session.ScanKeyRoles());
        using OwnedRows limits = new(session.ScanKeyRatelimits());
        TextCache texts = new();
        Func<ColumnScan, string> linkedId = link => texts.Get(link.Bytes(1));
        List<RatelimitRow> ownLimits = [];
        List<string> permissionIds = [];
        List<string> roleIds = [];
        while (keys.Read())
        {
            KeyRow row = KeyStatements.MapScanned(keys, texts);
            ReadOnlySpan<byte> id = keys.Bytes(0);
            ownLimits.Clear();
            permissionIds.Clear();
            roleIds.Clear();
            limits.Collect(id, RatelimitStatements.MapOwned, ownLimits);
            permissions.Collect(id, linkedId, permissionIds);
            roles.Collect(id, linkedId, roleIds);
            KeySpec spec = _specs.Key(row, Slugs(permissionIds, roleIds), RoleNames(roleIds), ownLimits, CreditUpdate.Set);

            // One at a time: nobody contends for the lock yet, and what a row allocates dies young.
            lock (_engine.WriterLock)
            {
                _engine.Keys.Upsert(spec);
            }

            loaded++;
            if (loaded % KeysPerClockRead == 0 && watch.ElapsedMilliseconds >= nextLogMs)
            {
                nextLogMs = watch.ElapsedMilliseconds + LogEveryMs;
                ControlPlaneLog.Loading(_logger, loaded, total);
            }
        }

        return loaded;
    }

    private static void Fill(ColumnScan rows, Dictionary<string, string> map)
    {
        using (rows)
        {
            while (rows.Read())
            {
                map.Add(rows.Text(0), rows.Text(1));
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
