using System;
using System.IO;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Unkey.Engine.Events;
using Unkey.Server.Storage;

namespace Unkey.Server.Events;

/// <summary>A ring in a mapped file.</summary>
/// <remarks>The file's blocks are allocated when it is made: a store into a hole of a full disk would end the process.</remarks>
internal sealed partial class EventRingFile : IDisposable
{
    private const int MadvRandom = 1;

    private readonly FileStream _file;
    private readonly MemoryMappedViewAccessor _view;

    private EventRingFile(string path, FileStream file, MemoryMappedViewAccessor view, EventRing ring)
    {
        Path = path;
        _file = file;
        _view = view;
        Ring = ring;
    }

    /// <summary>Path of the file.</summary>
    public string Path { get; }

    /// <summary>The ring.</summary>
    public EventRing Ring { get; }

    /// <summary>Makes a ring; a file of this name is replaced.</summary>
    /// <exception cref="IOException">The disk is full, or the file cannot be written.</exception>
    public static EventRingFile Create(string path, long capacity)
    {
        long bytes = EventRing.MemoryBytes(capacity);
        FileStream file = OpenNew(path, bytes);
        try
        {
            file.SetLength(bytes);
            MemoryMappedViewAccessor view = Map(file, bytes);
            FaultPageByPage(view.SafeMemoryMappedViewHandle);
            return new EventRingFile(path, file, view, EventRing.Create(view.SafeMemoryMappedViewHandle, capacity));
        }
        catch (ArgumentOutOfRangeException exception)
        {
            file.Dispose();

            // What the framework makes of EFBIG: a limit of the process or of the file system.
            throw new IOException($"'{path}' cannot be made {bytes} bytes long: a file may not be that large here.", exception);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Opens what an earlier process left.</summary>
    /// <returns>The ring, or <see langword="null"/> when the file holds none.</returns>
    public static EventRingFile? Open(string path)
    {
        FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        if (file.Length > 0)
        {
            MemoryMappedViewAccessor view = Map(file, file.Length);
            if (EventRing.Open(view.SafeMemoryMappedViewHandle) is { } ring)
            {
                return new EventRingFile(path, file, view, ring);
            }

            view.Dispose();
        }

        file.Dispose();
        return null;
    }

    /// <summary>Brings what was published so far to the disk. Any thread.</summary>
    /// <exception cref="IOException">The disk could not take it.</exception>
    public void Flush() => DiskFlush.Data(_file.SafeFileHandle);

    /// <inheritdoc/>
    public void Dispose()
    {
        Ring.Dispose();
        _view.Dispose();
        _file.Dispose();
    }

    private static FileStream OpenNew(string path, long bytes)
    {
        try
        {
            return PrivateFile.Open(path, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite, bytes);
        }
        catch (IOException exception)
        {
            throw new IOException($"{exception.Message} Its blocks are taken at once, so that events have room when the disk is full; --event-ring-size makes it smaller.", exception);
        }
    }

    /// <summary>Keeps the kernel from reading ahead.</summary>
    /// <remarks>Nothing has been written yet, so all that it would do is fill megabytes with zeros while the thread that touched one page waits for it: the start, and later the reactor.</remarks>
    private static void FaultPageByPage(SafeMemoryMappedViewHandle view)
    {
        if (OperatingSystem.IsLinux())
        {
            // Advice: whatever comes of it, the ring works.
            _ = madvise(view, (nuint)view.ByteLength, MadvRandom);
        }
    }

    [LibraryImport("libc")]
    private static partial int madvise(SafeMemoryMappedViewHandle address, nuint length, int advice);

    private static MemoryMappedViewAccessor Map(FileStream file, long bytes)
    {
        using MemoryMappedFile mapped = MemoryMappedFile.CreateFromFile(
            file, null, bytes, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: true);
        return mapped.CreateViewAccessor(0, bytes);
    }
}
