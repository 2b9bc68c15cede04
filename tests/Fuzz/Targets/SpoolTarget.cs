using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using Unkey.Server.Events;

namespace Unkey.Fuzz.Targets;

/// <summary>Files of the spool. With the lowest bit of the first byte set, the checksum is made right, so that what lies behind it is reached.</summary>
internal sealed class SpoolTarget : FuzzTarget
{
    private const int ChecksumBytes = 32;

    private static readonly string s_folder = MakeFolder();

    /// <inheritdoc/>
    public override string Name => "spool";

    /// <inheritdoc/>
    public override string Promise => "files of the spool against a reader of the whole array; what is whole is written again as the same bytes; every event in it";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Words => ["unkyevts", "\u0001\0\0\0", "\u0002\0\0\0"];

    /// <inheritdoc/>
    public override IEnumerable<byte[]> Seeds()
    {
        EventBatchBuilder builder = new();
        foreach (byte[] payload in SampleEvents.All().Where(static payload => payload.Length > 0))
        {
            builder.Add(payload);
        }

        string path = Path.Combine(s_folder, "seed");
        SpoolFile.Write(path, EventSpool.BatchOf(builder), [new RingPosition(new UInt128(1, 2), 48), new RingPosition(3, 64)]);
        byte[] whole = File.ReadAllBytes(path);
        SpoolFile.Write(path, EventSpool.BatchOf(new EventBatchBuilder()), []);
        byte[] empty = File.ReadAllBytes(path);

        // Version 1 is version 2 without the number of requests.
        byte[] old = [.. empty[..44], .. empty[48..]];
        old[8] = 1;
        return new[] { whole, empty, old, whole[..60], empty[..20] }.SelectMany(static file => (byte[][])[[0, .. file], [1, .. file]]);
    }

    /// <inheritdoc/>
    public override void Run(byte[] input)
    {
        if (input.Length == 0)
        {
            return;
        }

        byte[] bytes = input[1..];
        if ((input[0] & 1) != 0 && bytes.Length >= ChecksumBytes)
        {
            SHA256.HashData(bytes.AsSpan(0, bytes.Length - ChecksumBytes), bytes.AsSpan(bytes.Length - ChecksumBytes));
        }

        string path = Path.Combine(s_folder, "batch");
        File.WriteAllBytes(path, bytes);
        bool hasHead = HasHead(bytes, out int fixedBytes, out int rings);
        bool isWhole = hasHead && SHA256.HashData(bytes.AsSpan(0, bytes.Length - ChecksumBytes)).AsSpan().SequenceEqual(bytes.AsSpan(bytes.Length - ChecksumBytes));
        Demand(SpoolFile.TryReadHead(path, out List<RingPosition> claimed) == hasHead, $"a head: {hasHead}");
        Demand(claimed.Count == (hasHead ? rings : 0), "positions of rings");
        Demand(SpoolFile.IsWhole(path) == isWhole, $"a whole file: {isWhole}");
        Demand(SpoolFile.TryRead(path, out EventBatch batch, out List<RingPosition> positions) == isWhole, $"a batch: {isWhole}");
        if (isWhole)
        {
            Demand(positions.SequenceEqual(claimed), "head and batch have other positions");
            Demand(batch.Events.Span.SequenceEqual(bytes.AsSpan((fixedBytes + (rings * 24))..^ChecksumBytes)), "the events are not those of the file");
            WriteAgain(batch, positions, bytes);
            ReadEvents(batch);
        }
    }

    private static bool HasHead(ReadOnlySpan<byte> bytes, out int fixedBytes, out int rings)
    {
        fixedBytes = rings = 0;
        if (bytes.Length < 44 || !bytes.StartsWith("unkyevts"u8) || BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]) is not (1 or 2))
        {
            return false;
        }

        fixedBytes = bytes[8] == 1 ? 44 : 48;
        rings = BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]);
        int eventBytes = BinaryPrimitives.ReadInt32LittleEndian(bytes[24..]);
        return rings is >= 0 and <= 4096 && eventBytes >= 0 && bytes.Length == fixedBytes + (24L * rings) + eventBytes + ChecksumBytes;
    }

    private static void WriteAgain(EventBatch batch, List<RingPosition> positions, byte[] bytes)
    {
        string path = Path.Combine(s_folder, "again");
        SpoolFile.Write(path, batch, positions);
        if (bytes[8] == 2)
        {
            Demand(File.ReadAllBytes(path).AsSpan().SequenceEqual(bytes), "written again the batch is another file");
        }

        Demand(SpoolFile.TryRead(path, out EventBatch again, out List<RingPosition> same), "what was written is not read");
        Demand(same.SequenceEqual(positions) && again.Events.Span.SequenceEqual(batch.Events.Span), "what is read is not what was written");
        Demand(again.Token == batch.Token && (again with { Events = default }) == (batch with { Events = default }), "the head has changed");
    }

    private static void ReadEvents(EventBatch batch)
    {
        int offset = 0;
        int before = 0;
        while (batch.TryNext(ref offset, out ReadOnlySpan<byte> payload))
        {
            Demand(offset == before + sizeof(int) + payload.Length && offset <= batch.Events.Length, "an event leaves the batch");
            before = offset;
            EventTarget.Check(payload);
        }
    }

    // In memory where there is such a folder: the file is written for every input.
    private static string MakeFolder()
    {
        string parent = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
        string folder = Directory.CreateDirectory(Path.Combine(parent, "unkey-fuzz-" + Environment.ProcessId)).FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return folder;
    }
}
