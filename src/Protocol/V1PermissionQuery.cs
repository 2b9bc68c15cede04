using System;

namespace Unkey.Protocol;

/// <summary>
/// The permission query of v1, translated into the text that is evaluated. Part of a request reader; one thread. Never blocks or throws.
/// </summary>
/// <remarks>
/// <code>
/// query := "permission" | {"and":[query,…]} | {"or":[query,…]}
/// </code>
/// <c>{"and":["a",{"or":["b","c"]}]}</c> becomes <c>("a"AND("b"OR"c"))</c> with <see cref="Quote"/> for each quotation mark, so that a
/// permission may be any text. A group without a member is refused: an empty <c>and</c> would grant everything. Members that are null are what a client
/// has left out and are skipped. Depth is bounded by the JSON reader's, size by <see cref="BytesMax"/>.
/// Source: contract, v1, section 2.
/// </remarks>
internal sealed class V1PermissionQuery
{
    /// <summary>Longest translated query in bytes: some thousand permissions.</summary>
    internal const int BytesMax = 64 * 1024;

    /// <summary>Stands around a permission; no UTF-8 text holds this byte.</summary>
    internal const byte Quote = 0xFF;

    private const int BytesKept = 4 * 1024;

    private byte[] _bytes = new byte[BytesKept];

    /// <summary>Bytes of the translation, also of one that is too long to be kept.</summary>
    private int _length;

    private enum Member
    {
        Unknown,
        And,
        Or,
    }

    /// <summary>The translated query; empty when there is none.</summary>
    internal ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Math.Min(_length, _bytes.Length));

    /// <summary>Forgets the last request.</summary>
    internal void Reset()
    {
        if (_bytes.Length > BytesKept)
        {
            _bytes = new byte[BytesKept]; // ALLOC: once after a request that needed far more than any ordinary one.
        }

        _length = 0;
    }

    /// <summary>Reads the value of the member <c>permissions</c>; null is no query. Of a repeated member the last one counts.</summary>
    /// <returns>Whether the text is still valid JSON; <paramref name="isValid"/> says whether the value is one that is allowed.</returns>
    [HotPath]
    internal bool TryRead(ref JsonScanner scanner, out bool isValid)
    {
        _length = 0;
        JsonToken token = scanner.Read();
        if (token == JsonToken.Null)
        {
            isValid = true;
            return true;
        }

        bool goesOn = TryReadQuery(ref scanner, token, out isValid);
        isValid &= _length <= BytesMax;
        return goesOn;
    }

    private static Member ReadMember(in JsonScanner scanner)
    {
        Span<byte> scratch = stackalloc byte[JsonMember.NameBytesMax];
        ReadOnlySpan<byte> name = JsonMember.Name(scanner, scratch);
        return name.SequenceEqual("and"u8) ? Member.And : name.SequenceEqual("or"u8) ? Member.Or : Member.Unknown;
    }

    // BOUND: it calls itself once for two levels of JSON, and the scanner bounds those.
    private bool TryReadQuery(ref JsonScanner scanner, JsonToken token, out bool isValid)
    {
        switch (token)
        {
            case JsonToken.String:
                AddPermission(in scanner);
                isValid = true;
                return true;
            case JsonToken.ObjectStart:
                return TryReadGroup(ref scanner, out isValid);
            default:
                isValid = false;
                return scanner.TrySkip(token);
        }
    }

    private bool TryReadGroup(ref JsonScanner scanner, out bool isValid)
    {
        isValid = false;
        int start = _length;
        Member kind = Member.Unknown;
        bool isAmbiguous = false;
        JsonToken token;

        // BOUND: each turn consumes a member; the body is finite.
        while ((token = scanner.Read()) == JsonToken.Name)
        {
            Member member = ReadMember(scanner);
            if (member == Member.Unknown)
            {
                if (!scanner.TrySkip(scanner.Read()))
                {
                    return false;
                }

                continue;
            }

            isAmbiguous |= kind != Member.Unknown && kind != member;
            kind = member;
            _length = start;
            if (!TryReadItems(ref scanner, member == Member.And ? "AND"u8 : "OR"u8, out isValid))
            {
                return false;
            }
        }

        isValid &= !isAmbiguous;
        return token == JsonToken.ObjectEnd;
    }

    private bool TryReadItems(ref JsonScanner scanner, scoped ReadOnlySpan<byte> keyword, out bool isValid)
    {
        isValid = false;
        JsonToken token = scanner.Read();
        if (token != JsonToken.ArrayStart)
        {
            return scanner.TrySkip(token);
        }

        Add("("u8);
        bool isEmpty = true;
        bool areValid = true;

        // BOUND: each turn consumes a value; the body is finite.
        while ((token = scanner.Read()) != JsonToken.ArrayEnd)
        {
            if (token == JsonToken.Null)
            {
                continue;
            }

            Add(isEmpty ? default : keyword);
            isEmpty = false;
            if (!TryReadQuery(ref scanner, token, out bool isItemValid))
            {
                return false;
            }

            areValid &= isItemValid;
        }

        Add(")"u8);
        isValid = areValid && !isEmpty;
        return true;
    }

    private void AddPermission(in JsonScanner scanner)
    {
        Add([Quote]);
        if (!scanner.HasEscapes)
        {
            Add(scanner.Raw);
        }
        else if (TryReserve(scanner.RawLength))
        {
            _length += JsonText.Unescape(scanner.Raw, _bytes.AsSpan(_length));
        }

        Add([Quote]);
    }

    private void Add(scoped ReadOnlySpan<byte> bytes)
    {
        if (TryReserve(bytes.Length))
        {
            bytes.CopyTo(_bytes.AsSpan(_length));
            _length += bytes.Length;
        }
    }

    /// <summary>Makes room; without any left, only counts, so that the length says at the end that the query is too long.</summary>
    private bool TryReserve(int count)
    {
        if (_length + count > BytesMax)
        {
            _length = BytesMax + 1;
            return false;
        }

        if (_length + count > _bytes.Length)
        {
            // ALLOC: only for a longer query than any ordinary one. BOUND: BytesMax.
            Array.Resize(ref _bytes, Math.Min(Math.Max(_length + count, _bytes.Length * 2), BytesMax));
        }

        return true;
    }
}
