namespace Unkey.Engine.Permissions;

/// <summary>Why a permission query does not parse.</summary>
public enum QueryErrorKind
{
    /// <summary>It parses.</summary>
    None,

    /// <summary>Nothing but white space.</summary>
    QueryRequired,

    /// <summary>The query ends where an operand is expected.</summary>
    UnexpectedEnd,

    /// <summary>A parenthesis that was opened is not closed where it has to be.</summary>
    MissingClosingParenthesis,

    /// <summary><c>()</c>.</summary>
    EmptyParentheses,

    /// <summary>A keyword or a closing parenthesis where an operand is expected.</summary>
    UnexpectedToken,

    /// <summary>Something follows a complete query.</summary>
    ExtraContent,

    /// <summary>A character that no token may hold; every non-ASCII one.</summary>
    InvalidCharacter,

    /// <summary>More than <see cref="PermissionQuery.DepthMax"/> open parentheses, which no query of a legal length has.</summary>
    TooDeep,
}
