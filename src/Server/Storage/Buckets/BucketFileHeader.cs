using System;
using System.Buffers.Binary;
using System.Security.Cryptography;
using Unkey.Engine;
using Unkey.Engine.Limits;

namespace Unkey.Server.Storage.Buckets;

/// <summary>The first page of a bucket file: what the pages behind it mean, and the secret that their keys were made with. Immutable.</summary>
/// <remarks>
/// <code>
///    0  magic          8   "UNKEYBKT"
///    8  version        4   of this header
///   12  layout         4   BucketTable.LayoutVersion
///   16  capacity       8   slots of the table
///   24  secret        16   key of the KeyedHash
///   40  checksum      32   SHA-256 of the bytes before it
/// 2048  latest         8   latest unix ms at which the file was written; the only field that changes
/// 4096  pages              slot i of the table at 4096 + 32 * i; pages without a bucket are holes
/// </code>
/// Integers are little-endian. The checksum finds accidents, not attackers: whoever can write the file can also read the secret.
/// </remarks>
internal sealed record BucketFileHeader
{
    /// <summary>Bytes of the header, a page, so that slots keep their places inside pages and sectors.</summary>
    public const int ByteCount = BucketTable.PageBytes;

    /// <summary>Where the time of the latest write stands, in a sector of its own.</summary>
    public const int LatestOffset = 2048;

    private const uint Version = 1;
    private const int ChecksumOffset = 40;

    /// <summary>Slots of the table.</summary>
    public required long Capacity { get; init; }

    /// <summary>Key of the <see cref="KeyedHash"/> of the table's keys.</summary>
    public required byte[] Secret { get; init; }

    private static ReadOnlySpan<byte> Magic => "UNKEYBKT"u8;

    /// <summary>Reads a header.</summary>
    /// <param name="bytes">The start of a file, at most <see cref="ByteCount"/> bytes; fewer when the file is shorter.</param>
    /// <param name="header">The header.</param>
    /// <param name="problem">Why it is none, as the end of a sentence about the file.</param>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out BucketFileHeader? header, out string problem)
    {
        header = null;
        problem = "";
        if (bytes.Length < ByteCount)
        {
            problem = $"has {bytes.Length} bytes, and its header alone has {ByteCount}";
        }
        else if (!bytes.StartsWith(Magic))
        {
            problem = "was not written by unkey";
        }
        else if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) != Version
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]) != BucketTable.LayoutVersion)
        {
            problem = "was written by another version of unkey";
        }
        else if (!bytes.Slice(ChecksumOffset, SHA256.HashSizeInBytes).SequenceEqual(SHA256.HashData(bytes[..ChecksumOffset])))
        {
            problem = "has a damaged header";
        }
        else
        {
            header = new BucketFileHeader
            {
                Capacity = BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
                Secret = bytes.Slice(24, KeyedHash.KeyBytes).ToArray(),
            };
        }

        return header is not null;
    }

    /// <summary>Writes the header.</summary>
    /// <returns><see cref="ByteCount"/> bytes.</returns>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[ByteCount];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), Version);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12), BucketTable.LayoutVersion);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), Capacity);
        Secret.CopyTo(bytes, 24);
        SHA256.HashData(bytes.AsSpan(0, ChecksumOffset), bytes.AsSpan(ChecksumOffset));
        return bytes;
    }
}
