using System.Text.Json;

namespace Unkey.Server.ControlPlane.Requests;

/// <summary>One key of an import.</summary>
internal sealed record MigrateKeyInput
{
    /// <summary>Hash of the key, as the algorithm of the migration writes it.</summary>
    public required string Hash { get; init; }

    /// <summary>Display name.</summary>
    public string? Name { get; init; }

    /// <summary>The customer's own id of the identity to link; created when missing.</summary>
    public string? ExternalId { get; init; }

    /// <summary>Metadata.</summary>
    public JsonElement? Meta { get; init; }

    /// <summary>Names of roles; created when missing.</summary>
    public string[]? Roles { get; init; }

    /// <summary>Slugs; created when missing.</summary>
    public string[]? Permissions { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public long? Expires { get; init; }

    /// <summary>Whether the key may be used; absent for yes.</summary>
    public bool? Enabled { get; init; }

    /// <summary>Credits; absent for unlimited.</summary>
    public CreditsInput? Credits { get; init; }

    /// <summary>The key's own rate limits.</summary>
    public RatelimitInput[]? Ratelimits { get; init; }
}
