using System;

namespace Unkey.Protocol;

/// <summary>The members of one verifyKey request, and the body they were read from but for its key. Part of a <see cref="VerifyKeyRequestReader"/>; one thread.</summary>
/// <remarks>
/// <para>Of a repeated member the last one counts, and only that one is judged; an unknown member is a fault wherever the
/// object is closed. Every byte must be valid JSON whether it counts or not.</para>
/// <para>Strings without escapes are views of the body; the others are decoded into scratch memory, which grows only for a
/// body that needs more of it than any ordinary one.</para>
/// </remarks>
internal sealed class VerifyKeyMembers
{
    private const int KeyLengthMax = 512;
    private const int PermissionsLengthMax = 1000;
    private const int MigrationIdLengthMax = 256;
    private const int LimitNameLengthMin = 3;
    private const int LimitNameLengthMax = 255;
    private const int TagLengthMax = 512;
    private const int TagsMax = 20;
    private const long CostMax = 1_000_000_000_000;

    private readonly TextScratch _texts = new();
    private readonly RememberedBody _remembered = new();
    private readonly TagList _tags;
    private readonly VerifyKeyLimitList _limits;
    private TextRange _key;
    private TextRange _permissions;
    private TextRange _migrationId;
    private int _keys;
    private bool _hasCost;
    private long _cost;

    /// <summary>Makes memory for ordinary requests.</summary>
    internal VerifyKeyMembers()
    {
        _tags = new TagList(_texts, TagsMax, TagLengthMax);
        _limits = new VerifyKeyLimitList(_texts, LimitNameLengthMin, LimitNameLengthMax, countMax: int.MaxValue);
    }

    /// <summary>The members of a request; the values are bits, so that what was seen and what is wrong are one word each.</summary>
    [Flags]
    private enum Member
    {
        Unknown = 0,
        Key = 1,
        Permissions = 2,
        Credits = 4,
        Ratelimits = 8,
        Tags = 16,
        MigrationId = 32,
        Cost = 64,
    }

    /// <summary>What is kept of the last body, for the tests.</summary>
    internal ReadOnlySpan<byte> Remembered => _remembered.Bytes;

    /// <summary>Clears what was decoded of the last request.</summary>
    [HotPath]
    internal void Forget() => _texts.Reset();

    /// <summary>Whether a body is the last one but for the characters of its key, so that every member is where it was and what it was.</summary>
    [HotPath]
    internal bool IsAlike(ReadOnlySpan<byte> body) => _remembered.IsAlike(body, out ReadOnlySpan<byte> key) && key.Length == _key.Length;

    /// <summary>Reads a body.</summary>
    /// <returns><see langword="false"/> for everything that the contract answers with 400; nothing is remembered then.</returns>
    [HotPath]
    internal bool TryRead(ReadOnlySpan<byte> body)
    {
        Reset();
        var scanner = new JsonScanner(body);
        if (!TryReadMembers(ref scanner) || scanner.Read() != JsonToken.End)
        {
            return false;
        }

        // A key that came twice would be remembered once, and what was decoded is not kept.
        if (_keys == 1 && !_texts.IsUsed)
        {
            _remembered.Keep(body, _key);
        }

        return true;
    }

    /// <summary>Gives the request.</summary>
    /// <param name="body">The body that was read, or one that is alike.</param>
    /// <param name="request">The request.</param>
    [HotPath]
    internal void Give(ReadOnlySpan<byte> body, ref VerifyKeyRequest request)
    {
        // Member by member: an initializer would fill a copy first, and to copy views is dear.
        request.Body = body;
        request.Scratch = _texts.Bytes;
        request.Tags = _tags.Tags;
        request.Key = _texts.Text(body, _key);
        request.Permissions = _texts.Text(body, _permissions);
        request.HasCost = _hasCost;
        request.Cost = _cost;
        request.Limits = _limits.Limits;
        request.LimitNames = _limits.Names;
        request.MigrationId = _texts.Text(body, _migrationId);
    }

    private static Member Identify(ReadOnlySpan<byte> name) => name.Length switch
    {
        3 when name.SequenceEqual("key"u8) => Member.Key,
        4 when name.SequenceEqual("cost"u8) => Member.Cost,
        4 when name.SequenceEqual("tags"u8) => Member.Tags,
        7 when name.SequenceEqual("credits"u8) => Member.Credits,
        10 when name.SequenceEqual("ratelimits"u8) => Member.Ratelimits,
        11 when name.SequenceEqual("permissions"u8) => Member.Permissions,
        11 when name.SequenceEqual("migrationId"u8) => Member.MigrationId,
        _ => Member.Unknown,
    };

    /// <summary>The member whose name has just been read.</summary>
    private static Member ReadMember(in JsonScanner scanner)
    {
        Span<byte> scratch = stackalloc byte[JsonMember.NameBytesMax];
        return Identify(JsonMember.Name(scanner, scratch));
    }

    private void Reset()
    {
        _remembered.Forget();
        _texts.Reset();
        _tags.Reset();
        _limits.Reset();
        _keys = 0;
        _key = default;
        _permissions = default;
        _migrationId = default;
        _hasCost = false;
        _cost = 0;
    }

    private bool TryReadMembers(ref JsonScanner scanner)
    {
        if (scanner.Read() != JsonToken.ObjectStart)
        {
            return false;
        }

        Member seen = 0;
        Member faults = 0;

        // BOUND: each turn consumes a member; the body is finite.
        while (true)
        {
            JsonToken token = scanner.Read();
            if (token != JsonToken.Name)
            {
                return token == JsonToken.ObjectEnd && faults == 0 && (seen & Member.Key) != 0;
            }

            Member member = ReadMember(scanner);
            bool isValid;
            bool goesOn;
            switch (member)
            {
                case Member.Key:
                    _keys++;
                    goesOn = TryReadText(ref scanner, 1, KeyLengthMax, out _key, out isValid);
                    break;
                case Member.Permissions:
                    goesOn = TryReadText(ref scanner, 1, PermissionsLengthMax, out _permissions, out isValid);
                    break;
                case Member.MigrationId:
                    goesOn = TryReadText(ref scanner, 0, MigrationIdLengthMax, out _migrationId, out isValid);
                    break;
                case Member.Credits:
                    goesOn = TryReadCredits(ref scanner, out isValid);
                    break;
                case Member.Tags:
                    goesOn = _tags.TryRead(ref scanner, out isValid);
                    break;
                case Member.Ratelimits:
                    goesOn = _limits.TryRead(ref scanner, out isValid);
                    break;
                default:
                    return false;
            }

            if (!goesOn)
            {
                return false;
            }

            seen |= member;
            faults = isValid ? faults & ~member : faults | member;
        }
    }

    private bool TryReadCredits(ref JsonScanner scanner, out bool isValid)
    {
        isValid = false;
        _hasCost = false;
        _cost = 0;
        JsonToken token = scanner.Read();
        if (token != JsonToken.ObjectStart)
        {
            return scanner.TrySkip(token);
        }

        bool isClosed = true;
        bool isCostValid = false;

        // BOUND: each turn consumes a member; the body is finite.
        while ((token = scanner.Read()) == JsonToken.Name)
        {
            if (ReadMember(scanner) == Member.Cost)
            {
                if (!JsonMember.TryReadInteger(ref scanner, 0, CostMax, out _cost, out isCostValid))
                {
                    return false;
                }

                _hasCost = true;
            }
            else
            {
                isClosed = false;
                if (!scanner.TrySkip(scanner.Read()))
                {
                    return false;
                }
            }
        }

        isValid = isClosed && _hasCost && isCostValid;
        return token == JsonToken.ObjectEnd;
    }

    private bool TryReadText(ref JsonScanner scanner, int lengthMin, int lengthMax, out TextRange text, out bool isValid) =>
        _texts.TryTake(ref scanner, scanner.Read(), lengthMin, lengthMax, out text, out isValid);
}
