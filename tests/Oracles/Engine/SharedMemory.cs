using System;
using System.Runtime.InteropServices;
using Unkey.Tests.Support;

namespace Unkey.Tests.Oracles;

/// <summary>What a mapped file is to a ring: zeroed memory behind a handle, here with a look at its bytes, and on Linux with a page behind it that
/// cannot be read.</summary>
internal sealed unsafe class SharedMemory : SafeBuffer
{
    private readonly GuardedBytes? _guarded;

    public SharedMemory(long bytes)
        : base(ownsHandle: true)
    {
        _guarded = GuardedBytes.IsSupported ? new GuardedBytes(checked((int)bytes)) : null;
        SetHandle(_guarded is null ? (nint)NativeMemory.AllocZeroed((nuint)bytes) : _guarded.Address);
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
        if (_guarded is null)
        {
            NativeMemory.Free((void*)handle);
        }
        else
        {
            ((IDisposable)_guarded).Dispose();
        }

        return true;
    }
}
