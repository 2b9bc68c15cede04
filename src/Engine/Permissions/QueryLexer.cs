using System;

namespace Unkey.Engine.Permissions;

/// <summary>Cuts a permission query into tokens. Stateless, any thread; no allocation, no exception.</summary>
internal static class QueryLexer
{
    private const byte ClassSpace = 1;
    private const byte ClassPermission = 2;

    /// <summary>What a byte may be part of; sixteen to a row. Words are short, so a table beats a vectorised search.</summary>
    private static ReadOnlySpan<byte> Classes =>
    [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 2, 2, 2,
        2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 0, 0, 0, 0, 0,
        0, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
        2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 0, 0, 0, 0, 2,
        0, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
        2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];

    /// <summary>Reads the next token.</summary>
    /// <param name="query">UTF-8 of any length; white space is space, tab, line feed and carriage return.</param>
    /// <param name="position">Where to go on; becomes the end of the token.</param>
    /// <param name="start">Where the token begins.</param>
    [HotPath]
    internal static QueryToken Next(ReadOnlySpan<byte> query, ref int position, out int start)
    {
        // BOUND: by the query; no byte is read twice.
        while (position < query.Length && Classes[query[position]] == ClassSpace)
        {
            position++;
        }

        start = position;
        if (position == query.Length)
        {
            return QueryToken.End;
        }

        int end = position;
        while (end < query.Length && Classes[query[end]] == ClassPermission)
        {
            end++;
        }

        int length = end - position;
        if (length == 0)
        {
            return query[position++] switch
            {
                (byte)'(' => QueryToken.Open,
                (byte)')' => QueryToken.Close,
                PermissionQuery.Quote => Quoted(query, ref position),
                _ => QueryToken.Invalid,
            };
        }

        position += length;
        ReadOnlySpan<byte> word = query.Slice(start, length);
        return length switch
        {
            2 when IsLetter(word[0], 'o') && IsLetter(word[1], 'r') => QueryToken.Or,
            3 when IsLetter(word[0], 'a') && IsLetter(word[1], 'n') && IsLetter(word[2], 'd') => QueryToken.And,
            _ => QueryToken.Permission,
        };
    }

    // Bit 5 tells a small letter from its capital; no other byte of a word becomes a letter by it.
    private static bool IsLetter(byte value, char small) => (value | 0x20) == small;

    private static QueryToken Quoted(ReadOnlySpan<byte> query, ref int position)
    {
        int length = query[position..].IndexOf(PermissionQuery.Quote);
        position += length + 1;
        return length < 0 ? QueryToken.Invalid : QueryToken.Quoted;
    }
}
