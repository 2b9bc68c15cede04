using System.Runtime.Intrinsics.X86;

namespace Unkey.Engine.Memory;

/// <summary>Hints to the data cache.</summary>
internal static unsafe class CacheLine
{
    /// <summary>Bytes of a line on the CPUs that are served.</summary>
    public const int Bytes = 64;

    /// <summary>Asks for the line of an address, on CPUs with such an instruction; never faults, whatever the address.</summary>
    [HotPath]
    public static void Prefetch(void* address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(address);
        }
    }
}
