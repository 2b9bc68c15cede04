using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Security.Cryptography;
using Unkey.Server.Hosting;
using Unkey.Server.Storage;

namespace Unkey.Server.Events;

/// <summary>The bytes of a sealed batch in a file.</summary>
/// <remarks>
/// <code>
/// "unkyevts" 8 | version 4 | rings 4 | verifications 4 | rate limits 4 | event bytes 4 | token 16 | requests 4 | rings x (id 16, position 8) | events | SHA-256 32
/// </code>
/// Version 1 has no requests and no field for their number; such files are read too.
/// Little-endian. The positions say which part of which ring is in this file, so that a start after a crash takes no event twice.
/// </remarks>
internal static class SpoolFile
{
    private const ulong Magic = 0x7374_7665_796B_6E75; // "unkyevts"
    private const int Version = 2;
    private const int FixedBytes = 48;
    private const int RequestsOffset = 44;
    private const int RingBytes = 24;
    private const int RingsMax = 4096;
    private const int ChecksumBytes = SHA256.HashSizeInBytes;
    private const int ChunkBytes = 64 * 1024;

    /// <summary>Bytes of the file of a batch.</summary>
    /// <param name="eventBytes">Bytes of its events.</param>
    /// <param name="rings">Number of its positions.</param>
    public static long BytesOf(long eventBytes, int rings) => FixedBytes + (rings * RingBytes) + eventBytes + ChecksumBytes;

    /// <summary>Writes a batch and has it on the disk when it returns.</summary>
    /// <returns>Bytes of the file.</returns>
    public static long Write(string path, EventBatch batch, IReadOnlyList<RingPosition> positions)
    {
        byte[] head = new byte[FixedBytes + (positions.Count * RingBytes)];
        BinaryPrimitives.WriteUInt64LittleEndian(head, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(8), Version);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(12), positions.Count);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(16), batch.Verifications);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(20), batch.Ratelimits);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(24), batch.Events.Length);
        Convert.FromHexString(batch.Token).CopyTo(head.AsSpan(28));
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(RequestsOffset), batch.Requests);
        for (int i = 0; i < positions.Count; i++)
        {
            Span<byte> entry = head.AsSpan(FixedBytes + (i * RingBytes));
            BinaryPrimitives.WriteUInt128LittleEndian(entry, positions[i].RingId);
            BinaryPrimitives.WriteInt64LittleEndian(entry[16..], positions[i].Position);
        }

        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(head);
        using FileStream file = PrivateFile.Open(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferBytes: 0);
        file.Write(head);
        for (ReadOnlySpan<byte> rest = batch.Events.Span; !rest.IsEmpty;)
        {
            ReadOnlySpan<byte> chunk = rest[..Math.Min(ChunkBytes, rest.Length)];
            hash.AppendData(chunk);
            file.Write(chunk);
            DiskFlush.Begin(file.SafeFileHandle, file.Position - chunk.Length, chunk.Length);
            BackgroundThread.Breathe();
            rest = rest[chunk.Length..];
        }

        file.Write(hash.GetHashAndReset());
        file.Flush(flushToDisk: true);
        return file.Length;
    }

    /// <summary>Reads the head alone, and compares what it says with the length of the file. The events may be damaged all the same.</summary>
    /// <param name="path">The file.</param>
    /// <param name="positions">What it claims to hold of which ring.</param>
    /// <returns>Whether this is the head of a batch.</returns>
    public static bool TryReadHead(string path, out List<RingPosition> positions)
    {
        using FileStream file = Open(path);
        return TryReadHead(file, out _, out positions);
    }

    /// <summary>Whether the file is a whole batch, checksum and all. Takes the same little memory however long the file is.</summary>
    public static bool IsWhole(string path)
    {
        using FileStream file = Open(path);
        if (!TryReadHead(file, out _, out _))
        {
            return false;
        }

        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] chunk = new byte[ChunkBytes];
        file.Position = 0;
        for (long rest = file.Length - ChecksumBytes; rest > 0;)
        {
            int read = file.Read(chunk, 0, (int)Math.Min(rest, ChunkBytes));
            if (read == 0)
            {
                return false;
            }

            hash.AppendData(chunk, 0, read);
            rest -= read;
        }

        return file.ReadAtLeast(chunk, ChecksumBytes, throwOnEndOfStream: false) == ChecksumBytes
            && hash.GetHashAndReset().AsSpan().SequenceEqual(chunk.AsSpan(0, ChecksumBytes));
    }

    /// <summary>Reads a batch.</summary>
    /// <param name="path">The file.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="positions">What it holds of which ring.</param>
    /// <param name="memory">Lends what the batch lies in; <see langword="null"/> for memory of its own.</param>
    /// <returns>Whether the file is a whole batch of this version.</returns>
    public static bool TryRead(string path, out EventBatch batch, out List<RingPosition> positions, BatchMemory? memory = null)
    {
        batch = new EventBatch("", 0, 0, default);
        using FileStream file = Open(path);
        if (!TryReadHead(file, out byte[] head, out positions))
        {
            return false;
        }

        // No longer than its head says, as was just compared.
        int length = (int)file.Length;
        byte[] bytes = memory?.Rent(length) ?? new byte[length];
        file.Position = 0;
        if (file.ReadAtLeast(bytes.AsSpan(0, length), length, throwOnEndOfStream: false) < length || !IsWhole(bytes.AsSpan(0, length)))
        {
            memory?.Return(bytes);
            positions = [];
            return false;
        }

        bool hasRequests = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(8)) != 1;
        batch = new EventBatch(
            Convert.ToHexStringLower(bytes.AsSpan(28, 16)),
            BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(16)),
            BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(20)),
            bytes.AsMemory(head.Length, length - head.Length - ChecksumBytes))
        {
            Memory = memory is null ? null : bytes,
            Requests = hasRequests ? BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(RequestsOffset)) : 0,
        };
        return true;
    }

    private static bool IsWhole(ReadOnlySpan<byte> file)
    {
        Span<byte> checksum = stackalloc byte[ChecksumBytes];
        SHA256.HashData(file[..^ChecksumBytes], checksum);
        return checksum.SequenceEqual(file[^ChecksumBytes..]);
    }

    private static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);

    private static bool TryReadHead(FileStream file, out byte[] head, out List<RingPosition> positions)
    {
        positions = [];
        head = new byte[FixedBytes];
        if (file.ReadAtLeast(head, RequestsOffset, throwOnEndOfStream: false) < RequestsOffset
            || BinaryPrimitives.ReadUInt64LittleEndian(head) != Magic
            || BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(8)) is not (1 or Version))
        {
            return false;
        }

        int fixedBytes = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(8)) != 1 ? FixedBytes : RequestsOffset;
        int rings = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(12));
        int eventBytes = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(24));
        if (rings is < 0 or > RingsMax || eventBytes < 0 || file.Length > Array.MaxLength
            || file.Length != (long)fixedBytes + (rings * RingBytes) + eventBytes + ChecksumBytes)
        {
            return false;
        }

        head = new byte[fixedBytes + (rings * RingBytes)];
        file.Position = 0;
        if (file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length)
        {
            return false;
        }

        for (int i = 0; i < rings; i++)
        {
            ReadOnlySpan<byte> entry = head.AsSpan(fixedBytes + (i * RingBytes));
            positions.Add(new RingPosition(BinaryPrimitives.ReadUInt128LittleEndian(entry), BinaryPrimitives.ReadInt64LittleEndian(entry[16..])));
        }

        return true;
    }
}
