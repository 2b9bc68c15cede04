using System;

namespace Unkey.Protocol;

/// <summary>The member <c>ratelimits</c> of a verifyKey request: its items and, one behind the other, their names. Part of a request reader; one thread.</summary>
/// <param name="texts">Decoded strings of the request.</param>
/// <param name="nameLengthMin">Fewest code points of a name.</param>
/// <param name="nameLengthMax">Most code points of a name.</param>
/// <param name="countMax">Most items.</param>
internal sealed class VerifyKeyLimitList(TextScratch texts, int nameLengthMin, int nameLengthMax, int countMax)
{
    /// <summary>Limits and bytes of their names kept from one request to the next.</summary>
    private const int NamesBytesKept = 16 * 1024;
    private const int LimitsKept = 64;

    private byte[] _names = new byte[NamesBytesKept];
    private VerifyKeyLimit[] _limits = new VerifyKeyLimit[LimitsKept];
    private int _namesUsed;
    private int _count;

    /// <summary>The members of an item; the values are bits, so that what was seen and what is wrong are one word each.</summary>
    [Flags]
    private enum Member
    {
        Unknown = 0,
        Name = 1,
        Cost = 2,
        Limit = 4,
        Duration = 8,
    }

    /// <summary>The limits in the order of the request, repeated names included.</summary>
    internal ReadOnlySpan<VerifyKeyLimit> Limits => _limits.AsSpan(0, _count);

    /// <summary>Their names.</summary>
    internal ReadOnlySpan<byte> Names => _names.AsSpan(0, _namesUsed);

    /// <summary>Forgets the last request.</summary>
    internal void Reset()
    {
        // ALLOC: once after a request that needed far more than any ordinary one.
        if (_names.Length > NamesBytesKept)
        {
            _names = new byte[NamesBytesKept];
        }

        if (_limits.Length > LimitsKept)
        {
            _limits = new VerifyKeyLimit[LimitsKept];
        }

        _namesUsed = 0;
        _count = 0;
    }

    /// <summary>Reads the value of the member. Of a repeated member the last one counts.</summary>
    /// <returns>Whether the text is still valid JSON; <paramref name="isValid"/> says whether the value is one that is allowed.</returns>
    [HotPath]
    internal bool TryRead(ref JsonScanner scanner, out bool isValid)
    {
        _count = 0;
        isValid = false;
        JsonToken token = scanner.Read();
        if (token != JsonToken.ArrayStart)
        {
            return scanner.TrySkip(token);
        }

        bool areValid = true;

        // BOUND: each turn consumes a value; the body is finite.
        while ((token = scanner.Read()) != JsonToken.ArrayEnd)
        {
            bool isItemValid = false;
            if (token == JsonToken.ObjectStart ? !TryReadItem(ref scanner, out isItemValid) : !scanner.TrySkip(token))
            {
                return false;
            }

            areValid &= isItemValid;
        }

        isValid = areValid;
        return true;
    }

    private static Member Identify(ReadOnlySpan<byte> name) => name.Length switch
    {
        4 when name.SequenceEqual("name"u8) => Member.Name,
        4 when name.SequenceEqual("cost"u8) => Member.Cost,
        5 when name.SequenceEqual("limit"u8) => Member.Limit,
        8 when name.SequenceEqual("duration"u8) => Member.Duration,
        _ => Member.Unknown,
    };

    private static Member ReadMember(in JsonScanner scanner)
    {
        Span<byte> scratch = stackalloc byte[JsonMember.NameBytesMax];
        return Identify(JsonMember.Name(scanner, scratch));
    }

    private static void Grow(ref byte[] buffer, int lengthMin)
    {
        if (buffer.Length < lengthMin)
        {
            // ALLOC: only for a request with more text than any ordinary one. BOUND: twice the length of the body.
            Array.Resize(ref buffer, Math.Max(lengthMin, buffer.Length * 2));
        }
    }

    private bool TryReadItem(ref JsonScanner scanner, out bool isValid)
    {
        isValid = false;
        Member seen = 0;
        Member faults = 0;
        TextRange name = default;
        long cost = 1;
        long limit = 0;
        long duration = 0;
        JsonToken token;

        // BOUND: each turn consumes a member; the body is finite.
        while ((token = scanner.Read()) == JsonToken.Name)
        {
            Member member = ReadMember(scanner);
            bool isMemberValid = true;
            bool goesOn = member switch
            {
                Member.Name => texts.TryTake(ref scanner, scanner.Read(), nameLengthMin, nameLengthMax, out name, out isMemberValid),
                Member.Cost => JsonMember.TryReadInteger(ref scanner, 0, long.MaxValue, out cost, out isMemberValid),
                Member.Limit => JsonMember.TryReadInteger(ref scanner, 0, long.MaxValue, out limit, out isMemberValid),
                Member.Duration => JsonMember.TryReadInteger(ref scanner, 0, long.MaxValue, out duration, out isMemberValid),

                // These objects are open: any other member is read over.
                _ => scanner.TrySkip(scanner.Read()),
            };
            if (!goesOn)
            {
                return false;
            }

            seen |= member;
            faults = isMemberValid ? faults & ~member : faults | member;
        }

        if (token != JsonToken.ObjectEnd)
        {
            return false;
        }

        isValid = faults == 0 && (seen & Member.Name) != 0 && _count < countMax;
        if (isValid)
        {
            Add(texts.Text(scanner.Text, name), cost, seen, limit, duration);
        }

        return true;
    }

    private void Add(ReadOnlySpan<byte> name, long cost, Member seen, long limit, long duration)
    {
        Grow(ref _names, _namesUsed + name.Length);
        if (_count == _limits.Length)
        {
            // ALLOC: only for a request with more limits than any ordinary one. BOUND: the length of the body.
            Array.Resize(ref _limits, _limits.Length * 2);
        }

        name.CopyTo(_names.AsSpan(_namesUsed));
        _limits[_count++] = new VerifyKeyLimit
        {
            NameOffset = _namesUsed,
            NameLength = name.Length,
            Cost = cost,
            HasLimit = (seen & Member.Limit) != 0,
            Limit = limit,
            HasDuration = (seen & Member.Duration) != 0,
            DurationMs = duration,
        };
        _namesUsed += name.Length;
    }
}
