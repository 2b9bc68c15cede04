using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Unkey.Server.Transport.Interop;

/// <summary>The array that <c>epoll_wait</c> fills, with the layout the kernel uses on this architecture.</summary>
/// <remarks>
/// <c>struct epoll_event { uint32_t events; uint64_t data; }</c> is packed to 12 bytes on x86 and naturally aligned
/// (16 bytes, data at 8) everywhere else. Owned and used by one reactor thread.
/// </remarks>
internal sealed unsafe class EpollEvents : System.IDisposable
{
    private static readonly int s_dataOffset =
        RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86 ? 4 : 8;

    private static readonly int s_size = s_dataOffset + 8;

    private byte* _events;

    /// <summary>Creates room for <paramref name="capacity"/> events.</summary>
    internal EpollEvents(int capacity)
    {
        Capacity = capacity;
        _events = (byte*)NativeMemory.AllocZeroed((nuint)(capacity * s_size));
    }

    /// <summary>How many events one wait can return.</summary>
    internal int Capacity { get; }

    /// <summary>The start of the array, for <c>epoll_wait</c>.</summary>
    internal byte* Pointer => _events;

    /// <summary>Reads event <paramref name="index"/>, which must be below the count the last wait returned.</summary>
    [HotPath]
    internal void Get(int index, out uint events, out ulong data)
    {
        // SAFETY: the caller's index is below the kernel's count, which is at most Capacity.
        byte* e = _events + (index * s_size);
        events = Unsafe.ReadUnaligned<uint>(e);
        data = Unsafe.ReadUnaligned<ulong>(e + s_dataOffset);
    }

    /// <summary>Adds, modifies or deletes the interest in <paramref name="fd"/>; returns 0 or -1 like the system call.</summary>
    internal static int Control(int epfd, int operation, int fd, uint events, ulong data)
    {
        byte* e = stackalloc byte[16];
        // SAFETY: 16 bytes hold either layout.
        Unsafe.WriteUnaligned(e, events);
        Unsafe.WriteUnaligned(e + s_dataOffset, data);
        return Linux.epoll_ctl(epfd, operation, fd, e);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(_events);
        _events = null;
    }
}
