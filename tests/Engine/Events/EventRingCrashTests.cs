using System;
using System.Collections.Generic;
using System.Linq;
using Unkey.Tests.Oracles;
using Unkey.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Unkey.Engine.Tests.Events;

/// <summary>A ring is opened in every state that a death of the process, or of the machine, can leave it in.</summary>
public sealed class EventRingCrashTests(ITestOutputHelper output)
{
    // Every subset of the words that one publication changes: 2^13 rings are opened at most.
    private const int WordsMax = 13;

    /// <summary>
    /// The memory is taken after each call that stores something, and the words that one call changes are applied one after the other, in every order
    /// that keeps the tail last (ascending, descending and at random), half words included: a store of the payload, of a head or of a skip is never one
    /// that a reader sees. The tail itself is one aligned word, and with it the event is there.
    /// </summary>
    [Fact]
    public void AfterEveryStoreOfAPublicationAReaderFindsWhatWasPublishedBefore()
    {
        Random random = TestSeed.Create(output, out string replay);
        using RingScene scene = new();
        FillUntilNearTheEnd(scene);
        int states = 0;
        for (int round = 0; round < 12; round++)
        {
            byte[] before = scene.Snapshot();
            int[] sizes = [100, 1, 2, 15, 16, 17, 40, 63];
            byte[] payload = Bytes(random, sizes[round % sizes.Length]);
            List<byte[]> steps = [before];
            long tail = scene.Ring.Tail;
            Assert.True(scene.Publish(payload, () => steps.Add(scene.Snapshot())), replay);
            List<(long, byte[])> old = RingScene.Read(before, out bool wasTorn)!;
            Assert.False(wasTorn);
            for (int i = 1; i < steps.Count; i++)
            {
                int[] changed = [.. Enumerable.Range(0, before.Length / 4).Where(half => !Half(steps[i - 1], half).SequenceEqual(Half(steps[i], half)) && half is not (32 or 33))];
                foreach (int[] order in (int[][])[changed, [.. changed.Reverse()], [.. changed.OrderBy(_ => random.Next())]])
                {
                    byte[] state = [.. steps[i - 1]];
                    for (int made = 0; made <= order.Length; made++)
                    {
                        AssertOnly(old, state, replay);
                        states++;
                        if (made < order.Length)
                        {
                            Half(steps[i], order[made]).CopyTo(state.AsSpan(order[made] * 4));
                        }
                    }
                }
            }

            List<(long, byte[] Payload)> now = RingScene.Read(steps[^1], out bool isTorn)!;
            Assert.False(isTorn, replay);
            Assert.Equal(old.Count + 1, now.Count);
            Assert.Equal(payload, now[^1].Payload);
            Assert.True(scene.Ring.Tail > tail);
        }

        output.WriteLine($"{states} states");
        Assert.True(states > 1_000);
    }

    /// <summary>The machine dies: any of the words that a publication stores, the tail among them, is on the disk or is not.</summary>
    [Fact]
    public void AnySubsetOfTheWordsOfAPublicationHoldsWholeEventsOnly()
    {
        Random random = TestSeed.Create(output, out string replay);
        using RingScene scene = new();

        // Twice around, so that what lies there already looks like records; then up to the end, so that one publication also skips.
        for (int i = 0; i < 4_000; i++)
        {
            scene.Publish(Bytes(random, random.Next(1, 100)));
            scene.Ring.Release(scene.Ring.Tail);
        }

        FillUntilNearTheEnd(scene);
        int skips = 0;
        int found = 0;
        for (int round = 0; round < 8; round++)
        {
            byte[] before = scene.Snapshot();
            Assert.True(scene.Publish(Bytes(random, round == 0 ? 50 : random.Next(20, 57))), replay);
            byte[] after = scene.Snapshot();
            int[] changed = [.. Enumerable.Range(0, before.Length / RingScene.WordBytes).Where(word => !Word(before, word).SequenceEqual(Word(after, word)))];
            Assert.InRange(changed.Length, 3, WordsMax);
            skips += changed.Max() - changed.Where(static word => word > 32).Min() > 200 ? 1 : 0;
            List<(long, byte[])> old = RingScene.Read(before, out _)!;
            byte[] state = new byte[before.Length];
            for (int subset = 0; subset < 1 << changed.Length; subset++)
            {
                before.CopyTo(state, 0);
                for (int i = 0; i < changed.Length; i++)
                {
                    if ((subset >> i & 1) != 0)
                    {
                        Word(after, changed[i]).CopyTo(state.AsSpan(changed[i] * RingScene.WordBytes));
                    }
                }

                List<(long, byte[])> read = RingScene.Read(state, out bool isTorn)!;
                Assert.True(scene.AreTrue(read) && read.Count >= old.Count, replay);
                bool isWhole = read.Count == old.Count + 1;
                Assert.True(isWhole || subset != (1 << changed.Length) - 1, replay);
                Assert.False(isWhole && isTorn, replay);
                found += isWhole ? 1 : 0;
            }
        }

        Assert.True(skips > 0, "no publication skipped to the start");
        Assert.True(found >= 8, replay);
    }

    /// <summary>The machine dies after a while of publishing and releasing: each page, or sector, is of a time of its own.</summary>
    [Theory]
    [InlineData(4096)]
    [InlineData(512)]
    public void PagesOfDifferentTimesHoldWholeEventsOfTrueContentOnly(int block)
    {
        Random random = TestSeed.Create(output, out string replay);
        using RingScene scene = new();
        List<byte[]> snapshots = Snapshots(scene, random, 60);
        int rings = 0;
        int torn = 0;
        long delivered = 0;
        int caught = 0;
        for (int round = 0; round < 3_000; round++)
        {
            byte[] mixed = Mix(snapshots, random, block);
            if (RingScene.Read(mixed, out bool isTorn) is not { } read)
            {
                continue;
            }

            Assert.True(scene.AreTrue(read), replay);
            rings++;
            delivered += read.Count;
            torn += isTorn ? 1 : 0;
            caught += scene.AreTrue(RingScene.ReadWithoutChecks(mixed)) ? 0 : 1;
        }

        output.WriteLine($"{rings} rings, {torn} torn, {delivered} events, {caught} times a reader without checks was wrong");
        Assert.True(rings > 1_000 && torn > 100 && delivered > 1_000, "the states are too tame to show anything");

        // The control: without position and checksum the same states deliver what never was.
        Assert.True(caught > 100, "a reader that checks nothing was not caught");
    }

    private static List<byte[]> Snapshots(RingScene scene, Random random, int count)
    {
        List<byte[]> snapshots = [];
        while (snapshots.Count < count)
        {
            for (int i = random.Next(1, 40); i > 0; i--)
            {
                scene.Publish(Bytes(random, random.Next(1, 400)));
            }

            snapshots.Add(scene.Snapshot());

            // Sometimes half, sometimes everything is given back.
            long position = scene.Ring.Head;
            for (int i = random.Next(200); i > 0 && scene.Ring.TryRead(ref position, out _); i--)
            {
            }

            scene.Ring.Release(position);
            snapshots.Add(scene.Snapshot());
        }

        return snapshots;
    }

    // Pages of one time, of two times close to each other, or of any.
    private static byte[] Mix(List<byte[]> snapshots, Random random, int block)
    {
        int first = random.Next(snapshots.Count);
        int span = random.Next(3) switch { 0 => 1, 1 => 4, _ => snapshots.Count };
        byte[] mixed = [.. snapshots[first]];
        for (int at = 0; at < mixed.Length; at += block)
        {
            snapshots[(first + random.Next(span + 1)) % snapshots.Count].AsSpan(at, block).CopyTo(mixed.AsSpan(at));
        }

        return mixed;
    }

    private static void AssertOnly(List<(long Position, byte[] Payload)> expected, byte[] state, string replay)
    {
        List<(long Position, byte[] Payload)> read = RingScene.Read(state, out bool isTorn)!;
        Assert.False(isTorn, replay);
        Assert.Equal(expected.Count, read.Count);
        for (int i = 0; i < read.Count; i++)
        {
            Assert.True(read[i].Position == expected[i].Position && read[i].Payload.AsSpan().SequenceEqual(expected[i].Payload), replay);
        }
    }

    private static ReadOnlySpan<byte> Half(byte[] memory, int half) => memory.AsSpan(half * 4, 4);

    private static ReadOnlySpan<byte> Word(byte[] memory, int word) => memory.AsSpan(word * RingScene.WordBytes, RingScene.WordBytes);

    // Leaves a few events in the ring, and less than 80 bytes before its end.
    private static void FillUntilNearTheEnd(RingScene scene)
    {
        while (BeforeEnd(scene) > 300)
        {
            scene.Publish(new byte[60]);
            scene.Ring.Release(scene.Ring.Tail);
        }

        for (byte i = 1; BeforeEnd(scene) >= 80; i++)
        {
            scene.Publish([i, i]);
        }
    }

    private static long BeforeEnd(RingScene scene) => RingScene.Capacity - (scene.Ring.Tail % RingScene.Capacity);

    private static byte[] Bytes(Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
