using System;
using System.Collections.Generic;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Projections;

/// <summary>The names behind the permission and role ids that keys are linked to, in memory for the load at start.</summary>
/// <remarks>Filled once by <see cref="Load"/>; reading is safe from any thread afterwards.</remarks>
internal sealed class KeyGrants
{
    private readonly Dictionary<string, string> _slugs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _roleNames = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> _rolePermissions = new(StringComparer.Ordinal);

    /// <summary>Reads all permissions and roles.</summary>
    public static KeyGrants Load(StoreSession session)
    {
        KeyGrants grants = new();
        Fill(session.ScanPermissions(), grants._slugs);
        Fill(session.ScanRoles(), grants._roleNames);
        using ColumnScan links = session.ScanRolePermissions();
        while (links.Read())
        {
            string role = links.Text(0);
            if (!grants._rolePermissions.TryGetValue(role, out List<string>? slugs))
            {
                grants._rolePermissions.Add(role, slugs = []);
            }

            slugs.Add(grants._slugs[links.Text(1)]);
        }

        return grants;
    }

    /// <summary>The slugs a key has, directly and by its roles, each once and in order.</summary>
    public string[] Slugs(List<string> permissionIds, List<string> roleIds)
    {
        if (roleIds.Count == 0)
        {
            // A key is linked to a permission once, and no two permissions of a workspace share a slug.
            return Sorted(permissionIds, _slugs);
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

    /// <summary>The names of a key's roles, in order.</summary>
    public string[] RoleNames(List<string> roleIds) => Sorted(roleIds, _roleNames);

    private static string[] Sorted(List<string> ids, Dictionary<string, string> names)
    {
        if (ids.Count == 0)
        {
            return [];
        }

        string[] sorted = new string[ids.Count];
        for (int i = 0; i < sorted.Length; i++)
        {
            sorted[i] = names[ids[i]];
        }

        Array.Sort(sorted, StringComparer.Ordinal);
        return sorted;
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
}
