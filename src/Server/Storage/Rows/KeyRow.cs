namespace Unkey.Server.Storage.Rows;

/// <summary>A stored key. Never holds the key itself, only its SHA-256. Immutable.</summary>
internal sealed record KeyRow
{
    /// <summary>Key id.</summary>
    public required string Id { get; init; }

    /// <summary>Owning workspace.</summary>
    public required string WorkspaceId { get; init; }

    /// <summary>Keyspace that holds the key.</summary>
    public required string KeyspaceId { get; init; }

    /// <summary>SHA-256 of the whole key: 32 bytes.</summary>
    public required byte[] Hash { get; init; }

    /// <summary>What may be shown of the key: prefix and first four characters.</summary>
    public required string Start { get; init; }

    /// <summary>Display name.</summary>
    public string? Name { get; init; }

    /// <summary>Linked identity.</summary>
    public string? IdentityId { get; init; }

    /// <summary>Metadata as a compact JSON object.</summary>
    public string? Meta { get; init; }

    /// <summary>Environment that it is for, a label that only v1 knows.</summary>
    public string? Environment { get; init; }

    /// <summary>Whether the key may be used.</summary>
    public bool IsEnabled { get; init; } = true;

    /// <summary>Unix milliseconds after which the key is expired; <see langword="null"/> for never.</summary>
    public long? ExpiresAtMs { get; init; }

    /// <summary>Stored balance; <see langword="null"/> for unlimited. The live one is in memory.</summary>
    public long? Remaining { get; init; }

    /// <summary>Counts how often the balance was set; tells what was spent of this balance from what was spent of an earlier one.</summary>
    public long BalanceSerial { get; init; }

    /// <summary>Credits spent of this balance that <see cref="Remaining"/> already lacks, 0 or more.</summary>
    public long BalanceSpent { get; init; }

    /// <summary>Balance that a refill sets; <see langword="null"/> for no refill.</summary>
    public long? RefillAmount { get; init; }

    /// <summary>Day of a monthly refill; <see langword="null"/> for a daily one.</summary>
    public long? RefillDay { get; init; }

    /// <summary>Workspace that a root key manages; <see langword="null"/> for an ordinary key.</summary>
    public string? ForWorkspaceId { get; init; }

    /// <summary>Migration whose first verification replaces the hash; <see langword="null"/> for none.</summary>
    public string? PendingMigrationId { get; init; }

    /// <summary>Unix milliseconds of the last refill.</summary>
    public long? LastRefillAtMs { get; init; }

    /// <summary>Unix milliseconds of the last known use.</summary>
    public long? LastUsedAtMs { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public required long CreatedAtMs { get; init; }

    /// <summary>Unix milliseconds of the last update.</summary>
    public long? UpdatedAtMs { get; init; }

    /// <summary>Whether it has been deleted softly.</summary>
    public bool IsDeleted { get; init; }
}
