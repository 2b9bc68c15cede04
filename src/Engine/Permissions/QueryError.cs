using System;
using System.Globalization;
using System.Text;

namespace Unkey.Engine.Permissions;

/// <summary>What is wrong with a permission query, as a value; the text is only made when an answer needs it. Any thread.</summary>
/// <param name="Kind">The complaint; <see cref="QueryErrorKind.None"/> for a query that parses.</param>
/// <param name="Position">Where, as a 0-based offset into the query in bytes (everything before it is ASCII, so also in characters).</param>
/// <param name="Length">Bytes of the offending token, 0 at the end of the query.</param>
public readonly record struct QueryError(QueryErrorKind Kind, int Position, int Length)
{
    /// <summary>The complaint as a sentence. Cold: allocates.</summary>
    /// <param name="query">The query that was parsed, UTF-8.</param>
    /// <returns>For example <c>missing closing parenthesis at 30</c> or <c>unexpected token 'AND' at 0</c>.</returns>
    public string Describe(ReadOnlySpan<byte> query)
    {
        string at = Position.ToString(CultureInfo.InvariantCulture);
        return Kind switch
        {
            QueryErrorKind.None => "no error",
            QueryErrorKind.QueryRequired => $"unexpected end of input at {at}: a permission query is required",
            QueryErrorKind.UnexpectedEnd => $"unexpected end of query at {at}",
            QueryErrorKind.MissingClosingParenthesis => $"missing closing parenthesis at {at}",
            QueryErrorKind.EmptyParentheses => $"empty parentheses at {at}",
            QueryErrorKind.UnexpectedToken => $"unexpected token '{Encoding.UTF8.GetString(query.Slice(Position, Length))}' at {at}",
            QueryErrorKind.ExtraContent => $"extra content after a complete expression at {at}",
            QueryErrorKind.InvalidCharacter => $"invalid character {Printable(query[Position..])} at {at}",
            QueryErrorKind.TooDeep => $"too many open parentheses at {at}",
            _ => throw new InvalidOperationException("Unknown kind of query error."),
        };
    }

    private static string Printable(ReadOnlySpan<byte> rest)
    {
        bool isWhole = Rune.DecodeFromUtf8(rest, out Rune rune, out _) == System.Buffers.OperationStatus.Done;
        // Control and unassigned characters have no business in an answer or a terminal.
        return isWhole && !Rune.IsControl(rune) && Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Format or UnicodeCategory.OtherNotAssigned)
            ? $"'{rune}'"
            : $"U+{rune.Value:X4}";
    }
}
