using System;

namespace Unkey.Protocol;

/// <summary>Reads the body of a verifyKey request. One per reactor; not thread-safe. Never blocks or throws on what a client
/// sends.</summary>
/// <remarks>
/// <para>It accepts exactly the requests that the contract (verifyKey, section 1) accepts and says nothing about the others:
/// the schema validator of the control plane reads those again and explains them.</para>
/// <para>Of a repeated member the last one counts, and only that one is judged; an unknown member is a fault wherever the
/// object is closed. Every byte must be valid JSON whether it counts or not.</para>
/// <para>Strings without escapes are views of the body; the others are decoded into scratch memory, which grows only for a
/// body that needs more of it than any ordinary one.</para>
/// </remarks>
public sealed partial class VerifyKeyRequestReader
{
    private const int KeyLengthMax = 512;
    private const int PermissionsLengthMax = 1000;
    private const int MigrationIdLengthMax = 256;
    private const int LimitNameLengthMin = 3;
    private const int LimitNameLengthMax = 255;
    private const int TagLengthMax = 512;
    private const int TagsMax = 20;
    private const long CostMax = 1_000_000_000_000;

    /// <summary>Limits and bytes of their names kept from one request to the next.</summary>
    private const int NamesBytesKept = 16 * 1024;
    private const int LimitsKept = 64;

    private readonly TextRange[] _tags = new TextRange[TagsMax];
    private readonly TextScratch _texts = new();
    private byte[] _names = new byte[NamesBytesKept];
    private VerifyKeyLimit[] _limits = new VerifyKeyLimit[LimitsKept];
    private int _namesUsed;
    private int _limitCount;
    private int _tagCount;
    private TextRange _key;
    private TextRange _permissions;
    private TextRange _migrationId;
    private bool _hasCost;
    private long _cost;

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
        Name = 64,
        Cost = 128,
        Limit = 256,
        Duration = 512,
    }

    /// <summary>Reads a body.</summary>
    /// <param name="body">The whole body.</param>
    /// <param name="request">The request; <see langword="default"/> when the result is <see langword="false"/>.</param>
    /// <returns><see langword="false"/> for everything that the contract answers with 400.</returns>
    /// <remarks>O(n) in the length of the body.</remarks>
    [HotPath]
    public bool TryRead(ReadOnlySpan<byte> body, out VerifyKeyRequest request)
    {
        request = default;
        Reset();
        var scanner = new JsonScanner(body);
        if (!TryReadMembers(ref scanner) || scanner.Read() != JsonToken.End)
        {
            return false;
        }

        request = new VerifyKeyRequest(body, _texts.Bytes, _tags.AsSpan(0, _tagCount))
        {
            Key = _texts.Text(body, _key),
            Permissions = _texts.Text(body, _permissions),
            HasCost = _hasCost,
            Cost = _cost,
            Limits = _limits.AsSpan(0, _limitCount),
            LimitNames = _names.AsSpan(0, _namesUsed),
            MigrationId = _texts.Text(body, _migrationId),
        };
        return true;
    }

    private static Member Identify(ReadOnlySpan<byte> name) => name.Length switch
    {
        3 when name.SequenceEqual("key"u8) => Member.Key,
        4 when name.SequenceEqual("name"u8) => Member.Name,
        4 when name.SequenceEqual("cost"u8) => Member.Cost,
        4 when name.SequenceEqual("tags"u8) => Member.Tags,
        5 when name.SequenceEqual("limit"u8) => Member.Limit,
        7 when name.SequenceEqual("credits"u8) => Member.Credits,
        8 when name.SequenceEqual("duration"u8) => Member.Duration,
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
        // ALLOC: once after a request that needed far more than any ordinary one.
        if (_names.Length > NamesBytesKept)
        {
            _names = new byte[NamesBytesKept];
        }

        if (_limits.Length > LimitsKept)
        {
            _limits = new VerifyKeyLimit[LimitsKept];
        }

        _texts.Reset();
        _namesUsed = 0;
        _limitCount = 0;
        _tagCount = 0;
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
                    goesOn = TryReadTags(ref scanner, out isValid);
                    break;
                case Member.Ratelimits:
                    goesOn = TryReadLimits(ref scanner, out isValid);
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

    private bool TryReadTags(ref JsonScanner scanner, out bool isValid)
    {
        _tagCount = 0;
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
            if (!_texts.TryTake(ref scanner, token, 1, TagLengthMax, out TextRange tag, out bool isTagValid))
            {
                return false;
            }

            areValid &= isTagValid && _tagCount < TagsMax;
            if (areValid)
            {
                _tags[_tagCount++] = tag;
            }
        }

        isValid = areValid;
        return true;
    }

    private bool TryReadLimits(ref JsonScanner scanner, out bool isValid)
    {
        _limitCount = 0;
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
            if (token == JsonToken.ObjectStart ? !TryReadLimit(ref scanner, out isItemValid) : !scanner.TrySkip(token))
            {
                return false;
            }

            areValid &= isItemValid;
        }

        isValid = areValid;
        return true;
    }

    private bool TryReadLimit(ref JsonScanner scanner, out bool isValid)
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
                Member.Name => TryReadText(ref scanner, LimitNameLengthMin, LimitNameLengthMax, out name, out isMemberValid),
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

        isValid = faults == 0 && (seen & Member.Name) != 0;
        if (isValid)
        {
            AddLimit(scanner.Text, name, cost, seen, limit, duration);
        }

        return true;
    }
}
