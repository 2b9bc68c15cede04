using System;
using System.Runtime.InteropServices;

namespace Unkey.Engine.Tests.Events;

/// <summary>What a mapped file is to a ring: zeroed memory behind a handle, here with a look at its bytes.</summary>
internal sealed unsafe class SharedMemory : SafeBuffer
{
    public SharedMemory(long bytes)
        : base(ownsHandle: true)
    {
        SetHandle((nint)NativeMemory.AllocZeroed((nuint)bytes));
        Initialize((ulong)bytes);
    }

    public Span<byte> Bytes => new((void*)handle, (int)ByteLength);

    /// <summary>The bytes as they are now, as the next process would find them.</summary>
    public SharedMemory Copy()
    {
        SharedMemory copy = new((long)ByteLength);
        Bytes.CopyTo(copy.Bytes);
        return copy;
    }

    protected override bool ReleaseHandle()
    {
        NativeMemory.Free((void*)handle);
        return true;
    }
}
