using System;
using System.IO;

namespace Unkey.Server.Storage;

/// <summary>Reads from places in a file. Stateless, any thread, also several on one file.</summary>
internal static class FileReading
{
    /// <summary>Reads until the memory is full or the file ends; the system may give less than it is asked for.</summary>
    /// <param name="file">Open for reading; its position stays.</param>
    /// <param name="bytes">Receives the bytes.</param>
    /// <param name="offset">Where to begin in the file, 0 or more.</param>
    /// <returns>How many bytes there were.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static int ReadFully(FileStream file, Span<byte> bytes, long offset)
    {
        int total = 0;

        // BOUND: each turn reads a byte or more.
        while (total < bytes.Length)
        {
            int count = RandomAccess.Read(file.SafeFileHandle, bytes[total..], offset + total);
            if (count == 0)
            {
                break;
            }

            total += count;
        }

        return total;
    }
}
