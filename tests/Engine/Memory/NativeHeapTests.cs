using System;
using System.Collections.Generic;
using System.Threading;
using Unkey.Engine.Memory;
using Unkey.Engine.Tests.Keys;
using Xunit;

namespace Unkey.Engine.Tests.Memory;

public sealed unsafe class NativeHeapTests
{
    /// <summary>Each object is filled with its own number; an overlap or a double hand-out would overwrite one.</summary>
    [Fact]
    public void LiveObjectsNeverOverlap()
    {
        var random = new Random(TestKeys.Seed);
        var writer = new Lock();
        using var heap = new NativeHeap(writer);
        var live = new List<(nint Address, int Bytes, byte Fill)>();
        lock (writer)
        {
            for (int step = 0; step < 20_000; step++)
            {
                if (live.Count > 0 && random.Next(100) < 45)
                {
                    int pick = random.Next(live.Count);
                    (nint address, int bytes, byte fill) = live[pick];
                    Assert.Equal(-1, new ReadOnlySpan<byte>((void*)address, bytes).IndexOfAnyExcept(fill));
                    heap.Free((byte*)address, (nuint)bytes);
                    live[pick] = live[^1];
                    live.RemoveAt(live.Count - 1);
                }
                else
                {
                    int bytes = random.Next(20) == 0 ? random.Next(1, 20_000) : random.Next(1, 400);
                    byte* pointer = heap.Allocate((nuint)bytes);
                    Assert.Equal(0, (nint)pointer % NativeHeap.Granule);
                    byte fill = (byte)random.Next(256);
                    new Span<byte>(pointer, bytes).Fill(fill);
                    live.Add(((nint)pointer, bytes, fill));
                }
            }

            foreach ((nint address, int bytes, byte fill) in live)
            {
                Assert.Equal(-1, new ReadOnlySpan<byte>((void*)address, bytes).IndexOfAnyExcept(fill));
                heap.Free((byte*)address, (nuint)bytes);
            }

            Assert.Equal(0, heap.AllocatedBytes);
        }
    }

    [Fact]
    public void FreedMemoryIsUsedAgainSoThatReplacingDoesNotGrow()
    {
        var writer = new Lock();
        using var heap = new NativeHeap(writer);
        lock (writer)
        {
            byte* first = heap.Allocate(150);
            long reserved = heap.ReservedBytes;
            for (int i = 0; i < 100_000; i++)
            {
                byte* second = heap.Allocate(150);
                heap.Free(first, 150);
                first = second;
            }

            Assert.Equal(reserved, heap.ReservedBytes);
        }
    }

    [Fact]
    public void ALargeObjectGoesBackToTheSystem()
    {
        var writer = new Lock();
        using var heap = new NativeHeap(writer);
        lock (writer)
        {
            byte* large = heap.Allocate(10_000_000);
            Assert.InRange(heap.ReservedBytes, 10_000_000, 11_000_000);
            heap.Free(large, 10_000_000);
            Assert.Equal(0, heap.ReservedBytes);
        }
    }

    [Fact]
    public void ABlockIsZeroedAlignedAndItsDisposalIsRepeatable()
    {
        foreach (int bytes in new[] { 1, 64, 4_095, 3 * 1024 * 1024 })
        {
            NativeBlock block = NativeBlock.Allocate((nuint)bytes);
            Assert.Equal(0, (nint)block.Pointer % 64);
            Assert.Equal(-1, new ReadOnlySpan<byte>(block.Pointer, bytes).IndexOfAnyExcept((byte)0));
            block.Dispose();
            block.Dispose();
            Assert.True(block.Pointer is null);
        }
    }

    [Fact]
    public void AnImpossibleBlockIsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => NativeBlock.Allocate(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => NativeBlock.Allocate(64, 48));
    }
}
