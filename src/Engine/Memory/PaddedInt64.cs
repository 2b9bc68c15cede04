using System.Runtime.InteropServices;

namespace Unkey.Engine.Memory;

/// <summary>A 64-bit field with 128 bytes to each neighbour: a cache line and the line the prefetcher fetches with it.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct PaddedInt64
{
    /// <summary>The value; touched only through <c>Volatile</c> and <c>Interlocked</c> by those who share it.</summary>
    [FieldOffset(128)]
    public long Value;
}
