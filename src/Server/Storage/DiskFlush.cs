using System;
using System.IO;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Unkey.Server.Storage;

/// <summary>Waits until the disk has what was written. Any thread.</summary>
internal static partial class DiskFlush
{
    private const uint RangeWrite = 2; // SYNC_FILE_RANGE_WRITE of Linux.
    private const int ReadOnly = 0x80000; // O_RDONLY | O_CLOEXEC of Linux.

    /// <summary>Flushes the bytes of a file, those stored through a mapping included, and of its metadata only what finding them needs.</summary>
    /// <exception cref="IOException">The disk could not take them.</exception>
    public static void Data(SafeFileHandle file)
    {
        if (!OperatingSystem.IsLinux())
        {
            RandomAccess.FlushToDisk(file);
        }
        else if (fdatasync(file) != 0)
        {
            throw Fault("the file");
        }
    }

    /// <summary>Lets the disk begin with bytes of a file that will be flushed, so that the flush has less to do in one piece. Only a hint.</summary>
    public static void Begin(SafeFileHandle file, long offset, long bytes)
    {
        if (OperatingSystem.IsLinux())
        {
            _ = sync_file_range(file, offset, bytes, RangeWrite);
        }
    }

    /// <summary>Flushes the names in a directory, so that a file that was made or renamed in it is found after the machine has died.</summary>
    /// <param name="path">The directory.</param>
    /// <exception cref="IOException">The disk could not take them.</exception>
    public static void Names(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        int descriptor = open(path, ReadOnly);
        if (descriptor < 0)
        {
            throw Fault(path);
        }

        using SafeFileHandle directory = new(descriptor, ownsHandle: true);
        if (fsync(directory) != 0)
        {
            throw Fault(path);
        }
    }

    private static IOException Fault(string what) => new($"{what} cannot be flushed: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fdatasync(SafeFileHandle file);

    [LibraryImport("libc")]
    private static partial int sync_file_range(SafeFileHandle file, long offset, long bytes, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);
}
