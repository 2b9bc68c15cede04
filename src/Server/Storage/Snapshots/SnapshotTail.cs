using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Hashing;
using System.Text;

namespace Unkey.Server.Storage.Snapshots;

/// <summary>The end of a snapshot: what the indexes in its records mean, and which keys are not in it. Immutable.</summary>
/// <remarks>Three lists of texts one after the other; a list is its count in 4 bytes and the texts as <see cref="BinaryWriter"/> writes them.</remarks>
/// <param name="Workspaces">Ids by index.</param>
/// <param name="Apis">Ids by index.</param>
/// <param name="Others">Ids of the keys that have to be read from the database.</param>
internal sealed record SnapshotTail(IReadOnlyList<string> Workspaces, IReadOnlyList<string> Apis, IReadOnlyList<string> Others)
{
    /// <summary>Reads a tail whose checksum was right.</summary>
    /// <returns><see langword="null"/> when it is none.</returns>
    public static SnapshotTail? Read(byte[] bytes)
    {
        using BinaryReader reader = new(new MemoryStream(bytes));
        try
        {
            SnapshotTail tail = new(ReadList(reader), ReadList(reader), ReadList(reader));
            return reader.BaseStream.Position == bytes.Length ? tail : null;
        }
        catch (Exception exception) when (exception is EndOfStreamException or FormatException or InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>Writes the tail.</summary>
    public byte[] ToBytes()
    {
        using MemoryStream bytes = new();
        using (BinaryWriter writer = new(bytes, Encoding.UTF8, leaveOpen: true))
        {
            foreach (IReadOnlyList<string> list in (IEnumerable<IReadOnlyList<string>>)[Workspaces, Apis, Others])
            {
                writer.Write(list.Count);
                foreach (string text in list)
                {
                    writer.Write(text);
                }
            }
        }

        return bytes.ToArray();
    }

    /// <summary>The checksum of a tail or of a block behind its checksum.</summary>
    /// <param name="bytes">What is checked.</param>
    /// <param name="token">The token of the file that it is in.</param>
    public static ulong Checksum(ReadOnlySpan<byte> bytes, byte[] token) => XxHash3.HashToUInt64(bytes, BitConverter.ToInt64(token));

    private static List<string> ReadList(BinaryReader reader)
    {
        int count = reader.ReadInt32();

        // A text takes a byte at least, so a count that is none cannot ask for more than there is.
        if (count < 0 || count > reader.BaseStream.Length - reader.BaseStream.Position)
        {
            throw new InvalidDataException();
        }

        List<string> list = new(count);
        for (int i = 0; i < count; i++)
        {
            list.Add(reader.ReadString());
        }

        return list;
    }
}
