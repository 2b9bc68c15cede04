using System;
using System.Buffers.Binary;
using System.IO;
using Unkey.Engine.Limits;
using Unkey.Server.Storage.Sqlite;

namespace Unkey.Server.Storage.Buckets;

/// <summary>The file that keeps rate-limit buckets over a restart: a <see cref="BucketFileHeader"/> and the pages of the table at fixed offsets.</summary>
/// <remarks>
/// A file without a bucket is one page long; pages that were never used are holes, so it takes the disk space of the pages in use.
/// Used by one thread at a time, and locked against other processes while it is open. Readable by its owner only.
/// </remarks>
internal sealed class BucketFile : IDisposable
{
    private readonly FileStream _file;

    private BucketFile(FileStream file, BucketFileHeader header)
    {
        _file = file;
        Header = header;
    }

    /// <summary>What the pages mean.</summary>
    public BucketFileHeader Header { get; }

    /// <summary>Opens a file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="problem">What is wrong with the file that is there, as the end of a sentence about it; empty when nothing is.</param>
    /// <returns>The file, or <see langword="null"/> when there is none or it cannot be used.</returns>
    /// <exception cref="StoreException">Another process holds it, or this user may not write it.</exception>
    public static BucketFile? Open(string path, out string problem)
    {
        problem = "";
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new StoreException(StoreFault.ReadOnly, $"'{path}' cannot be read and written by this user.", exception);
        }
        catch (IOException exception)
        {
            throw DataDirectoryLock.InUse(Path.GetDirectoryName(path)!, exception);
        }

        try
        {
            byte[] start = new byte[BucketFileHeader.ByteCount];
            int count = FileReading.ReadFully(file, start, 0);
            if (BucketFileHeader.TryRead(start.AsSpan(0, count), out BucketFileHeader? header, out problem))
            {
                return new BucketFile(file, header!);
            }
        }
        catch (IOException exception)
        {
            problem = "cannot be read: " + exception.Message;
        }

        file.Dispose();
        return null;
    }

    /// <summary>Makes a file without a page, in the place of any that is there.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be written.</exception>
    public static BucketFile Create(string path, BucketFileHeader header)
    {
        FileStream file = PrivateFile.Open(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        try
        {
            RandomAccess.Write(file.SafeFileHandle, header.ToBytes(), 0);
            return new BucketFile(file, header);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The latest unix milliseconds at which the file was written; 0 when it never was.</summary>
    public long ReadLatest()
    {
        byte[] bytes = new byte[sizeof(long)];
        FileReading.ReadFully(_file, bytes, BucketFileHeader.LatestOffset);
        return BinaryPrimitives.ReadInt64LittleEndian(bytes);
    }

    /// <summary>Notes the time of a write.</summary>
    public void WriteLatest(long unixMs)
    {
        byte[] bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, unixMs);
        RandomAccess.Write(_file.SafeFileHandle, bytes, BucketFileHeader.LatestOffset);
    }

    /// <summary>Reads pages.</summary>
    /// <param name="first">Number of the first page.</param>
    /// <param name="pages">Receives whole pages; what lies behind the end of the file is zero.</param>
    /// <returns>False when there is nothing any more.</returns>
    public bool ReadPages(int first, Span<byte> pages)
    {
        int count = FileReading.ReadFully(_file, pages, OffsetOf(first));
        pages[count..].Clear();
        return count > 0;
    }

    /// <summary>Writes pages. Not flushed: the kernel has them, so they survive the process, not a power cut.</summary>
    /// <param name="first">Number of the first page.</param>
    /// <param name="pages">Whole pages.</param>
    /// <exception cref="IOException">Nothing, or a part, was written.</exception>
    public void WritePages(int first, ReadOnlySpan<byte> pages) => RandomAccess.Write(_file.SafeFileHandle, pages, OffsetOf(first));

    /// <summary>Returns when all that was written is on the disk.</summary>
    public void Flush() => RandomAccess.FlushToDisk(_file.SafeFileHandle);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static long OffsetOf(int page) => BucketFileHeader.ByteCount + ((long)page * BucketTable.PageBytes);
}
