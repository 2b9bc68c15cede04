using System;

namespace Unkey.Protocol;

/// <summary>Reads the body of a v1 verifyKey request. One per reactor; not thread-safe. Never blocks or throws on what a client sends.</summary>
/// <remarks>As <see cref="VerifyKeyRequestReader"/>, but for the members: they are those of the contract, v1, section 2, and unknown ones are read
/// over. A key has no longest length, because v1 names none. Limits have a largest number, because anybody may send them.</remarks>
public sealed class V1VerifyKeyRequestReader
{
    /// <summary>Most limits of one request.</summary>
    public const int LimitsMax = 100;

    // Longer than any body; twelve bytes, the longest form of a code point, times this is still an int.
    private const int AnyLength = int.MaxValue / 12;

    private const int TagLengthMax = 128;
    private const int TagsMax = 10;

    private readonly TextScratch _texts = new();
    private readonly TagList _tags;
    private readonly VerifyKeyLimitList _limits;
    private readonly V1PermissionQuery _permissions = new();
    private TextRange _key;
    private TextRange _apiId;
    private long? _cost;
    private long? _appliedCost;

    /// <summary>Makes a reader with memory for ordinary requests.</summary>
    public V1VerifyKeyRequestReader()
    {
        _tags = new TagList(_texts, TagsMax, TagLengthMax);
        _limits = new VerifyKeyLimitList(_texts, nameLengthMin: 1, AnyLength, LimitsMax);
    }

    /// <summary>The members of a request; the values are bits, so that what was seen and what is wrong are one word each.</summary>
    [Flags]
    private enum Member
    {
        Unknown = 0,
        Key = 1,
        ApiId = 2,
        Tags = 4,
        Authorization = 8,
        Remaining = 16,
        Ratelimit = 32,
        Ratelimits = 64,
        Cost = 128,
        Permissions = 256,
    }

    /// <summary>Clears what was decoded of the last request; what it gave is not valid any more.</summary>
    [HotPath]
    public void Forget() => _texts.Reset();

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

        request = new VerifyKeyRequest
        {
            Body = body,
            Scratch = _texts.Bytes,
            Tags = _tags.Tags,
            Key = _texts.Text(body, _key),
            ApiId = _texts.Text(body, _apiId),
            Permissions = _permissions.Bytes,
            HasCost = _cost.HasValue,
            Cost = _cost.GetValueOrDefault(),
            AppliedCost = _appliedCost,
            Limits = _limits.Limits,
            LimitNames = _limits.Names,
        };
        return true;
    }

    private static Member Identify(ReadOnlySpan<byte> name) => name.Length switch
    {
        3 when name.SequenceEqual("key"u8) => Member.Key,
        4 when name.SequenceEqual("tags"u8) => Member.Tags,
        4 when name.SequenceEqual("cost"u8) => Member.Cost,
        5 when name.SequenceEqual("apiId"u8) => Member.ApiId,
        9 when name.SequenceEqual("remaining"u8) => Member.Remaining,
        9 when name.SequenceEqual("ratelimit"u8) => Member.Ratelimit,
        10 when name.SequenceEqual("ratelimits"u8) => Member.Ratelimits,
        11 when name.SequenceEqual("permissions"u8) => Member.Permissions,
        13 when name.SequenceEqual("authorization"u8) => Member.Authorization,
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
        _texts.Reset();
        _tags.Reset();
        _limits.Reset();
        _permissions.Reset();
        _key = default;
        _apiId = default;
        _cost = null;
        _appliedCost = null;
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
            bool isValid = true;
            bool goesOn = member switch
            {
                Member.Key => _texts.TryTake(ref scanner, scanner.Read(), 1, AnyLength, out _key, out isValid),
                Member.ApiId => _texts.TryTake(ref scanner, scanner.Read(), 0, AnyLength, out _apiId, out isValid),
                Member.Tags => _tags.TryRead(ref scanner, out isValid),
                Member.Authorization => TryReadAuthorization(ref scanner, out isValid),
                Member.Remaining => TryReadCost(ref scanner, out _cost, out isValid),
                Member.Ratelimit => TryReadCost(ref scanner, out _appliedCost, out isValid),
                Member.Ratelimits => _limits.TryRead(ref scanner, out isValid),
                _ => scanner.TrySkip(scanner.Read()),
            };
            if (!goesOn)
            {
                return false;
            }

            seen |= member;
            faults = isValid ? faults & ~member : faults | member;
        }
    }

    private bool TryReadAuthorization(ref JsonScanner scanner, out bool isValid)
    {
        _permissions.Reset();
        isValid = false;
        JsonToken token = scanner.Read();
        if (token != JsonToken.ObjectStart)
        {
            return scanner.TrySkip(token);
        }

        bool arePermissionsValid = true;

        // BOUND: each turn consumes a member; the body is finite.
        while ((token = scanner.Read()) == JsonToken.Name)
        {
            if (ReadMember(scanner) == Member.Permissions
                ? !_permissions.TryRead(ref scanner, out arePermissionsValid)
                : !scanner.TrySkip(scanner.Read()))
            {
                return false;
            }
        }

        isValid = arePermissionsValid;
        return token == JsonToken.ObjectEnd;
    }

    private static bool TryReadCost(ref JsonScanner scanner, out long? cost, out bool isValid)
    {
        cost = null;
        isValid = false;
        JsonToken token = scanner.Read();
        if (token != JsonToken.ObjectStart)
        {
            return scanner.TrySkip(token);
        }

        bool isCostValid = true;

        // BOUND: each turn consumes a member; the body is finite.
        while ((token = scanner.Read()) == JsonToken.Name)
        {
            if (ReadMember(scanner) != Member.Cost)
            {
                if (!scanner.TrySkip(scanner.Read()))
                {
                    return false;
                }

                continue;
            }

            if (!JsonMember.TryReadInteger(ref scanner, 0, long.MaxValue, out long value, out isCostValid))
            {
                return false;
            }

            cost = value;
        }

        isValid = isCostValid;
        return token == JsonToken.ObjectEnd;
    }
}
