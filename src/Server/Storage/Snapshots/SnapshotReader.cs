using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Unkey.Engine;
using Unkey.Engine.Keys;

namespace Unkey.Server.Storage.Snapshots;

/// <summary>The snapshot that a stop has left, from its discovery to the records in memory. Used by one thread at a time.</summary>
/// <remarks>A snapshot serves one start: its name is gone as soon as it is open, before the database is. So what a process that is killed leaves is
/// no snapshot, and the token in the database, which the first commit deletes, is the second proof and not the only one.</remarks>
internal sealed class SnapshotReader : IDisposable
{
    /// <summary>The problem of no file.</summary>
    public const string Missing = "is missing";

    private const int ThreadsMax = 8;

    private readonly FileStream _file;
    private readonly SnapshotHeader _header;

    private SnapshotReader(FileStream file, SnapshotHeader header)
    {
        _file = file;
        _header = header;
    }

    /// <summary>Opens what is there and takes its name away. Before the database is opened.</summary>
    /// <param name="directory">The data directory, whose lock is held.</param>
    /// <param name="database">The database file.</param>
    /// <param name="problem">Why there is none, as the end of a sentence that begins with "The snapshot of the keys".</param>
    /// <returns>A snapshot that fits the file of the database as it is now; its token is still to be compared.</returns>
    public static SnapshotReader? Take(string directory, string database, out string problem)
    {
        string path = Path.Combine(directory, SnapshotWriter.FileName);
        FileStream? file = null;
        try
        {
            File.Delete(path + SnapshotWriter.UnfinishedSuffix);
            if (!File.Exists(path))
            {
                problem = Missing;
                return null;
            }

            // What cannot be deleted is not read either: it would be there again when it is no longer true.
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
            File.Delete(path);
            byte[] start = new byte[SnapshotHeader.ByteCount];
            int count = FileReading.ReadFully(file, start, 0);
            SnapshotHeader? header = SnapshotHeader.Read(start.AsSpan(0, count), out problem);
            if (header is not null && problem.Length == 0 && DatabaseProblem(header, database) is { } unfit)
            {
                problem = unfit;
                header = null;
            }

            if (header is not null)
            {
                SnapshotReader reader = new(file, header);
                file = null;
                return reader;
            }

            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problem = "cannot be read: " + exception.Message;
            return null;
        }
        finally
        {
            file?.Dispose();
        }
    }

    /// <summary>Compares what only the open database tells.</summary>
    /// <param name="token">The token in it, or <see langword="null"/> for none.</param>
    /// <param name="schema">Its schema version.</param>
    /// <param name="database">Its file, which is looked at again: a change since <see cref="Take"/> is one that this process has not made.</param>
    /// <returns>Why the snapshot does not fit, as in <see cref="Take"/>; null when it does.</returns>
    public string? Compare(byte[]? token, int schema, string database) =>
        schema != _header.Schema ? "is of another schema version"
        : token is null || !token.AsSpan().SequenceEqual(_header.Token) ? "is of another state of the database"
        : DatabaseProblem(_header, database);

    /// <summary>Reads and checks all of it; nothing is published.</summary>
    /// <param name="engine">The tables, which have the workspaces and APIs already.</param>
    /// <param name="keys">The keys in blocks, to be published or disposed of.</param>
    /// <param name="others">Ids of the keys that are not in them.</param>
    /// <returns>Why the snapshot cannot be used, as in <see cref="Take"/>; null when it can.</returns>
    public string? Read(EngineState engine, out SnapshotKeys? keys, out IReadOnlyList<string> others)
    {
        keys = null;
        others = [];
        long tailOffset = SnapshotHeader.OffsetOf(_header.Blocks);
        try
        {
            if (_header.Blocks < 0 || _header.TailBytes < 0 || _header.TailBytes > Array.MaxLength || _file.Length != tailOffset + _header.TailBytes)
            {
                return "is truncated";
            }

            byte[] tailBytes = new byte[_header.TailBytes];
            if (FileReading.ReadFully(_file, tailBytes, tailOffset) != tailBytes.Length || SnapshotTail.Checksum(tailBytes, _header.Token) != _header.TailChecksum
                || SnapshotTail.Read(tailBytes) is not { } tail)
            {
                return "is damaged at its end";
            }

            int[] workspaces;
            int[] apis;
            lock (engine.WriterLock)
            {
                workspaces = [.. tail.Workspaces.Select(id => engine.Workspaces.Find(id)?.Index ?? -1)];
                apis = [.. tail.Apis.Select(id => engine.Apis.Find(id)?.Index ?? -1)];
            }

            KeyImage?[] images = new KeyImage?[_header.Blocks];
            if (ReadBlocks(images, workspaces, apis) is { } problem)
            {
                Array.ForEach(images, static image => image?.Dispose());
                return problem;
            }

            others = tail.Others;
            keys = new SnapshotKeys(engine, _header.Secret, images!);
            return null;
        }
        catch (IOException exception)
        {
            return "cannot be read: " + exception.Message;
        }
    }

    /// <summary>Closes the file, which has no name any more; freeing a gigabyte takes the kernel a tenth of a second that nobody has to wait for.</summary>
    public void Dispose() => _ = Task.Run(_file.Dispose);

    private static string? DatabaseProblem(SnapshotHeader header, string database) =>
        HasLog(database) ? "is older than the write-ahead log of the database"
        : FileState.Read(database) != header.Database ? "is of another file, or the database was changed since"
        : null;

    // An empty one is made by every process that opens the database.
    private static bool HasLog(string database) => new FileInfo(database + "-wal") is { Exists: true, Length: > 0 };

    private string? ReadBlocks(KeyImage?[] images, int[] workspaces, int[] apis)
    {
        int next = -1;
        long keys = 0;
        int damaged = 0;
        Exception? fault = null;
        void ReadSome()
        {
            try
            {
                // BOUND: by the blocks. ORDER: a counter; each thread takes another block.
                for (int i; Volatile.Read(ref damaged) == 0 && (i = Interlocked.Increment(ref next)) < images.Length;)
                {
                    images[i] = new KeyImage();
                    if (!TryReadBlock(i, images[i]!, workspaces, apis))
                    {
                        Volatile.Write(ref damaged, 1); // ORDER: none needed; it only ends the others' work early.
                    }

                    Interlocked.Add(ref keys, images[i]!.Keys); // ORDER: none needed; read after all have ended.
                }
            }
            catch (Exception exception)
            {
                // Of whatever kind: the database has all of it, too.
                fault = exception;
                Volatile.Write(ref damaged, 1); // ORDER: as above.
            }
        }

        int threads = Math.Clamp(images.Length, 1, Math.Min(Environment.ProcessorCount, ThreadsMax));
        Task.WaitAll([.. Enumerable.Range(0, threads).Select(_ => Task.Run(ReadSome))]);
        if (fault is null && damaged == 0)
        {
            return keys == _header.Keys ? null : "has not the keys that it says";
        }

        return fault is null ? "has a damaged block" : "cannot be read: " + fault.Message;
    }

    private bool TryReadBlock(int index, KeyImage image, int[] workspaces, int[] apis)
    {
        Span<byte> block = image.Memory;

        // The last block lies before the tail and not before another block.
        int count = FileReading.ReadFully(_file, block, SnapshotHeader.OffsetOf(index));
        int end = BinaryPrimitives.ReadInt32LittleEndian(block[sizeof(ulong)..]);
        return end >= KeyImage.HeadBytes && end <= count
            && SnapshotTail.Checksum(block[sizeof(ulong)..end], _header.Token) == BinaryPrimitives.ReadUInt64LittleEndian(block)
            && image.TryTranslate(end, BinaryPrimitives.ReadInt32LittleEndian(block[12..]), workspaces, apis);
    }
}
