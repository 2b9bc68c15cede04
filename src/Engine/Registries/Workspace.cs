using System;
using System.Text;

namespace Unkey.Engine.Registries;

/// <summary>A workspace as verification sees it. Immutable; any thread.</summary>
public sealed class Workspace
{
    private readonly byte[] _idUtf8;

    internal Workspace(int index, string id, bool enabled, long? apiLimit)
    {
        Index = index;
        Id = id;
        Enabled = enabled;
        ApiLimit = apiLimit;
        _idUtf8 = Encoding.UTF8.GetBytes(id);
    }

    /// <summary>Place in the registry, from 0; the same for the life of the process.</summary>
    public int Index { get; }

    /// <summary>Workspace id.</summary>
    public string Id { get; }

    /// <summary>Workspace id in UTF-8.</summary>
    public ReadOnlySpan<byte> IdUtf8 => _idUtf8;

    /// <summary>Whether the workspace may be used.</summary>
    public bool Enabled { get; }

    /// <summary>API calls a minute; null for no limit, 0 for none at all. Only the control plane counts, so a hot endpoint hands over when there is one.</summary>
    public long? ApiLimit { get; }
}
