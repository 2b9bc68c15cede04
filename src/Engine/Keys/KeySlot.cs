using System.Runtime.InteropServices;

namespace Unkey.Engine.Keys;

/// <summary>One slot of the key table; four fill a cache line, which is the unit of probing.</summary>
/// <remarks>
/// <code>
/// Tag      Record
/// 0        0        empty: no probe has ever passed this line
/// t        0        tombstone: removed, or about to be filled
/// t        address  the record whose digest hashes to t
/// </code>
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct KeySlot
{
    /// <summary>Slots in a cache line.</summary>
    public const int PerLine = 4;

    /// <summary>All 64 bits of the keyed hash, never 0 in a used slot; its top bits choose the line.</summary>
    [FieldOffset(0)]
    public ulong Tag;

    /// <summary>Address of the record, or 0.</summary>
    [FieldOffset(8)]
    public nint Record;
}
