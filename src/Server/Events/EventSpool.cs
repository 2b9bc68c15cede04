using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Security.Cryptography;
using System.Threading;
using Microsoft.Extensions.Logging;
using Unkey.Server.Storage;

namespace Unkey.Server.Events;

/// <summary>Sealed batches as files, oldest first, until the sink has them.</summary>
/// <remarks>
/// <para>Any thread. Bounded: when the files together reach the bound, new batches are refused until an eighth of it has become free, so that the oldest are kept.</para>
/// <para>
/// <c>N.events</c> waits; <c>N.events.damaged</c> is no whole batch; <c>N.events.rejected</c> is one that the sink refuses. The file of the newest
/// batch that was delivered stays as <c>last.delivered</c>: after a death of the machine a ring may look as it did some time ago, and this file says
/// what of it was delivered since.
/// </para>
/// </remarks>
internal sealed class EventSpool
{
    /// <summary>Of the bound, the part that rejected batches may take besides.</summary>
    public const int RejectedDivisor = 4;

    private const string Extension = ".events";
    private const string UnfinishedExtension = ".unfinished";
    private const string DamagedExtension = ".damaged";
    private const string RejectedExtension = ".rejected";
    private const string DeliveredName = "last.delivered";
    private const int TokenBytes = 16;
    private const int NumberDigits = 16;

    // A larger number is not one of ours, and counting on from it would need more digits.
    private const long NumberMax = 1_000_000_000_000_000;

    private readonly string _directory;
    private readonly string _deliveredPath;
    private readonly long _bytesMax;
    private readonly ILogger _logger;
    private readonly BatchMemory _memory = new();
    private readonly Lock _lock = new();
    private readonly SortedDictionary<long, long> _files = [];
    private long _nextNumber;
    private long _bytes;
    private long _rejectedBytes;
    private long _deliveredNumber = -1;
    private long _damaged;
    private long _resumeBytes;
    private bool _isFull;

    private EventSpool(string directory, long bytesMax, ILogger logger)
    {
        _directory = directory;
        _deliveredPath = Path.Combine(directory, DeliveredName);
        _bytesMax = bytesMax;
        _logger = logger;
    }

    /// <summary>Whether somebody besides the delivery reads batches, so that their memory is left to the collector. Set before the first batch.</summary>
    public bool HasOtherReaders { get; set; }

    /// <summary>Says whether the disk is full and what is left of it is for others. Set before the first batch.</summary>
    public Func<bool> IsDiskReserved { get; set; } = static () => false;

    /// <summary>Bytes of all files that wait.</summary>
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

    /// <summary>Number of files that wait.</summary>
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

    /// <summary>Files that were no whole batches, or are gone.</summary>
    // ORDER: none needed; a count.
    public long Damaged => Volatile.Read(ref _damaged);

    /// <summary>Opens a spool and finds what is in it. Reads the head of each file.</summary>
    /// <param name="directory">Its directory; made when missing.</param>
    /// <param name="bytesMax">Bound of all files together.</param>
    /// <param name="logger">For files that are damaged.</param>
    /// <param name="claims">How far the files say they hold each ring.</param>
    /// <exception cref="IOException">A file cannot be read or renamed.</exception>
    public static EventSpool Open(string directory, long bytesMax, ILogger logger, out SpoolClaims claims)
    {
        Directory.CreateDirectory(directory);
        EventSpool spool = new(directory, bytesMax, logger);
        claims = new SpoolClaims();
        foreach (string path in Directory.GetFiles(directory))
        {
            spool.Find(path, claims);
        }

        return spool;
    }

    /// <summary>A batch of what was gathered, with a token of its own.</summary>
    public static EventBatch BatchOf(EventBatchBuilder builder) => BatchOf(builder, null);

    /// <summary>Takes back the memory of a batch that nobody reads any more.</summary>
    public void Reuse(EventBatch batch)
    {
        if (batch.Memory is { } memory)
        {
            _memory.Return(memory);
        }
    }

    private static EventBatch BatchOf(EventBatchBuilder builder, byte[]? memory)
    {
        ReadOnlyMemory<byte> events = memory is null ? builder.Events.ToArray() : memory.AsMemory(0, builder.Bytes);
        if (memory is not null)
        {
            builder.Events.Span.CopyTo(memory);
        }

        return new EventBatch(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(TokenBytes)), builder.Verifications, builder.Ratelimits, events)
        {
            Memory = memory,
            Requests = builder.Requests,
        };
    }

    /// <summary>Seals a batch: it is on the disk when this returns. One thread at a time.</summary>
    /// <param name="builder">The events.</param>
    /// <param name="positions">How far the batch holds each ring.</param>
    /// <returns>The batch and its number, or <see langword="null"/> when the bound is reached.</returns>
    /// <exception cref="IOException">The disk is full or fails; nothing was sealed.</exception>
    public (long Number, EventBatch Batch)? Seal(EventBatchBuilder builder, IReadOnlyList<RingPosition> positions)
    {
        if (IsDiskReserved())
        {
            throw new IOException("The disk is full, and what is left of it is for revocations.");
        }

        long number;
        lock (_lock)
        {
            // A small batch does not find the room that a large one did not, or the state would change with every batch.
            bool isFull = (_isFull && _bytes > _resumeBytes) || _bytes + SpoolFile.BytesOf(builder.Bytes, positions.Count) > _bytesMax;
            if (isFull && !_isFull)
            {
                _resumeBytes = Math.Max(0, _bytes - (_bytesMax / 8));
            }

            _isFull = isFull;
            if (_isFull)
            {
                return null;
            }

            number = _nextNumber;
        }

        EventBatch batch = BatchOf(builder, HasOtherReaders ? null : _memory.Rent(builder.Bytes));
        string unfinished = PathOf(number, UnfinishedExtension);
        string path = PathOf(number, Extension);
        long bytes;
        try
        {
            bytes = SpoolFile.Write(unfinished, batch, positions);
            File.Move(unfinished, path);
            DiskFlush.Names(_directory);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // What was written takes room on a disk that may have none; and the same events come again, under the same number, and must not count twice.
            TryDelete(unfinished);
            TryDelete(path);
            Reuse(batch);
            throw;
        }

        lock (_lock)
        {
            _nextNumber = number + 1;
            _files.Add(number, bytes);
            _bytes += bytes;
        }

        return (number, batch);
    }

    /// <summary>The numbers of all batches that wait, oldest first.</summary>
    public long[] Numbers()
    {
        lock (_lock)
        {
            return [.. _files.Keys];
        }
    }

    /// <summary>Reads a batch again.</summary>
    /// <param name="number">Its number.</param>
    /// <returns>The batch, or <see langword="null"/> when the file is damaged, and is then set aside, or is gone.</returns>
    /// <exception cref="IOException">The file cannot be read now.</exception>
    public EventBatch? Read(long number)
    {
        string path = PathOf(number, Extension);
        try
        {
            if (SpoolFile.TryRead(path, out EventBatch batch, out _, _memory))
            {
                return batch;
            }

            SetAside(path);
        }
        catch (FileNotFoundException)
        {
            CountDamaged();
            EventLog.Gone(_logger, path);
        }

        Forget(number);
        return null;
    }

    /// <summary>Removes a batch that the sink has. The delivery only.</summary>
    /// <exception cref="IOException">It cannot be removed; it still waits.</exception>
    public void Remove(long number)
    {
        string path = PathOf(number, Extension);
        if (number > _deliveredNumber)
        {
            // Each batch reaches further into the rings than the ones before it, so this one speaks for all that were delivered.
            File.Move(path, _deliveredPath, overwrite: true);
            _deliveredNumber = number;
        }
        else
        {
            File.Delete(path);
        }

        Forget(number);
    }

    /// <summary>Sets aside a batch that the sink refuses. The delivery only.</summary>
    /// <param name="number">Its number.</param>
    /// <returns>Where it is now, or <see langword="null"/> when rejected batches take all their room already: then it is removed.</returns>
    /// <exception cref="IOException">It cannot be renamed; it still waits.</exception>
    public string? Reject(long number)
    {
        string path = PathOf(number, Extension);
        string aside = path + RejectedExtension;
        long bytes = new FileInfo(path).Length;
        bool isKept = _rejectedBytes + bytes <= _bytesMax / RejectedDivisor;
        if (isKept)
        {
            File.Move(path, aside, overwrite: true);
            _rejectedBytes += bytes;
        }
        else
        {
            File.Delete(path);
        }

        Forget(number);
        return isKept ? aside : null;
    }

    private void Find(string path, SpoolClaims claims)
    {
        string name = Path.GetFileName(path);
        bool isNumbered = TryNumber(name, out long number);
        string extension = isNumbered ? name[NumberDigits..] : "";
        switch (extension)
        {
            case UnfinishedExtension when !SpoolFile.IsWhole(path):
                File.Delete(path);
                return;
            case UnfinishedExtension:
                // Written to the end and not yet renamed, or the renaming did not reach the disk before the machine died.
                string whole = PathOf(number, Extension);
                File.Move(path, whole, overwrite: true);
                Take(number, whole, claims);
                break;
            case Extension:
                Take(number, path, claims);
                break;
            case Extension + RejectedExtension:
                _rejectedBytes += new FileInfo(path).Length;
                Claim(path, claims);
                break;
            case Extension + DamagedExtension:
                break;
            default:
                FindForeign(path, name, claims);
                return;
        }

        _nextNumber = Math.Max(_nextNumber, number + 1);
    }

    private static bool TryNumber(string name, out long number)
    {
        number = 0;
        return name.Length > NumberDigits
            && long.TryParse(name.AsSpan(0, NumberDigits), NumberStyles.None, CultureInfo.InvariantCulture, out number)
            && number < NumberMax;
    }

    private static void Claim(string path, SpoolClaims claims)
    {
        if (SpoolFile.TryReadHead(path, out List<RingPosition> positions))
        {
            claims.Add(path, positions);
        }
    }

    private void FindForeign(string path, string name, SpoolClaims claims)
    {
        if (name == DeliveredName)
        {
            Claim(path, claims);
        }
        else if (name.EndsWith(Extension, StringComparison.Ordinal))
        {
            SetAside(path);
        }
    }

    private void Take(long number, string path, SpoolClaims claims)
    {
        if (!SpoolFile.TryReadHead(path, out List<RingPosition> positions))
        {
            SetAside(path);
            return;
        }

        long bytes = new FileInfo(path).Length;
        if (_files.TryAdd(number, bytes))
        {
            _bytes += bytes;
            claims.Add(path, positions);
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The next attempt overwrites it.
        }
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

    private void SetAside(string path)
    {
        string aside = path + DamagedExtension;
        File.Move(path, aside, overwrite: true);
        CountDamaged();
        EventLog.Damaged(_logger, aside);
    }

    // ORDER: none needed; a count with one writer at a time, first the start, then the delivery.
    private void CountDamaged() => Volatile.Write(ref _damaged, _damaged + 1);

    private string PathOf(long number, string extension) =>
        Path.Combine(_directory, number.ToString("D" + NumberDigits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) + extension);
}
