using System;
using System.Collections.Generic;
using System.Text;

namespace Unkey.Engine.Registries;

/// <summary>An API as verification sees it. Immutable; any thread.</summary>
public sealed class Api
{
    private readonly byte[] _idUtf8;
    private readonly byte[] _keyspaceIdUtf8;
    private readonly byte[][] _ipAllowList;

    internal Api(int index, ApiSpec spec)
    {
        Index = index;
        Id = spec.Id;
        WorkspaceIndex = spec.WorkspaceIndex;
        KeyspaceId = spec.KeyspaceId;
        Deleted = spec.Deleted;
        _idUtf8 = Encoding.UTF8.GetBytes(spec.Id);
        _keyspaceIdUtf8 = Encoding.UTF8.GetBytes(spec.KeyspaceId);
        _ipAllowList = Encode(spec.IpAllowList);
    }

    /// <summary>Place in the registry, from 0; the same for the life of the process.</summary>
    public int Index { get; }

    /// <summary>API id.</summary>
    public string Id { get; }

    /// <summary>API id in UTF-8.</summary>
    public ReadOnlySpan<byte> IdUtf8 => _idUtf8;

    /// <summary>Index of the owning workspace.</summary>
    public int WorkspaceIndex { get; }

    /// <summary>Id of the key container.</summary>
    public string KeyspaceId { get; }

    /// <summary>Id of the key container in UTF-8.</summary>
    public ReadOnlySpan<byte> KeyspaceIdUtf8 => _keyspaceIdUtf8;

    /// <summary>Whether the API is deleted; its keys are then not found.</summary>
    public bool Deleted { get; }

    /// <summary>Entries of the IP allow-list; 0 means that no address is checked.</summary>
    public int IpAllowCount => _ipAllowList.Length;

    /// <summary>Whether the allow-list admits an address: it is empty, or has exactly this text.</summary>
    /// <param name="address">The caller's address as text; empty when unknown, which only an empty list admits.</param>
    [HotPath]
    public bool AllowsIp(ReadOnlySpan<byte> address)
    {
        if (_ipAllowList.Length == 0)
        {
            return true;
        }

        // BOUND: by the entries of the list.
        foreach (byte[] allowed in _ipAllowList)
        {
            if (address.SequenceEqual(allowed))
            {
                return true;
            }
        }

        return false;
    }

    private static byte[][] Encode(IReadOnlyList<string> addresses)
    {
        var encoded = new List<byte[]>(addresses.Count);
        foreach (string address in addresses)
        {
            // An empty entry would admit a caller whose address is unknown.
            if (address.Length > 0)
            {
                encoded.Add(Encoding.UTF8.GetBytes(address));
            }
        }

        return [.. encoded];
    }
}
