using System;

namespace Unkey.Protocol;

/// <summary>A valid verifyKey request of either version of the API, as views of its body and of the scratch memory of its reader. Valid until the next call
/// of the reader or until the body is given back, whichever is first.</summary>
public ref struct VerifyKeyRequest
{
    /// <summary>The body that texts without escapes are views of.</summary>
    internal ReadOnlySpan<byte> Body { get; set; }

    /// <summary>Where the other texts are.</summary>
    internal ReadOnlySpan<byte> Scratch { get; set; }

    /// <summary>Where each tag is.</summary>
    internal ReadOnlySpan<TextRange> Tags { get; set; }

    /// <summary>The presented key, verbatim: in v2 1 to 512 code points of UTF-8, in v1 one or more. A secret.</summary>
    public ReadOnlySpan<byte> Key { readonly get; internal set; }

    /// <summary>Id of the API that the key must belong to; empty when absent. Only in v1.</summary>
    public ReadOnlySpan<byte> ApiId { readonly get; internal set; }

    /// <summary>The permission query: in v2 1 to 1000 code points of UTF-8, in v1 a translated one (<see cref="V1PermissionQuery"/>); empty when absent.</summary>
    public ReadOnlySpan<byte> Permissions { readonly get; internal set; }

    /// <summary>Whether the request says what it costs.</summary>
    public bool HasCost { readonly get; internal set; }

    /// <summary>Credits to take, 0 or more (in v2 up to 10^12); 0 when absent, where the default is 1.</summary>
    public long Cost { readonly get; internal set; }

    /// <summary>Tokens that limits take which apply by themselves, 0 or more; null when absent, where the default is 1. Only in v1.</summary>
    public long? AppliedCost { readonly get; internal set; }

    /// <summary>The limits to check, in the order of the request, repeated names included.</summary>
    public ReadOnlySpan<VerifyKeyLimit> Limits { readonly get; internal set; }

    /// <summary>The names of all limits, one behind the other; see <see cref="VerifyKeyLimit.NameOffset"/>.</summary>
    public ReadOnlySpan<byte> LimitNames { readonly get; internal set; }

    /// <summary>Number of tags, 0 to 20 (in v1 to 10).</summary>
    public readonly int TagCount => Tags.Length;

    /// <summary>The id of a migration, at most 256 code points; empty when absent.</summary>
    public ReadOnlySpan<byte> MigrationId { readonly get; internal set; }

    /// <summary>The name of a limit.</summary>
    /// <param name="index">0 to the number of limits - 1.</param>
    /// <returns>UTF-8, escapes resolved.</returns>
    public readonly ReadOnlySpan<byte> LimitName(int index) => LimitNames.Slice(Limits[index].NameOffset, Limits[index].NameLength);

    /// <summary>A tag.</summary>
    /// <param name="index">0 to <see cref="TagCount"/> - 1.</param>
    /// <returns>UTF-8, escapes resolved, 1 to 512 code points (in v1 to 128).</returns>
    public readonly ReadOnlySpan<byte> Tag(int index)
    {
        TextRange tag = Tags[index];
        return (tag.InScratch ? Scratch : Body).Slice(tag.Offset, tag.Length);
    }
}
