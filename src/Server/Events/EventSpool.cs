using System;
using System.Collections.Generic;
using System.IO;
using System.Security.Cryptography;
using System.Threading;
using Microsoft.Extensions.Logging;
using Unkey.Server.Storage;

namespace Unkey.Server.Events;

/// <summary>Sealed batches as files, oldest first, until the sink has them.</summary>
/// <remarks>Any thread. Bounded: when the files together reach the bound, a new batch is refused, so that the oldest are kept.</remarks>
internal sealed class EventSpool
{
    private const string Extension = ".events";
    private const string UnfinishedExtension = ".unfinished";
    private const string DamagedExtension = ".damaged";
    private const int TokenBytes = 16;

    private readonly string _directory;
    private readonly long _bytesMax;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly SortedDictionary<long, long> _files = [];
    private long _nextNumber;
    private long _bytes;

    private EventSpool(string directory, long bytesMax, ILogger logger)
    {
        _directory = directory;
        _bytesMax = bytesMax;
        _logger = logger;
    }

    /// <summary>Bytes of all files.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
            {
                return _bytes;
            }
        }
    }

    /// <summary>Number of files.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _files.Count;
            }
        }
    }

    /// <summary>Opens a spool and finds what is in it.</summary>
    /// <param name="directory">Its directory; made when missing.</param>
    /// <param name="bytesMax">Bound of all files together.</param>
    /// <param name="logger">For files that are damaged.</param>
    /// <param name="sealedPositions">How far the files hold each ring.</param>
    public static EventSpool Open(string directory, long bytesMax, ILogger logger, out Dictionary<UInt128, long> sealedPositions)
    {
        Directory.CreateDirectory(directory);
        foreach (string unfinished in Directory.EnumerateFiles(directory, "*" + UnfinishedExtension))
        {
            File.Delete(unfinished);
        }

        EventSpool spool = new(directory, bytesMax, logger);
        sealedPositions = [];
        foreach (string path in Directory.EnumerateFiles(directory, "*" + Extension))
        {
            if (!long.TryParse(Path.GetFileNameWithoutExtension(path), out long number))
            {
                continue;
            }

            spool._nextNumber = Math.Max(spool._nextNumber, number + 1);
            if (!SpoolFile.TryRead(path, out _, out List<RingPosition> positions))
            {
                spool.SetAside(number);
                continue;
            }

            long bytes = new FileInfo(path).Length;
            spool._files.Add(number, bytes);
            spool._bytes += bytes;
            foreach (RingPosition position in positions)
            {
                sealedPositions[position.RingId] = Math.Max(position.Position, sealedPositions.GetValueOrDefault(position.RingId));
            }
        }

        return spool;
    }

    /// <summary>A batch of what was gathered, with a token of its own.</summary>
    public static EventBatch BatchOf(EventBatchBuilder builder) => new(
        Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(TokenBytes)), builder.Verifications, builder.Ratelimits, builder.Events.ToArray())
    {
        Requests = builder.Requests,
    };

    /// <summary>Seals a batch: it is on the disk when this returns.</summary>
    /// <param name="builder">The events.</param>
    /// <param name="positions">How far the batch holds each ring.</param>
    /// <returns>The batch and its number, or <see langword="null"/> when the bound is reached.</returns>
    /// <exception cref="IOException">The disk is full or fails; nothing was sealed.</exception>
    public (long Number, EventBatch Batch)? Seal(EventBatchBuilder builder, IReadOnlyList<RingPosition> positions)
    {
        long number;
        lock (_lock)
        {
            if (_bytes + builder.Bytes > _bytesMax)
            {
                return null;
            }

            number = _nextNumber++;
        }

        EventBatch batch = BatchOf(builder);
        string unfinished = PathOf(number, UnfinishedExtension);
        long bytes = SpoolFile.Write(unfinished, batch, positions);
        string path = PathOf(number, Extension);
        File.Move(unfinished, path);
        try
        {
            DiskFlush.Names(_directory);
        }
        catch (IOException)
        {
            // The events stay in their rings and are sealed again; this file would count them twice.
            File.Delete(path);
            throw;
        }

        lock (_lock)
        {
            _files.Add(number, bytes);
            _bytes += bytes;
        }

        return (number, batch);
    }

    /// <summary>The numbers of all batches, oldest first.</summary>
    public long[] Numbers()
    {
        lock (_lock)
        {
            return [.. _files.Keys];
        }
    }

    /// <summary>Reads a batch again.</summary>
    /// <param name="number">Its number.</param>
    /// <returns>The batch, or <see langword="null"/> when the file is damaged; it is then set aside.</returns>
    /// <exception cref="IOException">The file cannot be read now.</exception>
    public EventBatch? Read(long number)
    {
        if (SpoolFile.TryRead(PathOf(number, Extension), out EventBatch batch, out _))
        {
            return batch;
        }

        SetAside(number);
        Forget(number);
        return null;
    }

    /// <summary>Removes a batch that the sink has.</summary>
    public void Remove(long number)
    {
        File.Delete(PathOf(number, Extension));
        Forget(number);
    }

    private void Forget(long number)
    {
        lock (_lock)
        {
            if (_files.Remove(number, out long bytes))
            {
                _bytes -= bytes;
            }
        }
    }

    private void SetAside(long number)
    {
        string path = PathOf(number, Extension);
        string aside = path + DamagedExtension;
        File.Move(path, aside, overwrite: true);
        EventLog.Damaged(_logger, aside);
    }

    private string PathOf(long number, string extension) => Path.Combine(_directory, number.ToString("D16") + extension);
}
