using System.Runtime.InteropServices;

namespace Unkey.Engine.Events;

/// <summary>The first page of a ring's memory. Written once, but for the two positions and the count, which have cache lines of their own.</summary>
/// <remarks>
/// <code>
///    0  Magic      8    "unkyring"
///    8  Version    4
///   12  (zero)     4
///   16  Capacity   8    bytes of data that follow the page; a power of two
///   24  IdLow      8    random; tells the ring's lives apart
///   32  IdHigh     8
///  128  Tail       8    producer: position after the last published record
///  136  Dropped    8    producer: events that found no room
///  256  Head       8    consumer: position before which nothing is needed any more
/// 4096  data
/// </code>
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = SizeBytes)]
internal struct EventRingHeader
{
    public const int SizeBytes = 4096;
    public const ulong ExpectedMagic = 0x676E_6972_796B_6E75; // "unkyring"
    public const uint ExpectedVersion = 1;

    [FieldOffset(0)]
    public ulong Magic;

    [FieldOffset(8)]
    public uint Version;

    [FieldOffset(16)]
    public long Capacity;

    [FieldOffset(24)]
    public ulong IdLow;

    [FieldOffset(32)]
    public ulong IdHigh;

    [FieldOffset(128)]
    public long Tail;

    [FieldOffset(136)]
    public long Dropped;

    [FieldOffset(256)]
    public long Head;
}
