namespace Unkey.Server.Analytics.Sql;

/// <summary>What a token is.</summary>
internal enum SqlTokenKind
{
    /// <summary>After the last token.</summary>
    End,

    /// <summary>A word: a keyword or a name.</summary>
    Word,

    /// <summary>A name in quotes, which is no keyword.</summary>
    QuotedName,

    /// <summary>A string; the text is its value.</summary>
    Text,

    /// <summary>A number as written.</summary>
    Number,

    /// <summary>An operator or a punctuation mark.</summary>
    Symbol,
}
