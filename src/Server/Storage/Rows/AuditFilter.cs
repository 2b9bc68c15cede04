namespace Unkey.Server.Storage.Rows;

/// <summary>Which entries of the audit log are wanted. Absent members admit everything. Immutable.</summary>
internal sealed record AuditFilter
{
    /// <summary>First millisecond, unix time.</summary>
    public long? SinceMs { get; init; }

    /// <summary>First millisecond that is too late, unix time.</summary>
    public long? UntilMs { get; init; }

    /// <summary>Exact name of the event.</summary>
    public string? Event { get; init; }

    /// <summary>Key id of the root key that acted.</summary>
    public string? ActorId { get; init; }

    /// <summary>Id of a record that the entry is about.</summary>
    public string? ResourceId { get; init; }

    /// <summary>Time of the entry where the page starts; with <see cref="FromSequence"/>.</summary>
    public long? FromMs { get; init; }

    /// <summary>Sequence of the entry where the page starts.</summary>
    public long? FromSequence { get; init; }
}
