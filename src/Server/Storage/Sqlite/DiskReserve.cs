using System;
using System.IO;
using System.Threading;
using Microsoft.Extensions.Logging;

namespace Unkey.Server.Storage.Sqlite;

/// <summary>Disk that is kept for the day when there is none: a file that is given up so that keys can still be revoked.</summary>
/// <remarks>Deleting a row of SQLite takes room before it gives any. While the reserve is given up every other write is refused, or it would take the room; it is taken
/// again as soon as the disk has it. One thread writes; any thread reads the properties.</remarks>
internal sealed class DiskReserve
{
    internal const long Size = 16L * 1024 * 1024;

    private readonly string _path;
    private readonly ILogger _logger;
    private long _bytes; // ORDER: a figure for the metrics.
    private volatile bool _isSpent;

    /// <summary>Takes the reserve; on a disk that has no room for it the server goes on without.</summary>
    /// <param name="directory">The data directory.</param>
    /// <param name="logger">For state changes.</param>
    public DiskReserve(string directory, ILogger logger)
    {
        _path = Path.Combine(directory, "unkey.reserve");
        _logger = logger;
        if (!TryTake())
        {
            StoreLog.NoReserve(logger, Size >> 20);
        }
    }

    /// <summary>Bytes that are kept now: all or none.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Whether it was given up and has not been taken again, so that only revocations may write.</summary>
    public bool IsSpent => _isSpent;

    /// <summary>Gives the room up.</summary>
    /// <returns>False when there is none to give.</returns>
    public bool TryRelease()
    {
        if (Bytes == 0)
        {
            return false;
        }

        if (!TryDelete())
        {
            return false;
        }

        Volatile.Write(ref _bytes, 0);
        _isSpent = true;
        StoreLog.ReserveReleased(_logger, Size >> 20);
        return true;
    }

    /// <summary>Takes the room again, if it was given up.</summary>
    /// <returns>False while the disk has none: writes that are no revocations must wait.</returns>
    public bool TryRestore()
    {
        // Twice of it, or what the reserve has given would be taken for room that somebody has made.
        if (IsSpent && FreeBytes() >= 2 * Size && TryTake())
        {
            _isSpent = false;
            StoreLog.ReserveRestored(_logger);
        }

        return !IsSpent;
    }

    private long FreeBytes()
    {
        try
        {
            return new DriveInfo(Path.GetDirectoryName(_path)!).AvailableFreeSpace;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    private bool TryTake()
    {
        try
        {
            if (!File.Exists(_path) || new FileInfo(_path).Length != Size)
            {
                File.Delete(_path);
                using FileStream file = PrivateFile.Open(_path, FileMode.CreateNew, FileAccess.Write, FileShare.None, Size);
                file.SetLength(Size);
            }

            Volatile.Write(ref _bytes, Size);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
        {
            // The last one is how a limit on the size of files is told.
            TryDelete();
            return false;
        }
    }

    // What it throws would end the writer's thread.
    private bool TryDelete()
    {
        try
        {
            File.Delete(_path);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
