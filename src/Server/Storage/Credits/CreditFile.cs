using System;
using System.Collections.Generic;
using System.IO;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Unkey.Engine.Keys;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.Storage.Credits;

/// <summary>Credit cells in a mapped file, so that what a process has taken is known after it was killed, to the credit.</summary>
/// <remarks>
/// <para>A take is one store to the mapping, which is the kernel's from then on. The store of the server follows once a second; what it lacks
/// when the process dies is read from the file by the next start and written there before the keys are loaded. Stating it twice takes nothing
/// twice, so a start that dies half-way is no harm.</para>
/// <para><see cref="Open"/>, <see cref="SettleAsync"/>, then <see cref="Grow"/> under the engine's writer lock.</para>
/// </remarks>
internal sealed class CreditFile : ICreditMemory
{
    /// <summary>Name of the file in the data directory.</summary>
    public const string FileName = "unkey.credits";

    private const string DamagedSuffix = ".damaged";
    private const ulong Magic = 0x6465_7263_796B_6E75; // "unkycred"
    private const int Version = 1;

    // The file's header takes the place of the first cell.
    private const int HeaderBytes = UnsettledCredits.CellBytes;
    private const int ChunkBytes = 256 * 1024;

    private readonly string _path;
    private readonly ILogger _logger;
    private readonly List<MemoryMappedViewAccessor> _views = [];
    private readonly NativeCreditMemory _unprotected = new();
    private Dictionary<(ulong KeyPrefix, long Serial), long>? _unsettled;
    private FileStream? _file;
    private long _length;
    private bool _isFailing;

    private CreditFile(string path, ILogger logger)
    {
        _path = path;
        _logger = logger;
    }

    /// <summary>Whether every cell is in the file. Any thread.</summary>
    // ORDER: none needed; a flag of one writer that metrics read a little late.
    public bool IsHealthy => !Volatile.Read(ref _isFailing);

    /// <summary>Reads what an earlier process left.</summary>
    /// <param name="directory">The data directory, whose lock is held.</param>
    /// <param name="logger">For what is found and for changes of state.</param>
    /// <exception cref="StoreException">The file cannot be read.</exception>
    public static CreditFile Open(string directory, ILogger logger)
    {
        CreditFile file = new(Path.Combine(directory, FileName), logger);
        try
        {
            if (File.Exists(file._path))
            {
                file.ReadUnsettled();
            }
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new StoreException(StoreFault.ReadOnly, $"'{file._path}' cannot be read and written by this user.", exception);
        }
        catch (IOException exception)
        {
            throw new StoreException(StoreFault.InputOutput, $"'{file._path}' cannot be read: {exception.Message}", exception);
        }

        return file;
    }

    /// <summary>Tells the store what it lacks. Before any key is loaded.</summary>
    /// <exception cref="StoreException">The store could not take it; the file stays as it is.</exception>
    public async Task SettleAsync(IStore store, CancellationToken cancellation)
    {
        if (_unsettled is { Count: > 0 } unsettled)
        {
            int settled = await store.WriteAloneAsync(session => Settle(session, unsettled), cancellation).ConfigureAwait(false);
            if (settled > 0)
            {
                CreditLog.Settled(_logger, settled);
            }
        }

        _unsettled = null;
    }

    /// <inheritdoc/>
    /// <remarks>When the disk takes no more, the memory is the process's own: verification goes on, and a kill would give back what was taken there.</remarks>
    public CreditChunk Grow()
    {
        try
        {
            return Map();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            if (!_isFailing)
            {
                Volatile.Write(ref _isFailing, true); // ORDER: none needed, as above.
                CreditLog.Unprotected(_logger, _path, exception.Message);
            }

            return _unprotected.Grow();
        }
    }

    /// <summary>Brings every take so far to the disk. Any thread.</summary>
    /// <exception cref="IOException">The disk could not take it.</exception>
    public void Flush()
    {
        // ORDER: acquire. Pairs with the release in Map.
        if (Volatile.Read(ref _file) is { } file)
        {
            DiskFlush.Data(file.SafeFileHandle);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (MemoryMappedViewAccessor view in _views)
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
            view.Dispose();
        }

        _views.Clear();
        _file?.Dispose();
        _unprotected.Dispose();
    }

    private static int Settle(StoreSession session, Dictionary<(ulong KeyPrefix, long Serial), long> unsettled)
    {
        int settled = 0;
        foreach (((ulong prefix, long serial), long spent) in unsettled)
        {
            byte[] from = new byte[32];
            byte[] to = new byte[32];
            to.AsSpan().Fill(byte.MaxValue);
            BitConverter.TryWriteBytes(from, prefix);
            BitConverter.TryWriteBytes(to, prefix);
            settled += session.SpendByHash(from, to, serial, spent) ? 1 : 0;
        }

        return settled;
    }

    private static byte[] Header()
    {
        byte[] header = new byte[HeaderBytes];
        BitConverter.TryWriteBytes(header, Magic);
        BitConverter.TryWriteBytes(header.AsSpan(8), Version);
        return header;
    }

    private void ReadUnsettled()
    {
        using FileStream file = new(_path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
        byte[] buffer = new byte[ChunkBytes];
        int length = file.ReadAtLeast(buffer, HeaderBytes, throwOnEndOfStream: false);
        ReadOnlySpan<byte> header = buffer.AsSpan(0, Math.Min(length, HeaderBytes));
        if (!header.ContainsAnyExcept((byte)0))
        {
            // The process died while it made the file, before there was a cell.
            return;
        }

        if (!header.SequenceEqual(Header()))
        {
            string aside = _path + DamagedSuffix;
            File.Move(_path, aside, overwrite: true);
            CreditLog.Damaged(_logger, _path, aside);
            return;
        }

        _unsettled = [];
        file.Position = HeaderBytes;

        // BOUND: by the file, whose cells are read whole.
        while ((length = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)) > 0)
        {
            for (int at = 0; at + UnsettledCredits.CellBytes <= length; at += UnsettledCredits.CellBytes)
            {
                if (UnsettledCredits.TryRead(buffer.AsSpan(at, UnsettledCredits.CellBytes), out UnsettledCredits cell))
                {
                    // Two cells of one balance: the process died while one replaced the other, and the larger total is the one that counts.
                    ref long spent = ref CollectionsMarshal.GetValueRefOrAddDefault(_unsettled, (cell.KeyPrefix, cell.Serial), out _);
                    spent = Math.Max(spent, cell.Spent);
                }
            }
        }
    }

    private unsafe CreditChunk Map()
    {
        if (_unsettled is not null)
        {
            throw new InvalidOperationException("What the file tells must be settled before it is made anew.");
        }

        if (_file is null)
        {
            // ORDER: release. Pairs with the acquire in Flush.
            Volatile.Write(ref _file, PrivateFile.Open(_path, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite));
            DiskFlush.Names(Path.GetDirectoryName(_path)!);
        }

        // Written and not only made longer: a store into a hole of a full disk would end the process.
        RandomAccess.Write(_file.SafeFileHandle, new byte[ChunkBytes], _length);
        using MemoryMappedFile mapped = MemoryMappedFile.CreateFromFile(
            _file, null, _length + ChunkBytes, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: true);
        MemoryMappedViewAccessor view = mapped.CreateViewAccessor(_length, ChunkBytes);
        _views.Add(view);
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        int used = _length == 0 ? HeaderBytes : 0;
        _length += ChunkBytes;
        if (used > 0)
        {
            Header().CopyTo(new Span<byte>(start, HeaderBytes)); // SAFETY: the view is ChunkBytes long.
        }

        return new CreditChunk((nint)(start + used), ChunkBytes - used);
    }
}
