using System;
using Unkey.Engine.Keys;

namespace Unkey.Engine.Permissions;

/// <summary>
/// The query of a verification, parsed and evaluated in one pass: <c>a AND (b OR c)</c>, AND before OR, <c>*</c> a letter like any other.
/// Stateless, any thread. No recursion, no allocation, no exception; linear in the query and one set lookup a term.
/// </summary>
/// <remarks>
/// <code>
/// query   := orExpr EOF
/// orExpr  := andExpr ( OR andExpr )*
/// andExpr := primary ( AND primary )*
/// primary := PERMISSION | QUOTE bytes QUOTE | "(" orExpr ")"
/// </code>
/// The quoted form is for queries that are no text: <see cref="Quote"/> is not in any UTF-8, so no client can write it, and a permission
/// between two of them may have any bytes. The nested JSON query of v1 is translated into it.
/// A level of parentheses needs two bits: whether an alternative before the present one holds, and whether the present one still does.
/// Source: the HTTP contract, "Permission query". Every term is looked up, also behind a decision, so that time says nothing about the set.
/// </remarks>
public static class PermissionQuery
{
    /// <summary>Stands before and behind a permission that is taken as it is, whatever its bytes; a byte that no UTF-8 text has.</summary>
    public const byte Quote = 0xFF;

    /// <summary>Open parentheses at one time; above the longest query the wire admits (1,000 bytes).</summary>
    public const int DepthMax = 1024;

    private const int StackWords = DepthMax / 64;

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

    private enum Token
    {
        End,
        Open,
        Close,
        And,
        Or,
        Permission,
        Quoted,
        Invalid,
    }

    /// <summary>Parses a query and evaluates it against a key's permissions.</summary>
    /// <param name="query">UTF-8 of any length; white space is space, tab, line feed and carriage return.</param>
    /// <param name="record">The key.</param>
    /// <param name="isSatisfied">Whether the query holds; false when it does not parse.</param>
    /// <param name="error">What is wrong when it does not parse.</param>
    /// <returns>Whether it parses.</returns>
    [HotPath]
    public static bool TryEvaluate(ReadOnlySpan<byte> query, KeyRecord record, out bool isSatisfied, out QueryError error) =>
        TryEvaluate(query, new KeyPermissions(record), out isSatisfied, out error);

    /// <inheritdoc cref="TryEvaluate(ReadOnlySpan{byte}, KeyRecord, out bool, out QueryError)"/>
    internal static bool TryEvaluate<TSet>(ReadOnlySpan<byte> query, TSet permissions, out bool isSatisfied, out QueryError error)
        where TSet : struct, IPermissionSet
    {
        Span<ulong> outerAlternatives = stackalloc ulong[StackWords];
        Span<ulong> outerConjunctions = stackalloc ulong[StackWords];
        isSatisfied = false;
        int depth = 0;
        int position = 0;
        bool expectsOperand = true;
        bool alternative = false;
        bool conjunction = true;
        Token previous = Token.End;

        // BOUND: every turn consumes a token; End leaves.
        while (true)
        {
            Token token = Next(query, ref position, out int start);
            QueryErrorKind kind = Check(token, previous, expectsOperand, depth);
            if (kind != QueryErrorKind.None)
            {
                error = new QueryError(kind, start, position - start);
                return false;
            }

            switch (token)
            {
                case Token.Permission:
                    conjunction &= permissions.Contains(query[start..position]);
                    expectsOperand = false;
                    break;
                case Token.Quoted:
                    conjunction &= permissions.Contains(query[(start + 1)..(position - 1)]);
                    expectsOperand = false;
                    break;
                case Token.Open:
                    Push(outerAlternatives, depth, alternative);
                    Push(outerConjunctions, depth, conjunction);
                    depth++;
                    alternative = false;
                    conjunction = true;
                    break;
                case Token.Close:
                    depth--;
                    bool group = alternative | conjunction;
                    alternative = Top(outerAlternatives, depth);
                    conjunction = Top(outerConjunctions, depth) & group;
                    break;
                case Token.And:
                    expectsOperand = true;
                    break;
                case Token.Or:
                    alternative |= conjunction;
                    conjunction = true;
                    expectsOperand = true;
                    break;
                default:
                    isSatisfied = alternative | conjunction;
                    error = default;
                    return true;
            }

            previous = token;
        }
    }

    private static QueryErrorKind Check(Token token, Token previous, bool expectsOperand, int depth)
    {
        if (token == Token.Invalid)
        {
            return QueryErrorKind.InvalidCharacter;
        }

        if (expectsOperand)
        {
            return token switch
            {
                Token.Permission or Token.Quoted => QueryErrorKind.None,
                Token.Open => depth < DepthMax ? QueryErrorKind.None : QueryErrorKind.TooDeep,
                // Only the first token has no predecessor.
                Token.End => previous == Token.End ? QueryErrorKind.QueryRequired : QueryErrorKind.UnexpectedEnd,
                Token.Close when previous == Token.Open => QueryErrorKind.EmptyParentheses,
                _ => QueryErrorKind.UnexpectedToken,
            };
        }

        return token switch
        {
            Token.And or Token.Or => QueryErrorKind.None,
            Token.Close when depth > 0 => QueryErrorKind.None,
            Token.End when depth == 0 => QueryErrorKind.None,
            _ => depth > 0 ? QueryErrorKind.MissingClosingParenthesis : QueryErrorKind.ExtraContent,
        };
    }

    private static Token Next(ReadOnlySpan<byte> query, ref int position, out int start)
    {
        // BOUND: by the query; no byte is read twice.
        while (position < query.Length && Classes[query[position]] == ClassSpace)
        {
            position++;
        }

        start = position;
        if (position == query.Length)
        {
            return Token.End;
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
                (byte)'(' => Token.Open,
                (byte)')' => Token.Close,
                Quote => Quoted(query, ref position),
                _ => Token.Invalid,
            };
        }

        position += length;
        ReadOnlySpan<byte> word = query.Slice(start, length);
        return length switch
        {
            2 when IsLetter(word[0], 'o') && IsLetter(word[1], 'r') => Token.Or,
            3 when IsLetter(word[0], 'a') && IsLetter(word[1], 'n') && IsLetter(word[2], 'd') => Token.And,
            _ => Token.Permission,
        };
    }

    // Bit 5 tells a small letter from its capital; no other byte of a word becomes a letter by it.
    private static bool IsLetter(byte value, char small) => (value | 0x20) == small;

    private static Token Quoted(ReadOnlySpan<byte> query, ref int position)
    {
        int length = query[position..].IndexOf(Quote);
        position += length + 1;
        return length < 0 ? Token.Invalid : Token.Quoted;
    }

    private static void Push(Span<ulong> stack, int depth, bool value)
    {
        ulong bit = 1UL << (depth & 63);
        ref ulong word = ref stack[depth >> 6];
        word = value ? word | bit : word & ~bit;
    }

    private static bool Top(Span<ulong> stack, int depth) => (stack[depth >> 6] & (1UL << (depth & 63))) != 0;
}
