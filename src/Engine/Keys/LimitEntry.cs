using System.Runtime.InteropServices;

namespace Unkey.Engine.Keys;

/// <summary>One configured limit inside a key or identity record; immutable once published.</summary>
/// <remarks>
/// <code>
///  0  BucketKeyLow   8   low half of the 128-bit bucket identity
///  8  BucketKeyHigh  8
/// 16  Limit          8
/// 24  DurationMs     8
/// 32  NameHash       8   TextHash of the name
/// 40  NameOffset     4   offsets count bytes from this entry to the text
/// 44  IdOffset       4
/// 48  DefinitionOffset 4
/// 52  IdLength       4
/// 56  DefinitionLength 4
/// 60  NameLength     2
/// 62  AutoApply      1
/// 63  (zero)         1
/// </code>
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct LimitEntry
{
    [FieldOffset(0)]
    public ulong BucketKeyLow;

    [FieldOffset(8)]
    public ulong BucketKeyHigh;

    [FieldOffset(16)]
    public long Limit;

    [FieldOffset(24)]
    public long DurationMs;

    [FieldOffset(32)]
    public ulong NameHash;

    [FieldOffset(40)]
    public uint NameOffset;

    [FieldOffset(44)]
    public uint IdOffset;

    [FieldOffset(48)]
    public uint DefinitionOffset;

    [FieldOffset(52)]
    public int IdLength;

    [FieldOffset(56)]
    public int DefinitionLength;

    [FieldOffset(60)]
    public ushort NameLength;

    [FieldOffset(62)]
    public byte AutoApply;
}
