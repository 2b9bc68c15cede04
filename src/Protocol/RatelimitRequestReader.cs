using System;

namespace Unkey.Protocol;

/// <summary>Reads the bodies of <c>ratelimit.limit</c>, <c>ratelimit.multiLimit</c> and v1's <c>ratelimits.limit</c>. One per reactor; not thread-safe. Never blocks or
/// throws on what a client sends.</summary>
/// <remarks>
/// It accepts exactly the requests that the contract accepts and says nothing about the others: the schema validator of the control plane
/// reads those again and explains them. Of a repeated member the last one counts, and only that one is judged. A single check is remembered without its identifier,
/// because the next one is usually the same but for that.
/// </remarks>
public sealed class RatelimitRequestReader
{
    /// <summary>Most checks in one request.</summary>
    public const int ChecksMax = 100;

    /// <summary>Most code points of an identifier in v1, which names no bound: longer than any token that serves as one.</summary>
    public const int V1IdentifierLengthMax = 64 * 1024;

    private const int TextLengthMax = 512;
    private const long DurationMsMin = 1_000;
    private const long DurationMsMax = 2_592_000_000;

    // Two texts of 512 code points each, 4 bytes the longest, for each check; more than the one check of v1 needs.
    private const int TextsBytesMax = ChecksMax * 2 * TextLengthMax * 4;
    private const int TextsBytesKept = 16 * 1024;

    private readonly RatelimitCheck[] _checks = new RatelimitCheck[ChecksMax];
    private readonly TextScratch _scratch = new();
    private byte[] _texts = new byte[TextsBytesKept];
    private readonly RememberedBody _remembered = new();
    private TextRange _identifier;
    private int _identifiers;
    private int _textsUsed;
    private int _count;

    /// <summary>The members of a check; the values are bits, so that what was seen and what is wrong are one word each.</summary>
    [Flags]
    private enum Member
    {
        Unknown = 0,
        Namespace = 1,
        Identifier = 2,
        Limit = 4,
        Duration = 8,
        Cost = 16,
        Required = Namespace | Identifier | Limit | Duration,
    }

    /// <summary>The checks of the last request that was read, in its order. Valid until the next call.</summary>
    public ReadOnlySpan<RatelimitCheck> Checks => _checks.AsSpan(0, _count);

    /// <summary>Namespaces and identifiers of the checks, one behind the other, escapes resolved.</summary>
    public ReadOnlySpan<byte> Texts => _texts.AsSpan(0, _textsUsed);

    /// <summary>Reads a body of <c>ratelimit.limit</c>: one object.</summary>
    /// <param name="body">The whole body.</param>
    /// <returns><see langword="false"/> for everything that the contract answers with 400.</returns>
    [HotPath]
    public bool TryReadOne(ReadOnlySpan<byte> body)
    {
        if (_remembered.IsAlike(body, out ReadOnlySpan<byte> identifier) && identifier.Length <= TextLengthMax)
        {
            Replace(identifier);
            return true;
        }

        Reset();
        var scanner = new JsonScanner(body);
        if (scanner.Read() != JsonToken.ObjectStart || !TryReadCheck(ref scanner, isV1: false, out bool isValid) || !isValid || scanner.Read() != JsonToken.End)
        {
            return false;
        }

        if (_identifiers == 1 && !_scratch.IsUsed)
        {
            _remembered.Keep(body, _identifier);
        }

        return true;
    }

    /// <summary>Reads a body of v1's <c>ratelimits.limit</c>: one object that may have other members too; its namespace is <c>default</c> when
    /// it names none.</summary>
    /// <param name="body">The whole body.</param>
    /// <returns><see langword="false"/> for everything that the contract answers with 400.</returns>
    [HotPath]
    public bool TryReadV1(ReadOnlySpan<byte> body)
    {
        Reset();
        var scanner = new JsonScanner(body);
        return scanner.Read() == JsonToken.ObjectStart
            && TryReadCheck(ref scanner, isV1: true, out bool isValid)
            && isValid
            && scanner.Read() == JsonToken.End;
    }

    /// <summary>Reads a body of <c>ratelimit.multiLimit</c>: an array of 1 to <see cref="ChecksMax"/> objects.</summary>
    /// <param name="body">The whole body.</param>
    /// <returns><see langword="false"/> for everything that the contract answers with 400.</returns>
    [HotPath]
    public bool TryReadMany(ReadOnlySpan<byte> body)
    {
        Reset();
        var scanner = new JsonScanner(body);
        if (scanner.Read() != JsonToken.ArrayStart)
        {
            return false;
        }

        JsonToken token;

        // BOUND: each turn consumes an item; more than ChecksMax end it.
        while ((token = scanner.Read()) != JsonToken.ArrayEnd)
        {
            if (token != JsonToken.ObjectStart || _count == ChecksMax || !TryReadCheck(ref scanner, isV1: false, out bool isValid) || !isValid)
            {
                return false;
            }
        }

        return _count > 0 && scanner.Read() == JsonToken.End;
    }

    private static Member Identify(ReadOnlySpan<byte> name) => name.Length switch
    {
        4 when name.SequenceEqual("cost"u8) => Member.Cost,
        5 when name.SequenceEqual("limit"u8) => Member.Limit,
        8 when name.SequenceEqual("duration"u8) => Member.Duration,
        9 when name.SequenceEqual("namespace"u8) => Member.Namespace,
        10 when name.SequenceEqual("identifier"u8) => Member.Identifier,
        _ => Member.Unknown,
    };

    private static Member ReadMember(in JsonScanner scanner)
    {
        Span<byte> scratch = stackalloc byte[JsonMember.NameBytesMax];
        return Identify(JsonMember.Name(scanner, scratch));
    }

    private void Reset()
    {
        if (_texts.Length > TextsBytesKept)
        {
            _texts = new byte[TextsBytesKept]; // ALLOC: once after a request with far more text than any ordinary one.
        }

        _remembered.Forget();
        _scratch.Reset();
        _identifiers = 0;
        _textsUsed = 0;
        _count = 0;
    }

    /// <summary>Reads the members of an object whose start has been read.</summary>
    private bool TryReadCheck(ref JsonScanner scanner, bool isV1, out bool isValid)
    {
        int identifierLengthMax = isV1 ? V1IdentifierLengthMax : TextLengthMax;
        long durationMsMax = isV1 ? long.MaxValue : DurationMsMax;
        Member required = isV1 ? Member.Required & ~Member.Namespace : Member.Required;
        isValid = false;
        Member seen = 0;
        Member faults = 0;
        TextRange space = default;
        TextRange identifier = default;
        long limit = 0;
        long duration = 0;
        long cost = 1;
        JsonToken token;

        // BOUND: each turn consumes a member; the body is finite.
        while ((token = scanner.Read()) == JsonToken.Name)
        {
            Member member = ReadMember(scanner);
            bool isMemberValid;
            bool goesOn;
            switch (member)
            {
                case Member.Namespace:
                    goesOn = _scratch.TryTake(ref scanner, scanner.Read(), 1, TextLengthMax, out space, out isMemberValid);
                    break;
                case Member.Identifier:
                    _identifiers++;
                    goesOn = _scratch.TryTake(ref scanner, scanner.Read(), 1, identifierLengthMax, out identifier, out isMemberValid);
                    break;
                case Member.Limit:
                    goesOn = JsonMember.TryReadInteger(ref scanner, 1, long.MaxValue, out limit, out isMemberValid);
                    break;
                case Member.Duration:
                    goesOn = JsonMember.TryReadInteger(ref scanner, DurationMsMin, durationMsMax, out duration, out isMemberValid);
                    break;
                case Member.Cost:
                    goesOn = JsonMember.TryReadInteger(ref scanner, 0, long.MaxValue, out cost, out isMemberValid);
                    break;
                default:
                    goesOn = isV1 && scanner.TrySkip(scanner.Read()); // In v2 the object is closed.
                    isMemberValid = true;
                    break;
            }

            if (!goesOn)
            {
                return false;
            }

            seen |= member;
            faults = isMemberValid ? faults & ~member : faults | member;
        }

        isValid = faults == 0 && (seen & required) == required;
        if (isValid)
        {
            ReadOnlySpan<byte> nameOrId = (seen & Member.Namespace) != 0 ? _scratch.Text(scanner.Text, space) : "default"u8;
            _identifier = identifier;
            int namespaceOffset = Keep(nameOrId);
            int identifierOffset = Keep(_scratch.Text(scanner.Text, identifier));
            _checks[_count++] = new RatelimitCheck
            {
                NamespaceOffset = namespaceOffset,
                NamespaceLength = nameOrId.Length,
                IdentifierOffset = identifierOffset,
                IdentifierLength = identifier.Length,
                Limit = limit,
                DurationMs = duration,
                Cost = cost,
            };
        }

        return token == JsonToken.ObjectEnd;
    }

    // The identifier is the last of the texts.
    private void Replace(ReadOnlySpan<byte> identifier)
    {
        ref RatelimitCheck check = ref _checks[0];
        _textsUsed = check.IdentifierOffset;
        _ = Keep(identifier);
        check = check with { IdentifierLength = identifier.Length };
    }

    private int Keep(ReadOnlySpan<byte> text)
    {
        if (_texts.Length - _textsUsed < text.Length)
        {
            // ALLOC: only for a request with more text than any ordinary one. BOUND: TextsBytesMax.
            Array.Resize(ref _texts, Math.Min(Math.Max(_textsUsed + text.Length, _texts.Length * 2), TextsBytesMax));
        }

        int offset = _textsUsed;
        text.CopyTo(_texts.AsSpan(offset));
        _textsUsed += text.Length;
        return offset;
    }
}
