using System;
using System.Collections.Generic;
using System.Linq;
using Unkey.Engine.Events;
using Unkey.Tests.Oracles;
using Unkey.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Unkey.Engine.Tests.Events;

public sealed class EventRingTests(ITestOutputHelper output)
{
    private const long Capacity = EventRing.CapacityMin;

    [Fact]
    public void ARingGivesBackWhatWasPublishedInOrderAlsoAfterItsProcess()
    {
        SharedMemory memory = New();
        using EventRing ring = EventRing.Create(memory, Capacity);
        Assert.True(Publish(ring, [1, 2, 3]));
        Assert.True(Publish(ring, [4]));
        using EventRing found = EventRing.Open(memory.Copy())!;
        Assert.Equal(ring.Id, found.Id);
        long position = found.Head;
        Assert.Equal([[1, 2, 3], [4]], ReadAll(found, ref position));
        Assert.False(found.IsTornAt(position));
        found.Release(position);
        Assert.Equal(found.Tail, found.Head);
    }

    [Fact]
    public void WhatFindsNoRoomIsCountedAndChangesNothing()
    {
        using EventRing ring = EventRing.Create(New(), Capacity);
        int published = 0;
        while (Publish(ring, new byte[1000]))
        {
            published++;
        }

        Assert.InRange(published, 60, 64);
        Assert.Equal(1, ring.Dropped);
        Assert.False(ring.TryReserve(ring.PayloadBytesMax + 1, out _));
        Assert.False(ring.TryReserve(0, out _));
        Assert.Equal(3, ring.Dropped);
        long position = ring.Head;
        Assert.Equal(published, ReadAll(ring, ref position).Count);
        ring.Release(position);
        Assert.True(Publish(ring, new byte[1000]));
    }

    /// <summary>Where a recovery begins is said by a file; behind the memory of the ring lies a page that cannot be read.</summary>
    [Fact]
    public void AReaderMayBeToldAnyPlaceAndReadsNothingBeyondTheMemory()
    {
        using RingScene scene = new();
        while (scene.Ring.Tail <= Capacity)
        {
            Assert.True(scene.Publish(new byte[777]));
            scene.Ring.Release(scene.Ring.Tail);
        }

        byte[] state = scene.Snapshot();
        for (long from = Capacity - 64; from <= Capacity + 64; from++)
        {
            Assert.True(scene.AreTrue(RingScene.Read(state, out _, from)!));
        }

        Assert.All([long.MinValue, -1, -16, long.MaxValue, long.MaxValue - 15], from => Assert.True(scene.AreTrue(RingScene.Read(state, out _, from)!)));
    }

    [Fact]
    public void AWriterThatOverflowsPublishesNothing()
    {
        using EventRing ring = EventRing.Create(New(), Capacity);
        Assert.True(ring.TryReserve(4, out EventWriter writer));
        writer.Number(1);
        ring.Publish(in writer);
        Assert.Equal((1, 0), (ring.Dropped, ring.Tail));
    }

    [Fact]
    public void AnyMixOfReservationsPublicationsAndReleasesBehavesLikeAQueue()
    {
        Random random = TestSeed.Create(output, out string replay);
        for (int round = 0; round < 50; round++)
        {
            SharedMemory memory = New();
            using EventRing ring = EventRing.Create(memory, Capacity);
            Queue<byte[]> expected = new();
            long position = 0;
            for (int step = 0; step < 2_000; step++)
            {
                int choice = random.Next(10);
                if (choice < 7)
                {
                    byte[] payload = new byte[random.Next(4) == 0 ? random.Next(1, ring.PayloadBytesMax + 1) : random.Next(1, 300)];
                    random.NextBytes(payload);
                    if (Publish(ring, payload))
                    {
                        expected.Enqueue(payload);
                    }
                }
                else if (choice == 7)
                {
                    _ = ring.TryReserve(random.Next(1, 4000), out _);
                }
                else if (ring.TryRead(ref position, out ReadOnlySpan<byte> payload))
                {
                    Assert.True(payload.SequenceEqual(expected.Dequeue()), replay);
                    ring.Release(position);
                }
            }

            Assert.Equal(expected.Select(Convert.ToHexString), ReadAll(ring, ref position).Select(Convert.ToHexString));
        }
    }

    /// <summary>A process dies between two stores: the stores before are there, the ones after are not. The event is there whole or not at all.</summary>
    [Fact]
    public void ADeathAtAnyStoreOfAPublicationLeavesAWholeRing()
    {
        SharedMemory memory = New();
        using EventRing ring = EventRing.Create(memory, Capacity);
        // Close to the end, so that the publication also skips to the start.
        while (ring.Tail < Capacity - 256)
        {
            Publish(ring, new byte[100]);
            ring.Release(ring.Tail);
        }

        Publish(ring, [7, 7]);
        byte[] before = memory.Bytes.ToArray();
        Assert.True(Publish(ring, [.. Enumerable.Range(1, 200).Select(static i => (byte)i)]));
        byte[] after = memory.Bytes.ToArray();

        // The tail is the last store; everything else may have been made up to any byte.
        const int TailOffset = 128;
        int[] changed = [.. Enumerable.Range(0, before.Length).Where(i => before[i] != after[i] && i is < TailOffset or >= TailOffset + 8)];
        Assert.True(changed.Length > 200);
        for (int made = 0; made <= changed.Length; made++)
        {
            SharedMemory dead = New();
            before.CopyTo(dead.Bytes);
            foreach (int i in changed.AsSpan(0, made))
            {
                dead.Bytes[i] = after[i];
            }

            Assert.Equal([[7, 7]], Recover(dead, out bool isTorn));
            Assert.False(isTorn);
        }

        SharedMemory complete = New();
        after.CopyTo(complete.Bytes);
        Assert.Equal(2, Recover(complete, out _).Count);
    }

    /// <summary>A machine dies: pages of different times. The tail may be newer than the records before it; such a record is never delivered.</summary>
    [Fact]
    public void ATornRecordEndsTheRingAndIsNeverDelivered()
    {
        Random random = TestSeed.Create(output, out string replay);
        SharedMemory memory = New();
        using EventRing ring = EventRing.Create(memory, Capacity);
        byte[] empty = memory.Bytes.ToArray();
        byte[][] payloads = [.. Enumerable.Range(0, 40).Select(i => RandomBytes(random, 500))];
        foreach (byte[] payload in payloads)
        {
            Publish(ring, payload);
        }

        byte[] full = memory.Bytes.ToArray();
        for (int round = 0; round < 2_000; round++)
        {
            // Sectors of data that did not reach the disk, under a tail that did.
            SharedMemory dead = New();
            full.CopyTo(dead.Bytes);
            const int Sector = 512;
            int lost = (4096 / Sector) + random.Next(40);
            empty.AsSpan(lost * Sector, Sector).CopyTo(dead.Bytes[(lost * Sector)..]);
            List<byte[]> found = Recover(dead, out bool isTorn);
            Assert.True(found.Count < payloads.Length && isTorn, replay);
            for (int i = 0; i < found.Count; i++)
            {
                Assert.True(found[i].AsSpan().SequenceEqual(payloads[i]), replay);
            }
        }
    }

    [Fact]
    public void ForeignMemoryIsNoRing()
    {
        Assert.Null(EventRing.Open(new SharedMemory(100)));
        Assert.Null(EventRing.Open(New()));
        Random random = TestSeed.Create(output, out _);
        for (int round = 0; round < 1_000; round++)
        {
            SharedMemory memory = New();
            EventRing made = EventRing.Create(memory, Capacity);
            for (byte i = 1; i <= 5; i++)
            {
                Publish(made, [i, i, i]);
            }

            random.NextBytes(memory.Bytes.Slice(random.Next(300), 8));
            if (EventRing.Open(memory) is { } ring)
            {
                // Whatever the header says, reading stays inside and ends.
                long position = ring.Head;
                _ = ReadAll(ring, ref position);
            }
        }
    }

    private static SharedMemory New() => new(EventRing.MemoryBytes(Capacity));

    private static byte[] RandomBytes(Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private static bool Publish(EventRing ring, byte[] payload)
    {
        if (!ring.TryReserve(payload.Length, out EventWriter writer))
        {
            return false;
        }

        foreach (byte value in payload)
        {
            writer.Byte(value);
        }

        ring.Publish(in writer);
        return true;
    }

    private static List<byte[]> ReadAll(EventRing ring, ref long position)
    {
        List<byte[]> all = [];
        while (ring.TryRead(ref position, out ReadOnlySpan<byte> payload))
        {
            all.Add(payload.ToArray());
        }

        return all;
    }

    private static List<byte[]> Recover(SharedMemory memory, out bool isTorn)
    {
        using EventRing ring = EventRing.Open(memory)!;
        long position = ring.Head;
        List<byte[]> all = ReadAll(ring, ref position);
        isTorn = ring.IsTornAt(position);
        return all;
    }
}
