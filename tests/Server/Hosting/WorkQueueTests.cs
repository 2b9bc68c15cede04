using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Unkey.Server.Hosting;
using Xunit;

namespace Unkey.Server.Tests.Hosting;

public sealed class WorkQueueTests
{
    [Fact]
    public void ItemsComeInTheirOrderAndNotMoreThanThereIsRoomFor()
    {
        WorkQueue<string> queue = new(2);
        Assert.True(queue.TryAdd("a"));
        Assert.True(queue.TryAdd("b"));
        Assert.False(queue.TryAdd("c"));
        Assert.Equal("a", Take(queue));
        Assert.True(queue.TryAdd("d"));
        Assert.Equal(("b", "d", null), (Take(queue), Take(queue), Take(queue)));
    }

    [Fact]
    public void WhatWasAddedBeforeTheEndIsTakenAfterIt()
    {
        WorkQueue<string> queue = new(2);
        queue.TryAdd("a");
        queue.CompleteAdding();
        queue.CompleteAdding();
        Assert.True(queue.IsAddingCompleted);
        Assert.False(queue.IsCompleted);
        Assert.Throws<InvalidOperationException>(() => queue.TryAdd("b"));
        Assert.True(queue.TryTake(out string? item, Timeout.InfiniteTimeSpan));
        Assert.Equal("a", item);
        Assert.False(queue.TryTake(out _, Timeout.InfiniteTimeSpan));
        Assert.True(queue.IsCompleted);
    }

    [Fact]
    public void AWaitEndsWithItsTime()
    {
        WorkQueue<string> queue = new(1);
        Assert.False(queue.TryTake(out string? item, TimeSpan.FromMilliseconds(1)));
        Assert.Null(item);
    }

    /// <summary>Every item once, and those of one thread in their order, while the taker sleeps and wakes; then the end wakes it a last time.</summary>
    [Fact]
    public void NothingIsLostBetweenThreads()
    {
        const int Adders = 3;
        const int Items = 20_000;
        WorkQueue<string> queue = new(64);
        List<string> taken = [];
        Thread taker = new(() =>
        {
            while (queue.TryTake(out string? item, Timeout.InfiniteTimeSpan))
            {
                taken.Add(item);
            }
        });
        taker.Start();
        Thread[] adders = [.. Enumerable.Range(0, Adders).Select(adder => new Thread(() =>
        {
            for (int i = 0; i < Items; i++)
            {
                string item = $"{adder}:{i:D5}";
                while (!queue.TryAdd(item))
                {
                    Thread.Yield();
                }
            }
        }))];
        Array.ForEach(adders, static adder => adder.Start());
        Array.ForEach(adders, static adder => adder.Join());
        queue.CompleteAdding();
        taker.Join();
        for (int adder = 0; adder < Adders; adder++)
        {
            Assert.Equal(Enumerable.Range(0, Items).Select(i => $"{adder}:{i:D5}"), taken.Where(item => item[0] == '0' + adder));
        }
    }

    private static string? Take(WorkQueue<string> queue) => queue.TryTake(out string? item, TimeSpan.Zero) ? item : null;
}
