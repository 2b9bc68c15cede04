using System;
using System.Text;
using Unkey.Engine.Limits;

namespace Unkey.Engine.Namespaces;

/// <summary>A rate-limit namespace as a decision sees it: who owns it, what it is called, and what overrides it has. Any thread.</summary>
/// <remarks>Immutable but for the overrides: another change publishes another object with the same <see cref="OverrideSet"/>; readers keep the
/// one they found for the length of their request.</remarks>
public sealed class RatelimitNamespace
{
    private readonly byte[] _id;
    private readonly byte[] _name;

    /// <summary>Makes a namespace.</summary>
    /// <param name="workspaceIndex">Index of the owning workspace in the workspace registry.</param>
    /// <param name="id">Its id, <c>rlns_...</c>.</param>
    /// <param name="name">Its name: any text, unique in the workspace, case-sensitive.</param>
    /// <param name="deleted">Whether it was deleted; it then keeps its name and answers 410.</param>
    /// <param name="algorithm">How its limits count.</param>
    /// <param name="overrides">Its live overrides.</param>
    public RatelimitNamespace(int workspaceIndex, string id, string name, bool deleted, LimitAlgorithm algorithm, OverrideSet overrides)
    {
        WorkspaceIndex = workspaceIndex;
        Id = id;
        Name = name;
        Deleted = deleted;
        Algorithm = algorithm;
        Overrides = overrides;
        _id = Encoding.UTF8.GetBytes(id);
        _name = Encoding.UTF8.GetBytes(name);
    }

    /// <summary>Index of the owning workspace in the workspace registry.</summary>
    public int WorkspaceIndex { get; }

    /// <summary>Its id.</summary>
    public string Id { get; }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Whether it was deleted.</summary>
    public bool Deleted { get; }

    /// <summary>How its limits count.</summary>
    public LimitAlgorithm Algorithm { get; }

    /// <summary>Its live overrides.</summary>
    public OverrideSet Overrides { get; }

    /// <summary><see cref="Id"/> in UTF-8.</summary>
    public ReadOnlySpan<byte> IdUtf8 => _id;

    /// <summary><see cref="Name"/> in UTF-8.</summary>
    public ReadOnlySpan<byte> NameUtf8 => _name;
}
