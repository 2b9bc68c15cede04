using System;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Unkey.Engine.Keys;
using Unkey.Server.Commands;

namespace Unkey.Server.Storage.Snapshots;

/// <summary>The first page of a snapshot: whose keys it has, and what lies behind it. Immutable.</summary>
/// <remarks>
/// <code>
///    0  magic       8   "UNKEYSNP"
///    8  version     4   of this file's layout
///   12  layout      4   KeyImage.LayoutVersion
///   16  schema      4   of the database
///   20  blocks      4   KeyImage.BlockBytes each, from 4096 on; the last one may be shorter
///   24  keys        8   in all blocks
///   32  token      16   that the last commit has put into the database
///   48  database   32   FileState of the database when it was closed: bytes, inode, modified, changed
///   80  tail length     8
///   88  tail checksum   8   see SnapshotTail; it lies behind the last block
///   96  secret     48   of the places in the key table
///  144  build      64   version and commit of the binary, UTF-8, padded with zeros: it has encoded the records
///  208  checksum   32   SHA-256 of the bytes before it
/// </code>
/// Integers are little-endian. A block is 8 bytes of checksum (XxHash3 of what follows, seeded by the token, so that a block of an older file is not
/// taken for one of this), 4 of where its records end, 4 of their number, and the records of a <see cref="KeyImage"/>.
/// The checksums find accidents, not attackers: whoever can write the file can write the database beside it.
/// </remarks>
internal sealed record SnapshotHeader
{
    /// <summary>Bytes of the header.</summary>
    public const int ByteCount = 4096;

    /// <summary>Bytes of a token.</summary>
    public const int TokenBytes = 16;

    /// <summary>Bytes of the table's secret.</summary>
    public const int SecretBytes = 48;

    private const uint Version = 1;
    private const int BuildOffset = 144;
    private const int BuildBytes = 64;
    private const int ChecksumOffset = 208;

    /// <summary>Schema version of the database.</summary>
    public required int Schema { get; init; }

    /// <summary>Number of blocks.</summary>
    public required int Blocks { get; init; }

    /// <summary>Keys in all blocks.</summary>
    public required long Keys { get; init; }

    /// <summary>What the last commit has put into the database, <see cref="TokenBytes"/> bytes.</summary>
    public required byte[] Token { get; init; }

    /// <summary>The database when it was closed.</summary>
    public required FileState Database { get; init; }

    /// <summary>Bytes of the <see cref="SnapshotTail"/>.</summary>
    public required long TailBytes { get; init; }

    /// <summary>Its checksum.</summary>
    public required ulong TailChecksum { get; init; }

    /// <summary>Secret of the places in the key table.</summary>
    public required byte[] Secret { get; init; }

    private static ReadOnlySpan<byte> Magic => "UNKEYSNP"u8;

    /// <summary>Reads a header.</summary>
    /// <param name="bytes">The start of a file, at most <see cref="ByteCount"/> bytes; fewer when the file is shorter.</param>
    /// <param name="problem">Why it is none, as the end of a sentence about the file.</param>
    public static SnapshotHeader? Read(ReadOnlySpan<byte> bytes, out string problem)
    {
        problem = "";
        if (bytes.Length < ByteCount)
        {
            problem = $"has {bytes.Length} bytes, and its header alone has {ByteCount}";
        }
        else if (!bytes.StartsWith(Magic))
        {
            problem = "was not written by unkey, or not to its end";
        }
        else if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) != Version
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]) != KeyImage.LayoutVersion
            || !bytes.Slice(BuildOffset, BuildBytes).SequenceEqual(Build()))
        {
            problem = "was written by another version of unkey";
        }
        else if (!bytes.Slice(ChecksumOffset, SHA256.HashSizeInBytes).SequenceEqual(SHA256.HashData(bytes[..ChecksumOffset])))
        {
            problem = "has a damaged header";
        }

        return problem.Length > 0 ? null : new SnapshotHeader
        {
            Schema = BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]),
            Blocks = BinaryPrimitives.ReadInt32LittleEndian(bytes[20..]),
            Keys = BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]),
            Token = bytes.Slice(32, TokenBytes).ToArray(),
            Database = new FileState(
                BinaryPrimitives.ReadInt64LittleEndian(bytes[48..]),
                BinaryPrimitives.ReadInt64LittleEndian(bytes[56..]),
                BinaryPrimitives.ReadInt64LittleEndian(bytes[64..]),
                BinaryPrimitives.ReadInt64LittleEndian(bytes[72..])),
            TailBytes = BinaryPrimitives.ReadInt64LittleEndian(bytes[80..]),
            TailChecksum = BinaryPrimitives.ReadUInt64LittleEndian(bytes[88..]),
            Secret = bytes.Slice(96, SecretBytes).ToArray(),
        };
    }

    /// <summary>Writes the header.</summary>
    /// <returns><see cref="ByteCount"/> bytes.</returns>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[ByteCount];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), KeyImage.LayoutVersion);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), Schema);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(20), Blocks);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), Keys);
        Token.CopyTo(bytes, 32);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(48), Database.Bytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(56), Database.Inode);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(64), Database.ModifiedNs);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(72), Database.ChangedNs);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(80), TailBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(88), TailChecksum);
        Secret.CopyTo(bytes, 96);
        Build().CopyTo(bytes, BuildOffset);
        SHA256.HashData(bytes.AsSpan(0, ChecksumOffset), bytes.AsSpan(ChecksumOffset));
        return bytes;
    }

    /// <summary>Where a block begins; with the number of blocks, where the tail begins.</summary>
    public static long OffsetOf(int block) => ByteCount + ((long)block * KeyImage.BlockBytes);

    private static byte[] Build()
    {
        byte[] build = new byte[BuildBytes];
        byte[] text = Encoding.UTF8.GetBytes(BuildVersion.Full);
        text.AsSpan(0, Math.Min(text.Length, BuildBytes)).CopyTo(build);
        return build;
    }
}
