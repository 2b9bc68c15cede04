namespace Unkey.Server.Storage;

/// <summary>Why the store cannot do what it was asked, in terms an operator can act on.</summary>
public enum StoreFault
{
    /// <summary>The disk or the quota is full.</summary>
    Full,

    /// <summary>Reading, writing or flushing failed.</summary>
    InputOutput,

    /// <summary>The file or its directory cannot be written.</summary>
    ReadOnly,

    /// <summary>The file is damaged or is not a database of this product.</summary>
    Corrupt,

    /// <summary>Somebody else holds the data directory, or holds a lock for too long.</summary>
    Busy,

    /// <summary>More writes are waiting than the queue admits.</summary>
    Overloaded,

    /// <summary>The store is shut.</summary>
    Closed,

    /// <summary>Written by a newer version of this product.</summary>
    Newer,

    /// <summary>Anything else.</summary>
    Other,
}
