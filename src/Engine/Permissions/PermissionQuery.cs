using System;
using Unkey.Engine.Keys;

namespace Unkey.Engine.Permissions;

/// <summary>
/// The query of a verification, parsed: <c>a AND (b OR c)</c>, AND before OR, <c>*</c> a letter like any other. Holds one query and is used again for the next.
/// One thread. No recursion, no exception; linear in the query and one set lookup a term. Allocates only for a query longer than any before.
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
public sealed class PermissionQuery
{
    /// <summary>Stands before and behind a permission that is taken as it is, whatever its bytes; a byte that no UTF-8 text has.</summary>
    public const byte Quote = 0xFF;

    /// <summary>Open parentheses at one time; above the longest query the wire admits (1,000 bytes).</summary>
    public const int DepthMax = 1024;

    private const int StackWords = DepthMax / 64;

    /// <summary>Bytes, and terms, that are kept from one query to the next: more than the wire of v2 admits.</summary>
    internal const int KeptMax = 1024;

    private const int InitialBytes = 256;
    private const int InitialSteps = 32;

    private byte[] _text = new byte[InitialBytes];
    private Step[] _steps = new Step[InitialSteps];
    private int _length = -1;
    private int _count;
    private bool _hasGroups;

    /// <summary>Whether this is the query that was parsed last. Constant in nothing: a query is no secret.</summary>
    /// <param name="query">UTF-8 of any length.</param>
    [HotPath]
    public bool Is(ReadOnlySpan<byte> query) => query.Length == _length && query.SequenceEqual(_text.AsSpan(0, query.Length));

    /// <summary>Parses a query, which takes the place of the one before.</summary>
    /// <param name="query">UTF-8 of any length; white space is space, tab, line feed and carriage return.</param>
    /// <param name="error">What is wrong when it does not parse.</param>
    /// <returns>Whether it parses; if not, there is no query.</returns>
    [HotPath]
    public bool TryParse(ReadOnlySpan<byte> query, out QueryError error)
    {
        Begin(query.Length);
        int depth = 0;
        int position = 0;
        bool expectsOperand = true;
        QueryToken previous = QueryToken.End;

        // BOUND: every turn consumes a token; End leaves.
        while (true)
        {
            QueryToken token = QueryLexer.Next(query, ref position, out int start);
            QueryErrorKind kind = Check(token, previous, expectsOperand, depth);
            if (kind != QueryErrorKind.None)
            {
                error = new QueryError(kind, start, position - start);
                return false;
            }

            switch (token)
            {
                case QueryToken.Permission:
                    AddPermission(query, start, position - start);
                    expectsOperand = false;
                    break;
                case QueryToken.Quoted:
                    AddPermission(query, start + 1, position - start - 2);
                    expectsOperand = false;
                    break;
                case QueryToken.Open:
                    depth++;
                    _hasGroups = true;
                    Add(new Step { Token = token });
                    break;
                case QueryToken.Close:
                    depth--;
                    Add(new Step { Token = token });
                    break;
                case QueryToken.And:
                    // What is between two operands if nothing else is.
                    expectsOperand = true;
                    break;
                case QueryToken.Or:
                    Add(new Step { Token = token });
                    expectsOperand = true;
                    break;
                default:
                    query.CopyTo(_text);
                    _length = query.Length;
                    error = default;
                    return true;
            }

            previous = token;
        }
    }

    /// <summary>Evaluates the query that was parsed last.</summary>
    /// <param name="record">The key.</param>
    /// <returns>Whether the key's permissions satisfy it.</returns>
    [HotPath]
    public bool IsSatisfiedBy(KeyRecord record) => IsSatisfiedBy(new KeyPermissions(record));

    /// <inheritdoc cref="IsSatisfiedBy(KeyRecord)"/>
    internal bool IsSatisfiedBy<TSet>(TSet permissions)
        where TSet : struct, IPermissionSet
    {
        if (_hasGroups)
        {
            return IsSatisfiedInGroups(permissions);
        }

        bool alternative = false;
        bool conjunction = true;
        foreach (ref readonly Step step in _steps.AsSpan(0, _count))
        {
            if (step.Token == QueryToken.Permission)
            {
                conjunction &= permissions.Contains(_text.AsSpan(step.Start, step.Length), step.Hash);
            }
            else
            {
                alternative |= conjunction;
                conjunction = true;
            }
        }

        return alternative | conjunction;
    }

    private bool IsSatisfiedInGroups<TSet>(TSet permissions)
        where TSet : struct, IPermissionSet
    {
        Span<ulong> outerAlternatives = stackalloc ulong[StackWords];
        Span<ulong> outerConjunctions = stackalloc ulong[StackWords];
        int depth = 0;
        bool alternative = false;
        bool conjunction = true;
        foreach (ref readonly Step step in _steps.AsSpan(0, _count))
        {
            switch (step.Token)
            {
                case QueryToken.Permission:
                    conjunction &= permissions.Contains(_text.AsSpan(step.Start, step.Length), step.Hash);
                    break;
                case QueryToken.Open:
                    Push(outerAlternatives, depth, alternative);
                    Push(outerConjunctions, depth, conjunction);
                    depth++;
                    alternative = false;
                    conjunction = true;
                    break;
                case QueryToken.Close:
                    depth--;
                    bool group = alternative | conjunction;
                    alternative = Top(outerAlternatives, depth);
                    conjunction = Top(outerConjunctions, depth) & group;
                    break;
                default:
                    alternative |= conjunction;
                    conjunction = true;
                    break;
            }
        }

        return alternative | conjunction;
    }

    private void Begin(int length)
    {
        _length = -1;
        _count = 0;
        _hasGroups = false;
        if (_text.Length < length || _text.Length > KeptMax)
        {
            _text = new byte[Math.Max(length, InitialBytes)]; // ALLOC: for the longest query so far, and after one longer than the wire of v2 admits.
        }

        if (_steps.Length > KeptMax)
        {
            _steps = new Step[InitialSteps]; // ALLOC: as above.
        }
    }

    private void AddPermission(ReadOnlySpan<byte> query, int start, int length) =>
        Add(new Step { Token = QueryToken.Permission, Start = start, Length = length, Hash = TextHash.Of(query.Slice(start, length)) });

    private void Add(in Step step)
    {
        if (_count == _steps.Length)
        {
            Array.Resize(ref _steps, _count * 2); // ALLOC: for the query with the most terms so far. BOUND: by its length.
        }

        _steps[_count++] = step;
    }

    private static QueryErrorKind Check(QueryToken token, QueryToken previous, bool expectsOperand, int depth)
    {
        if (token == QueryToken.Invalid)
        {
            return QueryErrorKind.InvalidCharacter;
        }

        if (expectsOperand)
        {
            return token switch
            {
                QueryToken.Permission or QueryToken.Quoted => QueryErrorKind.None,
                QueryToken.Open => depth < DepthMax ? QueryErrorKind.None : QueryErrorKind.TooDeep,
                // Only the first token has no predecessor.
                QueryToken.End => previous == QueryToken.End ? QueryErrorKind.QueryRequired : QueryErrorKind.UnexpectedEnd,
                QueryToken.Close when previous == QueryToken.Open => QueryErrorKind.EmptyParentheses,
                _ => QueryErrorKind.UnexpectedToken,
            };
        }

        return token switch
        {
            QueryToken.And or QueryToken.Or => QueryErrorKind.None,
            QueryToken.Close when depth > 0 => QueryErrorKind.None,
            QueryToken.End when depth == 0 => QueryErrorKind.None,
            _ => depth > 0 ? QueryErrorKind.MissingClosingParenthesis : QueryErrorKind.ExtraContent,
        };
    }

    private static void Push(Span<ulong> stack, int depth, bool value)
    {
        ulong bit = 1UL << (depth & 63);
        ref ulong word = ref stack[depth >> 6];
        word = value ? word | bit : word & ~bit;
    }

    private static bool Top(Span<ulong> stack, int depth) => (stack[depth >> 6] & (1UL << (depth & 63))) != 0;

    /// <summary>A permission, a parenthesis, or the OR between two alternatives.</summary>
    private struct Step
    {
        public QueryToken Token;
        public int Start;
        public int Length;
        public ulong Hash;
    }
}
