using System;
using Unkey.Engine.Keys;

namespace Unkey.Engine;

/// <summary>
/// Everything a verification is decided on besides the tables. Lives on the caller's stack; spans must stay valid during the call, and the
/// names of requested limits as long as the result is read.
/// </summary>
public ref struct VerifyInput
{
    /// <summary>Who asks; decides whether <see cref="Caller"/> has a meaning.</summary>
    public VerifyAccess Access { get; set; }

    /// <summary>The authenticated root key: known, enabled, not expired, managing an enabled workspace. Checked by the caller.</summary>
    public KeyRecord Caller { get; set; }

    /// <summary>SHA-256 of the key to verify.</summary>
    public KeyDigest Key { get; set; }

    /// <summary>Where the lookup of <see cref="Key"/> begins, when it was begun; 0 when not.</summary>
    internal ulong Tag { get; private set; }

    /// <summary>True when the key's own checksum says that it was never issued: it is not looked up. See <see cref="KeyChecksum"/>.</summary>
    public bool IsBroken { get; set; }

    /// <summary>Id of the API that the key must belong to, UTF-8; empty for any.</summary>
    public ReadOnlySpan<byte> ApiId { get; set; }

    /// <summary>Permission query, see <see cref="Permissions.PermissionQuery"/>; empty when not given (the wire refuses an empty one).</summary>
    public ReadOnlySpan<byte> Permissions { get; set; }

    /// <summary>Credits to take from a key that has any, 0 or more; -1 when not given, which is 1.</summary>
    public long Cost { get; set; }

    /// <summary>Tokens that limits which apply by themselves take, 0 or more; null when not given, which is 1.</summary>
    public long? AppliedCost { get; set; }

    /// <summary>Requested limits in the order of the request; a later entry replaces an earlier one of the same name.</summary>
    public ReadOnlySpan<LimitRequest> Limits { get; set; }

    /// <summary>Names of the requested limits in UTF-8, see <see cref="LimitRequest.NameOffset"/>.</summary>
    public ReadOnlySpan<byte> LimitNames { get; set; }

    /// <summary>Address of the API caller as text, compared byte by byte with the allow-list; empty when unknown.</summary>
    public ReadOnlySpan<byte> CallerIp { get; set; }

    /// <summary>Unix milliseconds, from a clock that does not run backwards.</summary>
    public long NowMs { get; set; }

    /// <summary>Sets what is looked for to a key as its owner sent it.</summary>
    /// <param name="key">The whole key, UTF-8.</param>
    [HotPath]
    public void SetKey(ReadOnlySpan<byte> key)
    {
        IsBroken = KeyChecksum.IsBroken(key);
        if (!IsBroken)
        {
            Key = KeyDigest.Of(key);
            Tag = 0;
        }
    }

    /// <summary>As <see cref="SetKey(ReadOnlySpan{byte})"/>, and begins the lookup, so that its cache line is on its way while something else is done.</summary>
    /// <param name="key">The whole key, UTF-8.</param>
    /// <param name="table">Where the key is going to be looked up.</param>
    [HotPath]
    public void SetKey(ReadOnlySpan<byte> key, KeyTable table)
    {
        IsBroken = KeyChecksum.IsBroken(key);
        if (!IsBroken)
        {
            table.Begin(KeyDigest.Of(key), out KeyLookAhead begun);
            Key = begun.Digest;
            Tag = begun.Tag;
        }
    }

    /// <summary>As <see cref="SetKey(ReadOnlySpan{byte})"/>, for a key whose lookup was begun before.</summary>
    /// <param name="key">The whole key, UTF-8.</param>
    /// <param name="begun">Its lookup in the table where it is going to be looked up.</param>
    [HotPath]
    public void SetKey(ReadOnlySpan<byte> key, in KeyLookAhead begun)
    {
        IsBroken = KeyChecksum.IsBroken(key);
        Key = begun.Digest;
        Tag = begun.Tag;
    }

    /// <summary>Name of a requested limit.</summary>
    /// <param name="index">Index into <see cref="Limits"/>.</param>
    /// <returns>UTF-8.</returns>
    public readonly ReadOnlySpan<byte> LimitName(int index) => LimitNames.Slice(Limits[index].NameOffset, Limits[index].NameLength);
}
