using System;

namespace Unkey.Protocol;

/// <summary>A valid verifyKey request of either version of the API, as views of its body and of the scratch memory of its reader. Valid until the next call
/// of the reader or until the body is given back, whichever is first.</summary>
public readonly ref struct VerifyKeyRequest
{
    private readonly ReadOnlySpan<byte> _body;
    private readonly ReadOnlySpan<byte> _scratch;
    private readonly ReadOnlySpan<TextRange> _tags;

    internal VerifyKeyRequest(ReadOnlySpan<byte> body, ReadOnlySpan<byte> scratch, ReadOnlySpan<TextRange> tags)
    {
        _body = body;
        _scratch = scratch;
        _tags = tags;
    }

    /// <summary>The presented key, verbatim: in v2 1 to 512 code points of UTF-8, in v1 one or more. A secret.</summary>
    public ReadOnlySpan<byte> Key { get; internal init; }

    /// <summary>Id of the API that the key must belong to; empty when absent. Only in v1.</summary>
    public ReadOnlySpan<byte> ApiId { get; internal init; }

    /// <summary>The permission query: in v2 1 to 1000 code points of UTF-8, in v1 a translated one (<see cref="V1PermissionQuery"/>); empty when absent.</summary>
    public ReadOnlySpan<byte> Permissions { get; internal init; }

    /// <summary>Whether the request says what it costs.</summary>
    public bool HasCost { get; internal init; }

    /// <summary>Credits to take, 0 or more (in v2 up to 10^12); 0 when absent, where the default is 1.</summary>
    public long Cost { get; internal init; }

    /// <summary>Tokens that limits take which apply by themselves, 0 or more; null when absent, where the default is 1. Only in v1.</summary>
    public long? AppliedCost { get; internal init; }

    /// <summary>The limits to check, in the order of the request, repeated names included.</summary>
    public ReadOnlySpan<VerifyKeyLimit> Limits { get; internal init; }

    /// <summary>The names of all limits, one behind the other; see <see cref="VerifyKeyLimit.NameOffset"/>.</summary>
    public ReadOnlySpan<byte> LimitNames { get; internal init; }

    /// <summary>Number of tags, 0 to 20 (in v1 to 10).</summary>
    public int TagCount => _tags.Length;

    /// <summary>The id of a migration, at most 256 code points; empty when absent.</summary>
    public ReadOnlySpan<byte> MigrationId { get; internal init; }

    /// <summary>The name of a limit.</summary>
    /// <param name="index">0 to the number of limits - 1.</param>
    /// <returns>UTF-8, escapes resolved.</returns>
    public ReadOnlySpan<byte> LimitName(int index) => LimitNames.Slice(Limits[index].NameOffset, Limits[index].NameLength);

    /// <summary>A tag.</summary>
    /// <param name="index">0 to <see cref="TagCount"/> - 1.</param>
    /// <returns>UTF-8, escapes resolved, 1 to 512 code points (in v1 to 128).</returns>
    public ReadOnlySpan<byte> Tag(int index)
    {
        TextRange tag = _tags[index];
        return (tag.InScratch ? _scratch : _body).Slice(tag.Offset, tag.Length);
    }
}
