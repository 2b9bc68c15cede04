using System.Runtime.InteropServices;

namespace Unkey.Engine.Keys;

/// <summary>The fixed part of an identity record; immutable once published.</summary>
/// <remarks>
/// <code>
///  0  ByteCount         4   of the whole record
///  4  FragmentLength    4   the fragment ends at ByteCount
///  8  IdLength          2
/// 10  ExternalIdLength  2
/// 12  LimitCount        2
/// 14  (zero)            2
/// 16  limit entries    64 each
///     id, external id, limit texts, fragment
/// </code>
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct IdentityRecordHeader
{
    [FieldOffset(0)]
    public int ByteCount;

    [FieldOffset(4)]
    public int FragmentLength;

    [FieldOffset(8)]
    public ushort IdLength;

    [FieldOffset(10)]
    public ushort ExternalIdLength;

    [FieldOffset(12)]
    public ushort LimitCount;
}
