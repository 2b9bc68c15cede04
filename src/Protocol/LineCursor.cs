namespace Unkey.Protocol;

/// <summary>Where the next line of a head begins and what kind of line it is. A plain value.</summary>
internal struct LineCursor
{
    /// <summary>Offset in bytes of the next line.</summary>
    public int Position;

    /// <summary>Empty lines skipped before the request line.</summary>
    public int EmptyLines;

    /// <summary>Field lines read.</summary>
    public int Fields;

    /// <summary>Whether the request line has been read.</summary>
    public bool InFields;
}
