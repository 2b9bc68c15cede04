namespace Unkey.Server.Events.Outlets;

/// <summary>Where events go as lines of text, beside the event store.</summary>
public enum OutletKind
{
    /// <summary>Nowhere.</summary>
    None,

    /// <summary>To standard output; the log then goes to standard error.</summary>
    Stdout,

    /// <summary>To a file that is rotated.</summary>
    File,
}
