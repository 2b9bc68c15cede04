using System;
using System.Collections.Generic;
using System.Threading;
using Unkey.Engine.Keys;
using Xunit;

namespace Unkey.Engine.Tests.Keys;

public sealed unsafe class CreditCellTests
{
    private const int Threads = 16;

    [Fact]
    public void ATakePassesOnlyWhenTheBalanceCoversIt()
    {
        using var state = new EngineState();
        CreditCell cell = Start(state, 10);
        Assert.True(cell.TryTake(1, out long remaining));
        Assert.Equal(9, remaining);
        Assert.False(cell.TryTake(10, out remaining));
        Assert.Equal(9, remaining);
        Assert.True(cell.TryTake(9, out remaining));
        Assert.Equal(0, remaining);
        Assert.False(cell.TryTake(1, out remaining));
        Assert.Equal(0, remaining);
        Assert.True(cell.TryTake(0, out remaining));
        Assert.Equal(0, remaining);
        Assert.Equal(0, cell.Read());
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(1_000_000_000_000)]
    public void ACostFarOverTheBalanceIsRefusedWithoutOverflow(long cost)
    {
        using var state = new EngineState();
        CreditCell cell = Start(state, 5);
        Assert.False(cell.TryTake(cost, out long remaining));
        Assert.Equal(5, remaining);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    public void ANegativeCostCannotCreateCredits(long cost)
    {
        using var state = new EngineState();
        CreditCell cell = Start(state, 5);
        Assert.False(cell.TryTake(cost, out long remaining));
        Assert.Equal(5, remaining);
        Assert.Equal(5, cell.Read());
    }

    [Fact]
    public void ANegativeBalanceIsRefused()
    {
        using var state = new EngineState();
        CreditCell cell = Start(state, 5);
        lock (state.WriterLock)
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => cell.Set(-1));
        }

        Assert.Equal(5, cell.Read());
    }

    /// <summary>The control for the next test: taking without compare-and-swap loses takes, and the accounting sees it.</summary>
    [Fact]
    public void ATakeWithoutCompareAndSwapIsCaught()
    {
        for (int round = 0; round < 200; round++)
        {
            using var state = new EngineState();
            if (!IsExact(Start(state, 20_000), 20_000, round, TakeWithoutExchange))
            {
                return;
            }
        }

        Assert.Fail("Two hundred rounds of lost updates went unseen: the exactness test proves nothing on this machine.");
    }

    [Fact]
    public void SixteenThreadsTakeExactlyWhatTheBalanceCovers()
    {
        for (int round = 0; round < 20; round++)
        {
            using var state = new EngineState();
            Assert.True(IsExact(Start(state, 20_000), 20_000, round, static (cell, cost) => cell.TryTake(cost, out _)), $"round {round}, seed {TestKeys.Seed}");
        }
    }

    /// <summary>Updates of the key, drains and confirmations run beside the takes; the store ends with the balance, to the credit.</summary>
    [Fact]
    public void UpdatesAndWriteBacksDuringTakesLoseNothing()
    {
        for (int round = 0; round < 10; round++)
        {
            using var state = new EngineState();
            Start(state, 50_000);
            long store = 50_000;
            long taken = 0;
            int running = 4;
            var threads = new List<Thread>();
            for (int t = 0; t < 4; t++)
            {
                int seed = HashCode.Combine(TestKeys.Seed, round, t);
                var thread = new Thread(() =>
                {
                    var random = new Random(seed);
                    using var reader = state.Reclaimer.Register();
                    reader.Enter();
                    for (int i = 0; i < 20_000; i++)
                    {
                        int cost = random.Next(0, 3);
                        if (state.Keys.TryFind(TestKeys.Digest(1), out KeyRecord record) && record.Credits.TryTake(cost, out _))
                        {
                            Interlocked.Add(ref taken, cost);
                        }

                        reader.Quiescent();
                    }

                    reader.Exit();
                    Interlocked.Decrement(ref running);
                });
                threads.Add(thread);
                thread.Start();
            }

            var changes = new List<CreditChange>();
            var control = new Random(HashCode.Combine(TestKeys.Seed, round));
            while (Volatile.Read(ref running) > 0)
            {
                lock (state.WriterLock)
                {
                    state.Keys.Upsert(Spec(50_000, CreditUpdate.Keep));
                    WriteBack(state, changes, ref store, fails: control.Next(3) == 0);
                }
            }

            threads.ForEach(static thread => thread.Join());
            lock (state.WriterLock)
            {
                WriteBack(state, changes, ref store, fails: false);
                Assert.True(state.Keys.TryFind(TestKeys.Digest(1), out KeyRecord record));
                Assert.Equal(50_000 - taken, record.Credits.Read());
                Assert.Equal(store, record.Credits.Read());
            }
        }
    }

    [Fact]
    public void AnUpdateKeepsTheRunningBalanceUnlessItSaysSet()
    {
        using var state = new EngineState();
        CreditCell cell = Start(state, 10);
        cell.TryTake(3, out _);
        lock (state.WriterLock)
        {
            Assert.Equal(7, state.Keys.Upsert(Spec(10, CreditUpdate.Keep)).Credits.Read());
            Assert.Equal(100, state.Keys.Upsert(Spec(100, CreditUpdate.Set)).Credits.Read());

            // A holder of the first record takes from the same balance.
            Assert.True(cell.TryTake(1, out long remaining));
            Assert.Equal(99, remaining);
            Assert.True(state.Keys.Upsert(Spec(null, CreditUpdate.Keep)).Credits.IsNull);
            Assert.Equal(10, state.Keys.Upsert(Spec(10, CreditUpdate.Keep)).Credits.Read());
        }
    }

    [Fact]
    public void OnlyChangedKeysAreWrittenBackAndOnlyOnce()
    {
        using var state = new EngineState();
        var changes = new List<CreditChange>();
        lock (state.WriterLock)
        {
            for (int i = 0; i < 100; i++)
            {
                state.Keys.Upsert(Spec(100, CreditUpdate.Keep, i));
            }

            Assert.Equal(0, state.Credits.Drain(changes));
            state.Keys.TryFind(TestKeys.Digest(42), out KeyRecord record);
            record.Credits.TryTake(2, out _);
            record.Credits.TryTake(3, out _);
            record.Credits.TryTake(0, out _);
            record.Credits.TryTake(1_000, out _);
            Assert.Equal(1, state.Credits.Drain(changes));
            Assert.Equal((TestKeys.Digest(42), TestKeys.KeyId(42), 5L), (changes[0].Digest, changes[0].KeyId, changes[0].Consumed));
            state.Keys.ConfirmCredits(changes[0]);
            Assert.Equal(0, state.Credits.Drain(changes));
        }
    }

    [Fact]
    public void AFailedWriteBackIsListedAgainWithWhatCameSince()
    {
        using var state = new EngineState();
        CreditCell cell = Start(state, 100);
        var changes = new List<CreditChange>();
        cell.TryTake(5, out _);
        lock (state.WriterLock)
        {
            state.Credits.Drain(changes);
            state.Keys.RequeueCredits(changes[0]);
            cell.TryTake(2, out _);
            state.Credits.Drain(changes);
            Assert.Equal(7, changes[1].Consumed);
        }
    }

    /// <summary>Otherwise a late confirmation would make the store and the baseline differ for ever.</summary>
    [Fact]
    public void AConfirmationOfABalanceThatWasReplacedIsIgnored()
    {
        using var state = new EngineState();
        CreditCell cell = Start(state, 100);
        var changes = new List<CreditChange>();
        cell.TryTake(5, out _);
        lock (state.WriterLock)
        {
            state.Credits.Drain(changes);
            state.Keys.Upsert(Spec(50, CreditUpdate.Set));
            state.Keys.ConfirmCredits(changes[0]);
            cell.TryTake(1, out _);
            state.Credits.Drain(changes);
            Assert.Equal(1, changes[1].Consumed);
            state.Keys.Remove(TestKeys.Digest(1));
            state.Keys.ConfirmCredits(changes[1]);
            state.Keys.RequeueCredits(changes[1]);
        }
    }

    /// <summary>A removed key's cell may still be in the stack of changes when its grace period ends.</summary>
    [Fact]
    public void ACellThatIsRemovedWhileItWaitsForItsWriteBackIsFreedByTheDrain()
    {
        using var state = new EngineState();
        CreditCell cell = Start(state, 100);
        var changes = new List<CreditChange>();
        lock (state.WriterLock)
        {
            cell.TryTake(1, out _);
            state.Keys.Remove(TestKeys.Digest(1));
            state.Reclaimer.Collect();
            Assert.Equal(1, state.Credits.Count);
            Assert.Equal(0, state.Credits.Drain(changes));
            Assert.Equal(0, state.Credits.Count);

            // The other order: drained first, freed by the grace period.
            cell = state.Keys.Upsert(Spec(100, CreditUpdate.Keep)).Credits;
            cell.TryTake(1, out _);
            state.Keys.Remove(TestKeys.Digest(1));
            Assert.Equal(0, state.Credits.Drain(changes));
            state.Reclaimer.Collect();
            Assert.Equal(0, state.Credits.Count);
        }
    }

    [Fact]
    public void ANewDigestTakesTheRunningBalanceAlong()
    {
        using var state = new EngineState();
        CreditCell cell = Start(state, 100);
        cell.TryTake(40, out _);
        lock (state.WriterLock)
        {
            KeyRecord moved = state.Keys.Rekey(TestKeys.Digest(1), Spec(100, CreditUpdate.Keep, 2));
            Assert.Equal(60, moved.Credits.Read());
            Assert.False(state.Keys.TryFind(TestKeys.Digest(1), out _));
            Assert.Equal(1, state.Keys.Count);
            var changes = new List<CreditChange>();
            state.Credits.Drain(changes);
            Assert.Equal(TestKeys.Digest(2), Assert.Single(changes).Digest);
            state.Reclaimer.Collect();
            Assert.Equal(1, state.Credits.Count);
        }
    }

    private static bool IsExact(CreditCell cell, long balance, int round, Func<CreditCell, long, bool> take)
    {
        long taken = 0;
        long low = 0;
        using var start = new Barrier(Threads);
        var threads = new Thread[Threads];
        for (int t = 0; t < Threads; t++)
        {
            var random = new Random(HashCode.Combine(TestKeys.Seed, round, t));
            threads[t] = new Thread(() =>
            {
                start.SignalAndWait();
                long mine = 0;
                for (int i = 0; i < 3_000; i++)
                {
                    int cost = random.Next(1, 4);
                    if (take(cell, cost))
                    {
                        mine += cost;
                    }

                    if (cell.Read() < 0)
                    {
                        Interlocked.Increment(ref low);
                    }
                }

                Interlocked.Add(ref taken, mine);
            });
            threads[t].Start();
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        // 16 threads ask for about 96,000 of 20,000 credits, so what is left is less than the largest cost.
        return low == 0 && taken + cell.Read() == balance && cell.Read() < 3;
    }

    private static bool TakeWithoutExchange(CreditCell cell, long cost)
    {
        long balance = Volatile.Read(ref cell.Layout->Balance);
        if (balance < cost)
        {
            return false;
        }

        Thread.SpinWait(1);
        Volatile.Write(ref cell.Layout->Balance, balance - cost);
        return true;
    }

    private static void WriteBack(EngineState state, List<CreditChange> changes, ref long store, bool fails)
    {
        changes.Clear();
        state.Credits.Drain(changes);
        foreach (CreditChange change in changes)
        {
            if (fails)
            {
                state.Keys.RequeueCredits(in change);
            }
            else
            {
                store -= change.Consumed;
                state.Keys.ConfirmCredits(in change);
            }
        }
    }

    private static CreditCell Start(EngineState state, long balance)
    {
        lock (state.WriterLock)
        {
            return state.Keys.Upsert(Spec(balance, CreditUpdate.Keep)).Credits;
        }
    }

    private static KeySpec Spec(long? credits, CreditUpdate update, int key = 1) => new()
    {
        Digest = TestKeys.Digest(key),
        KeyId = TestKeys.KeyId(key),
        WorkspaceIndex = 0,
        Credits = credits,
        CreditUpdate = update,
    };
}
