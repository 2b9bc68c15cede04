using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace Unkey.Engine.Memory;

/// <summary>Maps large ranges aligned to huge pages and asks the kernel to back them with such. Best effort: a refusal costs speed, never correctness.</summary>
internal static unsafe partial class HugePages
{
    // Of Linux, the same on x86-64 and arm64.
    private const int MADV_HUGEPAGE = 14;
    private const int PROT_READ = 1;
    private const int PROT_WRITE = 2;
    private const int MAP_PRIVATE = 2;
    private const int MAP_ANONYMOUS = 0x20;

    private static bool s_unavailable = !OperatingSystem.IsLinux();

    /// <summary>Maps zeroed memory that starts at a multiple of <see cref="NativeBlock.HugePageBytes"/>; no page of it exists before it is touched.</summary>
    /// <param name="byteCount">Size in bytes; at least a huge page.</param>
    /// <returns>The first byte, for <see cref="Unmap"/>; null when this system maps nothing so, or has no such range.</returns>
    /// <remarks>Any thread; never throws.</remarks>
    public static byte* Map(nuint byteCount)
    {
        // ORDER: plain flag behind Volatile only to keep the compiler from caching it; losing the race costs one more failed call.
        if (Volatile.Read(ref s_unavailable) || byteCount > nuint.MaxValue / 4)
        {
            return null;
        }

        try
        {
            // As much more as any place can lack to the next multiple; what is not used of it is given back at once.
            nuint size = WholePages(byteCount);
            nuint reserved = size + NativeBlock.HugePageBytes;
            byte* start = mmap(null, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if (start == (byte*)-1)
            {
                return null;
            }

            nuint lead = (nuint)(-(nint)start) & (NativeBlock.HugePageBytes - 1);
            if (lead != 0)
            {
                _ = munmap(start, lead);
            }

            if (reserved - lead != size)
            {
                _ = munmap(start + lead + size, reserved - lead - size);
            }

            // EINVAL means a kernel without transparent huge pages: base pages then serve.
            _ = madvise(start + lead, size, MADV_HUGEPAGE);
            return start + lead;
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            // A fully static binary that does not link these symbols directly has nothing to load them from.
            // ORDER: pairs with the read above; see there.
            Volatile.Write(ref s_unavailable, true);
            return null;
        }
    }

    /// <summary>Gives a range of <see cref="Map"/> back. Nothing may read it any more.</summary>
    public static void Unmap(byte* pointer, nuint byteCount) => _ = munmap(pointer, WholePages(byteCount));

    private static nuint WholePages(nuint byteCount) => (byteCount + (NativeBlock.HugePageBytes - 1)) & ~(NativeBlock.HugePageBytes - 1);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int madvise(void* address, nuint byteCount, int advice);

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial byte* mmap(void* address, nuint byteCount, int protection, int flags, int descriptor, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int munmap(void* address, nuint byteCount);
}
