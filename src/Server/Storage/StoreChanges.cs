using System;
using System.Collections.Generic;

namespace Unkey.Server.Storage;

/// <summary>Which records a committed unit of work touched, so that the tables in memory are read again for exactly these.</summary>
/// <remarks>Ids only: the rows are read after the commit, so what is published is what is stored. Used by one thread at a time.</remarks>
internal sealed class StoreChanges
{
    /// <summary>Workspaces created or changed.</summary>
    public HashSet<string> Workspaces { get; } = new(StringComparer.Ordinal);

    /// <summary>APIs created, changed or deleted.</summary>
    public HashSet<string> Apis { get; } = new(StringComparer.Ordinal);

    /// <summary>Identities created, changed or deleted.</summary>
    public HashSet<string> Identities { get; } = new(StringComparer.Ordinal);

    /// <summary>Rate-limit namespaces created, changed or deleted.</summary>
    public HashSet<string> Namespaces { get; } = new(StringComparer.Ordinal);

    /// <summary>Overrides created, changed or deleted.</summary>
    public HashSet<(string NamespaceId, string Identifier)> Overrides { get; } = [];

    /// <summary>Keys created, changed or deleted.</summary>
    public HashSet<string> Keys { get; } = new(StringComparer.Ordinal);

    /// <summary>SHA-256 of keys whose rows are gone, by key id: what the row can no longer tell.</summary>
    public Dictionary<string, byte[]> RemovedHashes { get; } = new(StringComparer.Ordinal);

    /// <summary>SHA-256 under which a key was published before its hash was replaced, by key id.</summary>
    public Dictionary<string, byte[]> ReplacedHashes { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether nothing was touched.</summary>
    public bool IsEmpty =>
        Workspaces.Count == 0 && Apis.Count == 0 && Identities.Count == 0 && Namespaces.Count == 0 && Overrides.Count == 0 && Keys.Count == 0;

    /// <summary>Adds everything that another unit touched.</summary>
    public void UnionWith(StoreChanges other)
    {
        Workspaces.UnionWith(other.Workspaces);
        Apis.UnionWith(other.Apis);
        Identities.UnionWith(other.Identities);
        Namespaces.UnionWith(other.Namespaces);
        Overrides.UnionWith(other.Overrides);
        Keys.UnionWith(other.Keys);
        foreach ((string id, byte[] hash) in other.RemovedHashes)
        {
            RemovedHashes[id] = hash;
        }

        foreach ((string id, byte[] hash) in other.ReplacedHashes)
        {
            // The first is the one that memory knows.
            ReplacedHashes.TryAdd(id, hash);
        }
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Workspaces.Clear();
        Apis.Clear();
        Identities.Clear();
        Namespaces.Clear();
        Overrides.Clear();
        Keys.Clear();
        RemovedHashes.Clear();
        ReplacedHashes.Clear();
    }
}
