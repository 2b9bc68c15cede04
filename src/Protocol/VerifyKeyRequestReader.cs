using System;

namespace Unkey.Protocol;

/// <summary>Reads the body of a verifyKey request. One per reactor; not thread-safe. Never blocks or throws on what a client
/// sends.</summary>
/// <remarks>
/// <para>It accepts exactly the requests that the contract (verifyKey, section 1) accepts and says nothing about the others:
/// the schema validator of the control plane reads those again and explains them.</para>
/// <para>Bodies that were read are remembered without their keys, one for each of a few lengths: a client sends the same permissions, tags and
/// limits with every key, and comparing 125 bytes costs a tenth of reading them as JSON.</para>
/// </remarks>
public sealed class VerifyKeyRequestReader
{
    /// <summary>Bodies that are remembered, by the low bits of their lengths; a power of two.</summary>
    internal const int RememberedMax = 8;

    private readonly VerifyKeyMembers?[] _members = new VerifyKeyMembers?[RememberedMax];
    private VerifyKeyMembers? _last;

    /// <summary>Clears what was decoded of the last request; what it gave is not valid any more.</summary>
    [HotPath]
    public void Forget() => _last?.Forget();

    /// <summary>Reads a body.</summary>
    /// <param name="body">The whole body.</param>
    /// <param name="request">The request; <see langword="default"/> when the result is <see langword="false"/>.</param>
    /// <returns><see langword="false"/> for everything that the contract answers with 400.</returns>
    /// <remarks>O(n) in the length of the body.</remarks>
    [HotPath]
    public bool TryRead(ReadOnlySpan<byte> body, out VerifyKeyRequest request)
    {
        request = default;
        VerifyKeyMembers members = MembersFor(body.Length);
        _last?.Forget();
        _last = members;
        if (!members.IsAlike(body) && !members.TryRead(body))
        {
            return false;
        }

        members.Give(body, ref request);
        return true;
    }

    private VerifyKeyMembers MembersFor(int length)
    {
        ref VerifyKeyMembers? place = ref _members[length & (RememberedMax - 1)];
        return place ??= new VerifyKeyMembers(); // ALLOC: once for each place.
    }
}
