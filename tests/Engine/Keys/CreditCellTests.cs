using System;
using System.Collections.Generic;
using System.Text;
using System.Threading;
using Unkey.Engine.Keys;
using Unkey.Engine.Memory;
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

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(1, -1)]
    public void ANegativeBalanceIsRefused(long remaining, long spent)
    {
        using var state = new EngineState();
        CreditCell cell = Start(state, 5);
        lock (state.WriterLock)
        {
            Assert.Throws<ArgumentException>(() => state.Keys.Upsert(Spec(remaining, 1, spent)));
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

    /// <summary>Updates of the key, moves of its balance, drains and confirmations run beside the takes; the store ends with the balance, to the credit.</summary>
    [Fact]
    public void UpdatesAndWriteBacksDuringTakesLoseNothing()
    {
        for (int round = 0; round < 10; round++)
        {
            using var state = new EngineState();
            var row = new StoredBalance();
            row.Set(500_000);
            Put(state, row);
            long expected = 500_000;
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

            var changes = new CreditChanges();
            var control = new Random(HashCode.Combine(TestKeys.Seed, round));
            while (Volatile.Read(ref running) > 0)
            {
                // Up in place, down into another cell; the sum stays far from the bounds.
                long amount = control.Next(-2, 3);
                lock (state.WriterLock)
                {
                    row.Add(amount);
                    expected += amount;
                    Put(state, row);
                    WriteBack(state, changes, row, fails: control.Next(3) == 0);
                    state.Reclaimer.Collect();
                }
            }

            threads.ForEach(static thread => thread.Join());
            lock (state.WriterLock)
            {
                WriteBack(state, changes, row, fails: false);
                Assert.True(state.Keys.TryFind(TestKeys.Digest(1), out KeyRecord record));
                Assert.Equal(expected - taken, record.Credits.Read());
                Assert.Equal(row.Remaining, record.Credits.Read());
                state.Reclaimer.Collect();
                state.Credits.Drain(changes);
                Assert.Equal(1, state.Credits.Count);
            }
        }
    }

    [Fact]
    public void AnUpdateKeepsTheRunningBalanceUnlessItWasSet()
    {
        using var state = new EngineState();
        CreditCell cell = Start(state, 10);
        cell.TryTake(3, out _);
        lock (state.WriterLock)
        {
            Assert.Equal(7, state.Keys.Upsert(Spec(10)).Credits.Read());
            Assert.Equal(100, state.Keys.Upsert(Spec(100, serial: 1)).Credits.Read());

            // A holder of the first record takes from the same balance.
            Assert.True(cell.TryTake(1, out long remaining));
            Assert.Equal(99, remaining);
            Assert.Equal(99, cell.Read());
            Assert.True(state.Keys.Upsert(Spec(null, serial: 2)).Credits.IsNull);
            Assert.Equal(10, state.Keys.Upsert(Spec(10, serial: 3)).Credits.Read());
        }
    }

    /// <summary>A holder of a record from many updates ago still finds the balance of today.</summary>
    [Fact]
    public void ALoweredBalanceIsFoundFromEveryEarlierRecord()
    {
        using var state = new EngineState();
        CreditCell first = Start(state, 1_000);
        using Participant reader = state.Reclaimer.Register();
        reader.Enter();
        for (int i = 1; i <= 50; i++)
        {
            Assert.True(first.TryTake(2, out _));
            lock (state.WriterLock)
            {
                state.Keys.Upsert(Spec(1_000 - (10 * i)));
                state.Reclaimer.Collect();
            }

            Assert.Equal(1_000 - (12 * i), first.Read());
        }

        Assert.False(first.TryTake(401, out _));
        Assert.True(first.TryTake(400, out long remaining));
        Assert.Equal(0, remaining);
        reader.Exit();
    }

    /// <summary>More was taken from the running balance than the lowered one has: nothing is left, and what is added later is all there.</summary>
    [Fact]
    public void ABalanceLoweredBelowWhatWasTakenIsEmptyAndNoDebt()
    {
        using var state = new EngineState();
        CreditCell cell = Start(state, 100);
        cell.TryTake(90, out _);
        lock (state.WriterLock)
        {
            Assert.Equal(0, state.Keys.Upsert(Spec(20)).Credits.Read());
            Assert.Equal(50, state.Keys.Upsert(Spec(70)).Credits.Read());
        }
    }

    [Fact]
    public void ABalanceOfTheLargestNumberCanBeTakenAndRestored()
    {
        using var state = new EngineState();
        CreditCell cell = Start(state, long.MaxValue);
        Assert.True(cell.TryTake(long.MaxValue - 1, out long remaining));
        Assert.Equal(1, remaining);
        Assert.False(cell.TryTake(2, out _));
        lock (state.WriterLock)
        {
            Assert.Equal(1, state.Keys.Upsert(Spec(1, spent: long.MaxValue - 1)).Credits.Read());
            Assert.Equal(long.MaxValue, state.Keys.Upsert(Spec(long.MaxValue, serial: 1)).Credits.Read());
        }
    }

    [Fact]
    public void OnlyChangedKeysAreWrittenBackAndOnlyOnce()
    {
        using var state = new EngineState();
        var changes = new CreditChanges();
        lock (state.WriterLock)
        {
            for (int i = 0; i < 100; i++)
            {
                state.Keys.Upsert(Spec(100, key: i));
            }

            Assert.Equal(0, state.Credits.Drain(changes));
            state.Keys.TryFind(TestKeys.Digest(42), out KeyRecord record);
            record.Credits.TryTake(2, out _);
            record.Credits.TryTake(3, out _);
            record.Credits.TryTake(0, out _);
            record.Credits.TryTake(1_000, out _);
            Assert.Equal(1, state.Credits.Drain(changes));
            Assert.Equal((TestKeys.Digest(42), TestKeys.KeyId(42), 5L), (changes.Items[0].Digest, Encoding.UTF8.GetString(changes.KeyId(in changes.Items[0])), changes.Items[0].Spent));
            state.Keys.ConfirmCredits(in changes.Items[0]);
            Assert.Equal(0, state.Credits.Drain(changes));
        }
    }

    [Fact]
    public void AFailedWriteBackIsListedAgainWithWhatCameSince()
    {
        using var state = new EngineState();
        CreditCell cell = Start(state, 100);
        var changes = new CreditChanges();
        cell.TryTake(5, out _);
        lock (state.WriterLock)
        {
            state.Credits.Drain(changes);
            state.Keys.RequeueCredits(in changes.Items[0]);
            cell.TryTake(2, out _);
            state.Credits.Drain(changes);
            Assert.Equal(7, changes.Items[1].Spent);
        }
    }

    /// <summary>Otherwise what was taken of the new balance would never be written.</summary>
    [Fact]
    public void AConfirmationOfABalanceThatWasReplacedIsIgnored()
    {
        using var state = new EngineState();
        CreditCell cell = Start(state, 100);
        var changes = new CreditChanges();
        cell.TryTake(5, out _);
        lock (state.WriterLock)
        {
            state.Credits.Drain(changes);
            state.Keys.Upsert(Spec(50, serial: 1));
            state.Keys.ConfirmCredits(in changes.Items[0]);
            cell.TryTake(1, out _);
            state.Credits.Drain(changes);
            Assert.Equal((1L, 1L), (changes.Items[1].Serial, changes.Items[1].Spent));
            state.Keys.Remove(TestKeys.Digest(1));
            state.Keys.ConfirmCredits(in changes.Items[1]);
            state.Keys.RequeueCredits(in changes.Items[1]);
        }
    }

    /// <summary>Between two parts others have the lock: keys spend, are removed, and get new balances.</summary>
    [Fact]
    public void APartAfterTheOtherListsEveryChangeOnce()
    {
        using var state = new EngineState();
        var changes = new CreditChanges();
        lock (state.WriterLock)
        {
            for (int i = 0; i < 10; i++)
            {
                state.Keys.Upsert(Spec(100, key: i)).Credits.TryTake(1, out _);
            }

            Assert.True(state.Credits.DrainPart(changes, 4));
            Assert.Equal(4, changes.Count);

            // One that was listed and one that was not spend again; the last in the stack, which is not listed yet, is removed.
            Assert.Equal(TestKeys.Digest(9), changes.Items[0].Digest);
            Take(9);
            Take(3);
            state.Keys.Remove(TestKeys.Digest(0));
            state.Reclaimer.Collect();
            Assert.Equal(10, state.Credits.Count);
            Assert.True(state.Credits.DrainPart(changes, 4));
            Assert.False(state.Credits.DrainPart(changes, 4));
            Assert.Equal(9, state.Credits.Count);
            Assert.Equal(9, changes.Count);
            Assert.Equal(2, changes.Items[6].Spent);
            Assert.Equal(1, state.Credits.Drain(changes));
            Assert.Equal((TestKeys.Digest(9), 2L), (changes.Items[9].Digest, changes.Items[9].Spent));
        }

        void Take(int key)
        {
            Assert.True(state.Keys.TryFind(TestKeys.Digest(key), out KeyRecord record));
            Assert.True(record.Credits.TryTake(1, out _));
        }
    }

    /// <summary>A removed key's cell may still be in the stack of changes when its grace period ends.</summary>
    [Fact]
    public void ACellThatIsRemovedWhileItWaitsForItsWriteBackIsFreedByTheDrain()
    {
        using var state = new EngineState();
        CreditCell cell = Start(state, 100);
        var changes = new CreditChanges();
        lock (state.WriterLock)
        {
            cell.TryTake(1, out _);
            state.Keys.Remove(TestKeys.Digest(1));
            state.Reclaimer.Collect();
            Assert.Equal(1, state.Credits.Count);
            Assert.Equal(0, state.Credits.Drain(changes));
            Assert.Equal(0, state.Credits.Count);

            // The other order: drained first, freed by the grace period.
            cell = state.Keys.Upsert(Spec(100)).Credits;
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
            KeyRecord moved = state.Keys.Rekey(TestKeys.Digest(1), Spec(100, key: 2));
            Assert.Equal(60, moved.Credits.Read());
            Assert.False(state.Keys.TryFind(TestKeys.Digest(1), out _));
            Assert.Equal(1, state.Keys.Count);
            var changes = new CreditChanges();
            state.Credits.Drain(changes);
            Assert.Equal(1, changes.Count);
            Assert.Equal(TestKeys.Digest(2), changes.Items[0].Digest);
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
        long spent = Volatile.Read(ref cell.Layout->Spent);
        if (cell.Layout->Granted - spent < cost)
        {
            return false;
        }

        Thread.SpinWait(1);
        Volatile.Write(ref cell.Layout->Spent, spent + cost);
        return true;
    }

    private static void WriteBack(EngineState state, CreditChanges changes, StoredBalance row, bool fails)
    {
        changes.Clear();
        state.Credits.Drain(changes);
        foreach (CreditChange change in changes.Items)
        {
            if (fails)
            {
                state.Keys.RequeueCredits(in change);
            }
            else
            {
                row.Settle(change.Serial, change.Spent);
                state.Keys.ConfirmCredits(in change);
            }
        }
    }

    private static void Put(EngineState state, StoredBalance row)
    {
        lock (state.WriterLock)
        {
            state.Keys.Upsert(Spec(row.Remaining, row.Serial, row.Spent));
        }
    }

    private static CreditCell Start(EngineState state, long balance)
    {
        lock (state.WriterLock)
        {
            return state.Keys.Upsert(Spec(balance)).Credits;
        }
    }

    private static KeySpec Spec(long? credits, long serial = 0, long spent = 0, int key = 1) => new()
    {
        Digest = TestKeys.Digest(key),
        KeyId = TestKeys.KeyId(key),
        WorkspaceIndex = 0,
        Credits = credits,
        BalanceSerial = serial,
        BalanceSpent = spent,
    };
}
