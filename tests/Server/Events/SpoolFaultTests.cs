using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Unkey.Server.Events;
using Unkey.Server.Tests.Tcp.Harness;
using Unkey.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Unkey.Server.Tests.Events;

/// <summary>Files of the spool that are not as they were written, and a spool that is full.</summary>
public sealed class SpoolFaultTests(ITestOutputHelper output) : IDisposable
{
    private const int Recovered = 4000;
    private const int Damaged = 4003;
    private const int Gone = 4004;
    private const int SpoolFull = 4014;
    private const int SpoolHasRoom = 4015;

    private readonly PipelineScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Fact]
    public async Task FilesThatAreNoBatchesAreSetAsideAtTheStartAndTheRestIsDelivered()
    {
        string[] files = await SealBatches(5);
        File.WriteAllBytes(files[1], []);
        File.WriteAllBytes(files[2], File.ReadAllBytes(files[2])[..^40]);
        byte[] flipped = File.ReadAllBytes(files[3]);
        flipped[^50] ^= 1;
        File.WriteAllBytes(files[3], flipped);
        string foreign = Path.Combine(_scene.Spool, "0000000000000700.events");
        File.WriteAllText(foreign, "a text that somebody left here, long enough to have a head: " + new string('x', 500));
        string misnamed = Path.Combine(_scene.Spool, "7.events");
        File.Copy(files[0], misnamed);
        string beyond = Path.Combine(_scene.Spool, "9223372036854775807.events");
        File.Copy(files[0], beyond);
        string unrelated = Path.Combine(_scene.Spool, "README");
        File.WriteAllText(unrelated, "not ours");
        string sparse = Path.Combine(_scene.Spool, "0000000000000701.events");
        using (FileStream large = File.Create(sparse))
        {
            // No array can hold it.
            large.SetLength(5L << 30);
        }

        await using (EventPipeline pipeline = _scene.Open())
        {
            Poll.Until(() => pipeline.Delivered == 2 && pipeline.SpoolBytes == 0, "the sound ones are delivered, the others set aside");
            Assert.Equal((7, 0, 0), (pipeline.Damaged, pipeline.Rejected, pipeline.Failures));
            Assert.True(pipeline.IsSinkUp);

            // Numbers go on behind all that was found, so that nothing set aside is overwritten later.
            _scene.Refusal = static _ => "down";
            PipelineScene.PublishSealed(pipeline, [9]);
            Assert.Equal("0000000000000702.events", Path.GetFileName(Assert.Single(_scene.Files(".events"))));
        }

        string[] aside = [.. new[] { files[1], files[2], files[3], foreign, misnamed, beyond, sparse }.Select(static path => path + ".damaged").Order(StringComparer.Ordinal)];
        Assert.Equal(aside, _scene.Files(".damaged"));
        Assert.Equal(aside, _scene.Log.Of(Damaged).Select(static line => line[line.IndexOf('/')..]).Order(StringComparer.Ordinal));
        Assert.True(File.Exists(unrelated));

        // Once: the next start says nothing more.
        _scene.Refusal = static _ => null;
        await using (EventPipeline pipeline = _scene.Open())
        {
            Poll.Until(() => pipeline.Delivered == 1, "the last one is delivered");
            Assert.Equal(0, pipeline.Damaged);
        }

        Assert.Equal(7, _scene.Log.Of(Damaged).Length);
        _scene.AssertStored([0, 4, 9]);
    }

    [Fact]
    public async Task AFileThatSomebodyRemovesIsCountedAndHoldsUpNobody()
    {
        await SealBatches(3);
        _scene.Refusal = static _ => "down";
        await using (EventPipeline pipeline = _scene.Open())
        {
            File.Delete(_scene.Files(".events")[1]);
            _scene.Refusal = static _ => null;
            Poll.Until(() => pipeline.Delivered == 2 && pipeline.SpoolBytes == 0, "the others are delivered");
            Assert.Equal((1, 2), (pipeline.Damaged, pipeline.Batches));
        }

        Assert.Single(_scene.Log.Of(Gone));
        _scene.AssertStored([0, 2]);
    }

    /// <summary>The process dies when a file is whole and not yet renamed, or the renaming is lost with the machine: the batch counts once, and its ring is not read again.</summary>
    [Fact]
    public async Task AWholeFileThatWasNotRenamedIsABatch()
    {
        string[] files = await SealBatches(2);
        File.Move(files[1], Path.ChangeExtension(files[1], ".unfinished"));
        File.WriteAllBytes(Path.Combine(_scene.Spool, "0000000000000009.unfinished"), File.ReadAllBytes(files[0])[..^1]);
        await using (EventPipeline pipeline = _scene.Open())
        {
            Poll.Until(() => pipeline.Delivered == 2, "both are delivered");
        }

        Assert.Empty(_scene.Files(".unfinished"));
        _scene.AssertStored([0, 1]);
    }

    /// <summary>The machine dies: of the rings the disk has pages of any earlier time, of the spool everything. Nothing that was delivered comes again.</summary>
    [Fact]
    public async Task RingsThatAreOlderThanWhatWasDeliveredBringNothingTwice()
    {
        Random random = TestSeed.Create(output, out string replay);
        string ring = Path.Combine(_scene.Data, "events", "ring-0.bin");
        List<byte[]> snapshots = [];
        int published = 0;
        await using (EventPipeline pipeline = _scene.Open())
        {
            for (int i = 0; i < 20; i++)
            {
                int[] batch = [.. Enumerable.Range(published, random.Next(1, 200))];
                foreach (int number in batch)
                {
                    PipelineScene.Publish(pipeline.Ring(0), number);
                }

                // Some of them before the batch is sealed, some after.
                snapshots.Add(Shared(ring));
                Poll.Until(() => pipeline.Buffered == 0, "the events are sealed");
                snapshots.Add(Shared(ring));
                published += batch.Length;
            }

            Poll.Until(() => pipeline.Delivered == published, "everything is delivered");
        }

        _scene.AssertStored(Enumerable.Range(0, published));
        string delivered = Assert.Single(_scene.Files(".delivered"));
        byte[] kept = File.ReadAllBytes(delivered);
        for (int round = 0; round < 30; round++)
        {
            const int Page = 4096;
            byte[] mixed = [.. snapshots[random.Next(snapshots.Count)]];
            for (int page = 0; round % 2 == 1 && page < mixed.Length / Page; page++)
            {
                snapshots[random.Next(snapshots.Count)].AsSpan(page * Page, Page).CopyTo(mixed.AsSpan(page * Page));
            }

            File.WriteAllBytes(ring, mixed);
            File.WriteAllBytes(delivered, kept);
            await using EventPipeline pipeline = _scene.Open();
            Assert.True(pipeline.SpoolBytes == 0 && _scene.Log.Of(Recovered).Length == 0, replay);
        }

        // The control: without that file the same rings bring events a second time.
        File.Delete(delivered);
        File.WriteAllBytes(ring, snapshots[4]);
        await using (EventPipeline pipeline = _scene.Open())
        {
            Assert.Single(_scene.Log.Of(Recovered));
        }
    }

    /// <summary>A file that claims a ring and is not whole: what is in the ring is delivered instead.</summary>
    [Fact]
    public async Task ADamagedFileDoesNotHideWhatItsRingStillHolds()
    {
        string ring = Path.Combine(_scene.Data, "events", "ring-0.bin");
        byte[] before;
        _scene.Refusal = static _ => "down";
        await using (EventPipeline pipeline = _scene.Open())
        {
            PipelineScene.Publish(pipeline.Ring(0), 1);
            PipelineScene.Publish(pipeline.Ring(0), 2);
            before = Shared(ring);
            Poll.Until(() => pipeline.Buffered == 0, "the events are sealed");
        }

        // Killed between sealing and moving the head: the file is sound, and the ring is not read again; or it is not, and the ring is.
        string file = _scene.Files(".events")[^1];
        byte[] sound = File.ReadAllBytes(file);
        foreach (bool isDamaged in (bool[])[false, true])
        {
            byte[] bytes = [.. sound];
            bytes[^60] ^= isDamaged ? (byte)1 : (byte)0;
            File.WriteAllBytes(file, bytes);
            File.WriteAllBytes(ring, before);
            await using EventPipeline pipeline = _scene.Open();
            Poll.Until(() => pipeline.Damaged == (isDamaged ? 1 : 0), "the damaged file is set aside");
            Assert.Single(_scene.Files(".events"));
            Assert.Equal(isDamaged ? 1 : 0, _scene.Log.Of(Recovered).Length);
        }

        _scene.Refusal = static _ => null;
        await using (EventPipeline pipeline = _scene.Open())
        {
            Poll.Until(() => pipeline.Delivered == 2, "both events are delivered");
        }

        _scene.AssertStored([1, 2]);
    }

    [Fact]
    public async Task AFullSpoolKeepsTheOldestCountsTheRestAndSaysSoOnce()
    {
        _scene.Options = _scene.Options with { SpoolBytesMax = 8_000, Pauses = new DeliveryPauses { SinkMin = TimeSpan.FromMilliseconds(5), SinkMax = TimeSpan.FromMilliseconds(5) } };
        _scene.Refusal = static _ => "down";
        await using (EventPipeline pipeline = _scene.Open())
        {
            // Batches of different sizes: a small one finds room where a large one does not.
            int published = 0;
            for (int i = 0; i < 40; i++)
            {
                int[] batch = [.. Enumerable.Range(published, i % 2 == 0 ? 20 : 1)];
                published += batch.Length;
                PipelineScene.PublishSealed(pipeline, batch);
            }

            int kept = published - (int)pipeline.Dropped;
            Assert.InRange(kept, 40, 100);
            Assert.InRange(pipeline.SpoolBytes, 5_000, 8_000);
            Assert.Single(_scene.Log.Of(SpoolFull));
            Assert.Empty(_scene.Log.Of(SpoolHasRoom));
            _scene.Refusal = static _ => null;
            Poll.Until(() => pipeline.Delivered == kept, "what was kept is delivered");
            PipelineScene.PublishSealed(pipeline, [published]);
            Poll.Until(() => pipeline.Delivered == kept + 1, "new events are taken again");
            Assert.Equal(published - kept, pipeline.Dropped);
            Assert.Single(_scene.Log.Of(SpoolFull));
            Assert.Single(_scene.Log.Of(SpoolHasRoom));
            await pipeline.CloseAsync(TimeSpan.FromSeconds(10));
            _scene.AssertStored([.. Enumerable.Range(0, kept), published]);
        }
    }

    /// <summary>What is recovered from rings counts as dropped as well when the spool has no room for it, and is said once.</summary>
    [Fact]
    public async Task AFullSpoolAtTheStartCountsWhatTheRingsHeld()
    {
        string ring = Path.Combine(_scene.Data, "events", "ring-0.bin");
        byte[] full;
        await using (EventPipeline pipeline = _scene.Open())
        {
            for (int i = 0; i < 500; i++)
            {
                PipelineScene.Publish(pipeline.Ring(0), i);
            }

            full = Shared(ring);
            await pipeline.CloseAsync(TimeSpan.Zero);
        }

        Directory.Delete(_scene.Spool, recursive: true);
        File.WriteAllBytes(ring, full);
        _scene.Options = _scene.Options with { SpoolBytesMax = 1 };
        await using EventPipeline again = _scene.Open();
        Assert.InRange(again.Dropped, 1, 500);
        Assert.Single(_scene.Log.Of(SpoolFull));
    }

    [Fact]
    public void ASealingThatFailsLeavesNothingOnTheDisk()
    {
        string directory = Path.Combine(_scene.Data, "spool");
        EventSpool spool = EventSpool.Open(directory, 1 << 20, _scene.Log, out _);
        EventBatchBuilder builder = new();
        builder.Add(EventPayloads.Verification("req_1"));

        // A directory in the place of the file: the batch is written and cannot be renamed.
        string inTheWay = Path.Combine(directory, "0000000000000000.events");
        Directory.CreateDirectory(inTheWay);
        Assert.ThrowsAny<IOException>(() => spool.Seal(builder, []));
        Assert.Empty(Directory.GetFiles(directory));
        Directory.Delete(inTheWay);
        Assert.Equal(0, spool.Seal(builder, [])!.Value.Number);
    }

    /// <summary>A start reads heads: of a gigabyte of batches it takes little memory, and little of the disk.</summary>
    [Fact]
    public void AStartReadsTheHeadsOfTheFilesOnly()
    {
        string directory = Path.Combine(_scene.Data, "spool");
        Directory.CreateDirectory(directory);
        const int Files = 64;
        const int Bytes = 16 << 20;
        string first = Path.Combine(directory, "0000000000000000.events");
        SpoolFile.Write(first, new EventBatch(new string('0', 32), 1, 0, new byte[Bytes]), [new RingPosition(1, 16)]);
        byte[] head = File.ReadAllBytes(first)[..72];
        for (int i = 1; i < Files; i++)
        {
            using FileStream file = File.Create(Path.Combine(directory, $"{i:D16}.events"));
            file.Write(head);
            file.SetLength(new FileInfo(first).Length);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        EventSpool spool = EventSpool.Open(directory, long.MaxValue, _scene.Log, out SpoolClaims claims);
        Assert.Equal(Files, spool.Count);
        Assert.Equal(Files * SpoolFile.BytesOf(Bytes, 1), spool.Bytes);

        // One of them is whole and carries the claim; it is found without reading any file into memory.
        Assert.Equal(16, claims.SealedUpTo(1, 0));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
    }

    private static byte[] Shared(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Leaves batches of one event each in the spool: event 0 in the first, event 1 in the second.</summary>
    private async Task<string[]> SealBatches(int count)
    {
        _scene.Refusal = static _ => "down";
        await using (EventPipeline pipeline = _scene.Open())
        {
            for (int i = 0; i < count; i++)
            {
                PipelineScene.PublishSealed(pipeline, [i]);
            }
        }

        _scene.Refusal = static _ => null;
        string[] files = _scene.Files(".events");
        Assert.Equal(count, files.Length);
        return files;
    }
}
