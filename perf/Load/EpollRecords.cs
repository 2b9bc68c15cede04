using System;
using System.Runtime.InteropServices;

namespace Unkey.Load;

/// <summary>A native array of <c>struct epoll_event</c>, whose layout is packed on x86-64 (12 bytes) and natural elsewhere (16).</summary>
internal sealed unsafe class EpollRecords(int capacity) : IDisposable
{
    private static readonly int s_size = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private readonly byte* _records = (byte*)NativeMemory.AllocZeroed((nuint)capacity, 16);

    internal int Capacity => capacity;

    internal byte* Pointer => _records;

    internal uint Events(int index) => *(uint*)(_records + (index * s_size));

    internal int Data(int index) => *(int*)(_records + (index * s_size) + s_size - 8);

    /// <summary>Writes one record at <paramref name="index"/> and returns its address, for <c>epoll_ctl</c>.</summary>
    internal byte* Set(int index, uint events, int data)
    {
        byte* record = _records + (index * s_size);
        *(uint*)record = events;
        *(long*)(record + s_size - 8) = data;
        return record;
    }

    public void Dispose() => NativeMemory.Free(_records);
}
