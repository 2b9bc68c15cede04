namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Body of audit.listEvents; every filter narrows the list.</summary>
internal sealed record ListEventsRequest
{
    /// <summary>Page size.</summary>
    public long? Limit { get; init; }

    /// <summary>Where the page starts; absent for the newest entry.</summary>
    public string? Cursor { get; init; }

    /// <summary>First millisecond, unix time.</summary>
    public long? Since { get; init; }

    /// <summary>First millisecond that is too late, unix time.</summary>
    public long? Until { get; init; }

    /// <summary>Exact name of the event.</summary>
    public string? Event { get; init; }

    /// <summary>Key id of the root key that acted.</summary>
    public string? Actor { get; init; }

    /// <summary>Id of a record that the entry is about.</summary>
    public string? Resource { get; init; }
}
