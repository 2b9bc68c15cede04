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
public sealed class VerifyKeyRequestReader
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
    private readonly TagList _tags;
    private readonly VerifyKeyLimitList _limits;
    private TextRange _key;
    private TextRange _permissions;
    private TextRange _migrationId;
    private bool _hasCost;
    private long _cost;

    /// <summary>Makes a reader with memory for ordinary requests.</summary>
    public VerifyKeyRequestReader()
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
        return true;
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
        _texts.Reset();
        _tags.Reset();
        _limits.Reset();
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
