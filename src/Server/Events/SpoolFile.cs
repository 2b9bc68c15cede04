using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Security.Cryptography;
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
        hash.AppendData(batch.Events.Span);
        using FileStream file = PrivateFile.Open(path, FileMode.Create, FileAccess.Write, FileShare.None);
        file.Write(head);
        file.Write(batch.Events.Span);
        file.Write(hash.GetHashAndReset());
        file.Flush(flushToDisk: true);
        return file.Length;
    }

    /// <summary>Reads a batch.</summary>
    /// <param name="path">The file.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="positions">What it holds of which ring.</param>
    /// <returns>Whether the file is a whole batch of this version.</returns>
    public static bool TryRead(string path, out EventBatch batch, out List<RingPosition> positions)
    {
        byte[] bytes = File.ReadAllBytes(path);
        batch = new EventBatch("", 0, 0, default);
        positions = [];
        if (bytes.Length < RequestsOffset + ChecksumBytes
            || BinaryPrimitives.ReadUInt64LittleEndian(bytes) != Magic
            || BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(8)) is not (1 or Version)
            || !SHA256.HashData(bytes.AsSpan(0, bytes.Length - ChecksumBytes)).AsSpan().SequenceEqual(bytes.AsSpan(bytes.Length - ChecksumBytes)))
        {
            return false;
        }

        bool hasRequests = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(8)) != 1;
        int fixedBytes = hasRequests ? FixedBytes : RequestsOffset;
        int rings = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(12));
        int eventBytes = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(24));
        if (rings is < 0 or > RingsMax || eventBytes < 0 || eventBytes != bytes.Length - ChecksumBytes - fixedBytes - (rings * RingBytes))
        {
            return false;
        }

        for (int i = 0; i < rings; i++)
        {
            ReadOnlySpan<byte> entry = bytes.AsSpan(fixedBytes + (i * RingBytes));
            positions.Add(new RingPosition(BinaryPrimitives.ReadUInt128LittleEndian(entry), BinaryPrimitives.ReadInt64LittleEndian(entry[16..])));
        }

        batch = new EventBatch(
            Convert.ToHexStringLower(bytes.AsSpan(28, 16)),
            BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(16)),
            BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(20)),
            bytes.AsMemory(fixedBytes + (rings * RingBytes), eventBytes))
        {
            Requests = hasRequests ? BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(RequestsOffset)) : 0,
        };
        return true;
    }
}
