using System.Diagnostics.CodeAnalysis;

namespace Unkey.Protocol;

/// <summary>What <see cref="JsonScanner.Read"/> found.</summary>
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "String is the word of RFC 8259.")]
public enum JsonToken
{
    /// <summary>The text is not valid; every further read says so again.</summary>
    Invalid,

    /// <summary>An object begins.</summary>
    ObjectStart,

    /// <summary>The innermost object ends.</summary>
    ObjectEnd,

    /// <summary>An array begins.</summary>
    ArrayStart,

    /// <summary>The innermost array ends.</summary>
    ArrayEnd,

    /// <summary>A member name; its colon has been read too.</summary>
    Name,

    /// <summary>A string value.</summary>
    String,

    /// <summary>A number.</summary>
    Number,

    /// <summary>The literal true.</summary>
    True,

    /// <summary>The literal false.</summary>
    False,

    /// <summary>The literal null.</summary>
    Null,

    /// <summary>The one value has ended, and nothing but white space follows it.</summary>
    End,
}
