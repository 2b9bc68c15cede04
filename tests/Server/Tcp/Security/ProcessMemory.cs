using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Unkey.Server.Tests.Tcp.Security;

/// <summary>The writable memory of another process, as its kernel shows it to root.</summary>
[SupportedOSPlatform("linux")]
internal static class ProcessMemory
{
    private const int BlockBytes = 1 << 20;

    /// <summary>Which of some byte strings lie anywhere in the memory of a process.</summary>
    /// <exception cref="UnauthorizedAccessException">The process may not be looked into.</exception>
    internal static HashSet<int> Find(int processId, IReadOnlyList<byte[]> wanted)
    {
        HashSet<int> found = [];
        using SafeFileHandle memory = File.OpenHandle($"/proc/{processId}/mem");
        byte[] block = new byte[BlockBytes + 512];
        foreach (string line in File.ReadLines($"/proc/{processId}/maps"))
        {
            string[] parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            string[] range = parts[0].Split('-');
            long end = long.Parse(range[1], NumberStyles.HexNumber);
            if (!parts[1].StartsWith("rw", StringComparison.Ordinal))
            {
                continue;
            }

            // Blocks overlap, so that nothing is missed on an edge.
            for (long at = long.Parse(range[0], NumberStyles.HexNumber); at < end; at += BlockBytes)
            {
                int read = Read(memory, block.AsSpan(0, (int)Math.Min(block.Length, end - at)), at);
                for (int i = 0; i < wanted.Count; i++)
                {
                    if (block.AsSpan(0, read).IndexOf(wanted[i]) >= 0)
                    {
                        found.Add(i);
                    }
                }
            }
        }

        return found;
    }

    private static int Read(SafeFileHandle memory, Span<byte> block, long at)
    {
        try
        {
            return RandomAccess.Read(memory, block, at);
        }
        catch (IOException)
        {
            return 0; // Unmapped meanwhile, or memory of a device.
        }
    }
}
