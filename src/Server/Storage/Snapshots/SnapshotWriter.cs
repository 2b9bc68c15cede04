using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Unkey.Engine;
using Unkey.Engine.Keys;

namespace Unkey.Server.Storage.Snapshots;

/// <summary>Writes the file of a snapshot: first all records, then the header, then its name, which makes it one.</summary>
/// <remarks>Nothing is flushed: what the machine loses when it dies fails its checksums. Used by one thread at a time, while nothing is published any more.</remarks>
internal sealed class SnapshotWriter : IDisposable
{
    /// <summary>Name of the file in the data directory.</summary>
    public const string FileName = "unkey.snapshot";

    /// <summary>What a file that is not complete has behind its name.</summary>
    public const string UnfinishedSuffix = ".new";

    // Reading another key by its id costs as much as reading this many in their order.
    private const int KeysPerOther = 16;
    private const int KeysPerThread = 100_000;
    private const int ThreadsMax = 8;

    private readonly string _path;
    private readonly FileStream _file;
    private readonly EngineState _engine;
    private readonly byte[] _token;
    private readonly List<string> _others = [];
    private int _blocks;
    private long _keys;
    private string? _problem;
    private bool _isComplete;

    private SnapshotWriter(string path, FileStream file, EngineState engine, byte[] token)
    {
        _path = path;
        _file = file;
        _engine = engine;
        _token = token;
    }

    /// <summary>Keys in it.</summary>
    public long Keys => _keys;

    /// <summary>Makes a file that is not complete.</summary>
    /// <param name="directory">The data directory.</param>
    /// <param name="engine">The tables, which nobody changes any more.</param>
    /// <param name="token">What the last commit has put into the database.</param>
    /// <param name="problem">Why there is none, as a sentence's part; empty when there is one.</param>
    public static SnapshotWriter? Open(string directory, EngineState engine, byte[] token, out string problem)
    {
        string path = Path.Combine(directory, FileName);
        try
        {
            // As much again stays free, for whoever else uses the disk.
            if (new DriveInfo(directory).AvailableFreeSpace < engine.RecordBytes * 2)
            {
                problem = "the disk has less than twice the room for it";
                return null;
            }

            problem = "";
            FileStream file = PrivateFile.Open(path + UnfinishedSuffix, FileMode.Create, FileAccess.ReadWrite, FileShare.None, bufferBytes: 0);
            return new SnapshotWriter(path, file, engine, token);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problem = exception.Message;
            return null;
        }
    }

    /// <summary>Writes all of it and gives it its name.</summary>
    /// <param name="database">The closed database, which has the token in it.</param>
    /// <param name="schema">Its schema version.</param>
    /// <param name="deadline">When it has taken too long, a <see cref="Stopwatch"/>'s time.</param>
    /// <returns>Why there is none, as a sentence's part; null when there is one.</returns>
    public string? Write(FileState database, int schema, long deadline)
    {
        try
        {
            byte[] tail = WriteRecords(deadline);
            if (_problem is not null)
            {
                return _problem;
            }

            RandomAccess.Write(_file.SafeFileHandle, tail, SnapshotHeader.OffsetOf(_blocks));
            SnapshotHeader header = new()
            {
                Schema = schema,
                Blocks = _blocks,
                Keys = _keys,
                Token = _token,
                Database = database,
                TailBytes = tail.Length,
                TailChecksum = SnapshotTail.Checksum(tail, _token),
                Secret = _engine.Keys.CopySecret(),
            };
            RandomAccess.Write(_file.SafeFileHandle, header.ToBytes(), 0);
            _file.Dispose();
            File.Move(_path + UnfinishedSuffix, _path, overwrite: true);
            _isComplete = true;
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return exception.Message;
        }
    }

    /// <summary>Removes the file unless it is complete.</summary>
    public void Dispose()
    {
        _file.Dispose();
        if (_isComplete)
        {
            return;
        }

        try
        {
            File.Delete(_path + UnfinishedSuffix);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The next start deletes it; it is no snapshot under this name.
        }
    }

    private byte[] WriteRecords(long deadline)
    {
        KeyImageSource source;
        string[] workspaces;
        string[] apis;
        lock (_engine.WriterLock)
        {
            source = _engine.Keys.Freeze();
            workspaces = [.. Enumerable.Range(0, _engine.Workspaces.Count).Select(index => _engine.Workspaces.Find(index)!.Id)];
            apis = [.. Enumerable.Range(0, _engine.Apis.Count).Select(index => _engine.Apis.Find(index)!.Id)];
        }

        // A range of slots a thread: the blocks of one are full but for its last.
        int threads = (int)Math.Clamp(_engine.Keys.Count / KeysPerThread, 1, Math.Min(Environment.ProcessorCount, ThreadsMax));
        Task.WaitAll([.. Enumerable.Range(0, threads).Select(i => Task.Run(
            () => CopyRange(source, source.Slots * i / threads, source.Slots * (i + 1) / threads, deadline)))]);

        // In their order a search for one ends near the last one.
        _others.Sort(StringComparer.Ordinal);
        return new SnapshotTail(workspaces, apis, _others).ToBytes();
    }

    private void CopyRange(KeyImageSource source, long from, long end, long deadline)
    {
        byte[] block = new byte[KeyImage.BlockBytes];
        List<string> others = [];
        try
        {
            // BOUND: each turn comes nearer to the end. ORDER: the problem is only to end the others' work early.
            while (from < end && Volatile.Read(ref _problem) is null)
            {
                from = source.Copy(from, end, block, out int bytes, out int keys, others);
                BinaryPrimitives.WriteInt32LittleEndian(block.AsSpan(8), bytes);
                BinaryPrimitives.WriteInt32LittleEndian(block.AsSpan(12), keys);
                BinaryPrimitives.WriteUInt64LittleEndian(block, SnapshotTail.Checksum(block.AsSpan(sizeof(ulong)..bytes), _token));

                // ORDER: a counter; each block gets a place of its own.
                int index = Interlocked.Increment(ref _blocks) - 1;
                RandomAccess.Write(_file.SafeFileHandle, block.AsSpan(0, bytes), SnapshotHeader.OffsetOf(index));
                Interlocked.Add(ref _keys, keys); // ORDER: none needed; read after all have ended.
                Note(Problem(others, deadline));
            }
        }
        catch (Exception exception)
        {
            // Of whatever kind: a stop must not fail for what only makes the next start faster.
            Note(exception.Message);
        }

        lock (_others)
        {
            _others.AddRange(others);
        }
    }

    // ORDER: none needed; the first reason stays, and it is read after all have ended.
    private void Note(string? problem) => Interlocked.CompareExchange(ref _problem, problem, null);

    private string? Problem(List<string> others, long deadline) =>
        Stopwatch.GetTimestamp() >= deadline ? "it took too long"
        : others.Count > Math.Max(_engine.Keys.Count / KeysPerOther, 1_000) ? "too many keys have more than a name, a state, an expiry and meta"
        : null;
}
