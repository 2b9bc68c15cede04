using System;
using System.Runtime.InteropServices;

namespace Unkey.Server.Storage.Snapshots;

/// <summary>What the file system says of a file; equal only as long as nobody has written to it or put another in its place. A value.</summary>
/// <remarks>The change time is among it, which no program can set. Its steps are a few milliseconds, so a state tells of later changes only
/// once <see cref="Age"/> is greater than that.</remarks>
/// <param name="Bytes">Length.</param>
/// <param name="Inode">Number of the file in its file system.</param>
/// <param name="ModifiedNs">Last change of the content, nanoseconds since 1970.</param>
/// <param name="ChangedNs">Last change of content, name, owner or mode, nanoseconds since 1970.</param>
internal readonly partial record struct FileState(long Bytes, long Inode, long ModifiedNs, long ChangedNs)
{
    private const int AT_FDCWD = -100;
    private const uint STATX_BASIC_STATS = 0x7FF;
    private const long NsPerSecond = 1_000_000_000;
    private const long NsPerTick = 100;

    /// <summary>Time since the last change, by this machine's clock.</summary>
    public TimeSpan Age => TimeSpan.FromTicks((DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks - (Math.Max(ModifiedNs, ChangedNs) / NsPerTick));

    /// <summary>Whether the times are those of a file system that counts whole seconds, in which two changes look like one.</summary>
    public bool IsCoarse => ModifiedNs % NsPerSecond == 0 && ChangedNs % NsPerSecond == 0;

    /// <summary>Reads the state.</summary>
    /// <param name="path">The file.</param>
    /// <returns><see langword="null"/> when there is no such file, it cannot be looked at, or this system does not tell.</returns>
    public static FileState? Read(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        try
        {
            return statx(AT_FDCWD, path, 0, STATX_BASIC_STATS, out StatX found) == 0 && (found.Mask & STATX_BASIC_STATS) == STATX_BASIC_STATS
                ? new FileState((long)found.Size, (long)found.Inode, found.Modified.Ns, found.Changed.Ns)
                : null;
        }
        catch (EntryPointNotFoundException)
        {
            // musl before 1.2.5.
            return null;
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int directory, string path, int flags, uint mask, out StatX result);

    [StructLayout(LayoutKind.Sequential)]
    private struct StatXTime
    {
        public long Seconds;
        public uint Nanoseconds;
        private readonly int _reserved;

        public readonly long Ns => (Seconds * NsPerSecond) + Nanoseconds;
    }

    // The same on every architecture, which is why it is used and not stat.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct StatX
    {
        [FieldOffset(0)]
        public uint Mask;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(40)]
        public ulong Size;

        [FieldOffset(96)]
        public StatXTime Changed;

        [FieldOffset(112)]
        public StatXTime Modified;
    }
}
