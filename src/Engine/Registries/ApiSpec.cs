using System.Collections.Generic;

namespace Unkey.Engine.Registries;

/// <summary>What an API is made of; built by the control plane from the committed row.</summary>
public sealed class ApiSpec
{
    /// <summary>API id.</summary>
    public required string Id { get; init; }

    /// <summary>Index of the owning workspace in the workspace registry.</summary>
    public required int WorkspaceIndex { get; init; }

    /// <summary>Id of the key container.</summary>
    public required string KeyspaceId { get; init; }

    /// <summary>Whether the API is deleted.</summary>
    public bool Deleted { get; init; }

    /// <summary>Addresses as exact texts, blanks trimmed; empty entries are ignored; an empty list checks nothing.</summary>
    public IReadOnlyList<string> IpAllowList { get; init; } = [];
}
