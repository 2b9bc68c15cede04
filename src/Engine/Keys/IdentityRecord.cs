using System;

namespace Unkey.Engine.Keys;

/// <summary>One identity as verification sees it: a view of an immutable native record.</summary>
/// <remarks>
/// Valid until the holder's next quiescent point, or under the writer lock until the holder writes. <see langword="default"/> is "no identity"
/// (<see cref="IsNull"/>) and has no other readable member. Two reads of <see cref="KeyRecord.Identity"/> may differ when the writer is between
/// them, so a verification reads it once. Any thread; no allocation; never throws.
/// </remarks>
public readonly unsafe struct IdentityRecord
{
    private readonly IdentityRecordHeader* _header;

    internal IdentityRecord(IdentityRecordHeader* header) => _header = header;

    /// <summary>Whether this is no identity at all.</summary>
    public bool IsNull => _header is null;

    /// <summary>Identity id in UTF-8.</summary>
    public ReadOnlySpan<byte> Id => new(Texts, _header->IdLength);

    /// <summary>The customer's own id of the identity in UTF-8.</summary>
    public ReadOnlySpan<byte> ExternalId => new(Texts + _header->IdLength, _header->ExternalIdLength);

    /// <summary>UTF-8 JSON of the constant part of the answer's <c>identity</c> member.</summary>
    public ReadOnlySpan<byte> Fragment => new((byte*)_header + _header->ByteCount - _header->FragmentLength, _header->FragmentLength);

    /// <summary>Limits of the identity.</summary>
    public int LimitCount => _header->LimitCount;

    private LimitEntry* Limits => (LimitEntry*)(_header + 1);

    private byte* Texts => (byte*)(Limits + _header->LimitCount);

    /// <summary>One of the identity's limits.</summary>
    /// <param name="index">0 to <see cref="LimitCount"/> - 1; another value gives no limit.</param>
    [HotPath]
    public LimitView Limit(int index) => (uint)index < _header->LimitCount ? new LimitView(Limits + index) : default;
}
