using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace Unkey.Engine.Limits;

/// <summary>
/// A place for one bucket, off the managed heap. All zero is a place that was never used. How its fields may be touched:
/// <see cref="BucketTable"/>, remarks.
/// </summary>
/// <remarks>
/// <code>
///  0         8          16         24         32
/// +---------+----------+----------+----------+
/// | key low | key high |   word   |  spare   |   word: bit 63 lock, bits 0..62 see BucketTime
/// +---------+----------+----------+----------+
/// </code>
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = SizeBytes)]
internal struct BucketSlot
{
    internal const int SizeBytes = 32;

    internal const ulong LockBit = 1UL << 63;

    [FieldOffset(0)]
    internal ulong KeyLow;

    [FieldOffset(8)]
    internal ulong KeyHigh;

    [FieldOffset(16)]
    internal ulong Word;

    /// <summary>The second word of an algorithm that has one. Written only while the lock bit is held, by whoever then releases a greater word.</summary>
    [FieldOffset(24)]
    internal ulong Spare;

    /// <summary>The key of a slot that nobody else can be changing.</summary>
    internal readonly UInt128 Key => new(KeyHigh, KeyLow);

    /// <summary>Whether the slot shows this key at this moment.</summary>
    internal bool HasKey(UInt128 key) =>
        // ORDER: acquire, so that whatever the caller reads next is not older than the key. Pairs with the release of the word in ClaimIn.
        Volatile.Read(ref KeyLow) == (ulong)key && Volatile.Read(ref KeyHigh) == (ulong)(key >> 64);
}
