namespace Unkey.Server.Analytics.Binding;

/// <summary>What the values of an expression are.</summary>
internal enum SqlKind
{
    /// <summary>Only NULL.</summary>
    Null,

    /// <summary>A whole number of at most 64 bits.</summary>
    Integer,

    /// <summary>Unix milliseconds as a whole number: what raw events have for a time.</summary>
    Milliseconds,

    /// <summary>A 64-bit floating-point number.</summary>
    Float,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>A string of bytes.</summary>
    Text,

    /// <summary>A day in UTC.</summary>
    Date,

    /// <summary>A second in UTC.</summary>
    DateTime,

    /// <summary>A millisecond in UTC.</summary>
    DateTime64,

    /// <summary>A length of time; constants only.</summary>
    Interval,

    /// <summary>Values of one kind in order.</summary>
    Array,
}
