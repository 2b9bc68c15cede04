using System;
using System.Threading;
using Unkey.Engine.Limits;
using Xunit;

namespace Unkey.Engine.Tests.Limits;

/// <summary>Many threads, a clock that stands still while they run, and counts that have to be exact.</summary>
public sealed class BucketTableStressTests
{
    private const int Threads = 16;
    private const long Start = 1_790_000_000_000;

    private static int Seed { get; } = int.TryParse(Environment.GetEnvironmentVariable("UNKEY_TEST_SEED"), out int seed) ? seed : 20260901;

    private readonly KeyedHash _hash = new([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);

    [Theory]
    [InlineData(LimitAlgorithm.TokenBucket)]
    [InlineData(LimitAlgorithm.SlidingWindow)]
    public void OneBucketAdmitsExactlyItsLimit(LimitAlgorithm algorithm)
    {
        // The twin decides alike but stores without a compare-exchange. If it is not caught, this machine cannot tell right from wrong.
        Assert.True(RunOneBucket(algorithm, useTwin: true) > 0, "inconclusive: the broken twin was not caught");
        Assert.Equal(0, RunOneBucket(algorithm, useTwin: false));
    }

    [Theory]
    [InlineData(LimitAlgorithm.TokenBucket)]
    [InlineData(LimitAlgorithm.SlidingWindow)]
    public void OverlappingBatchesAdmitExactlyWhatTheirScarcestBucketsHold(LimitAlgorithm algorithm)
    {
        Assert.True(RunPairs(algorithm, useTwin: true) > 0, "inconclusive: the broken twin was not caught");
        Assert.Equal(0, RunPairs(algorithm, useTwin: false));
    }

    [Fact]
    public void RacingFirstTakesFindOneBucket()
    {
        for (int round = 0; round < 150; round++)
        {
            using BucketTable table = new(64);
            UInt128 key = Key(round);
            long admitted = RunThreads(_ =>
            {
                BucketTake take = new() { Key = key, Limit = 1, DurationMs = 60_000, Cost = 1 };
                return table.Take(ref take, Start) ? 1 : 0;
            });
            Assert.Equal(1, admitted);
            Assert.Equal(1, table.Inserted);
        }
    }

    /// <summary>
    /// Far more keys of both algorithms than slots, all idle again in every round, so that in each round slots change owners under returning
    /// owners' hands.
    /// No key may be admitted twice in a round: that would be a bucket lost, doubled, or mistaken for another.
    /// </summary>
    [Fact]
    public void SlotsThatChangeOwnersUnderLoadNeverMixUpBuckets()
    {
        const int Keys = 40;
        using BucketTable table = new(16);
        int[] admitted = new int[Keys];
        for (int round = 0; round < 100; round++)
        {
            Array.Clear(admitted);
            long now = Start + (round * 4_000L);
            int seed = Seed + (round * Threads);
            RunThreads(thread =>
            {
                Random random = new(seed + thread);
                for (int i = 0; i < 60; i++)
                {
                    int first = random.Next(Keys);
                    int second = random.Next(Keys);
                    BucketTake one = Ask(first);
                    if (i % 3 != 0)
                    {
                        Interlocked.Add(ref admitted[first], table.Take(ref one, now) ? 1 : 0);
                        continue;
                    }

                    BucketTake[] two = [one, Ask(second)];
                    if (table.TakeAll(two, now))
                    {
                        Interlocked.Increment(ref admitted[first]);
                        Interlocked.Increment(ref admitted[second]);
                    }
                }

                return 0;
            });
            Assert.All(admitted, count => Assert.InRange(count, 0, 1));
        }

        Assert.Equal(16, table.Inserted);
        Assert.True(table.Reused > 1_000, "Slots have to have changed owners for the test to mean something.");

        BucketTake Ask(int key) => new() { Key = Key(key), Algorithm = (LimitAlgorithm)(key % 2), Limit = 1, DurationMs = 1_000, Cost = 1 };
    }

    private long RunOneBucket(LimitAlgorithm algorithm, bool useTwin)
    {
        long wrong = 0;
        for (int round = 0; round < 30; round++)
        {
            long limit = 20 + (round * 37);
            using BucketTable table = new(64);
            NonAtomicBuckets twin = new(1);
            UInt128 key = Key(round);
            long admitted = RunThreads(_ =>
            {
                int mine = 0;
                for (int i = 0; i < 2 * limit / Threads + 10; i++)
                {
                    BucketTake take = new() { Key = key, Algorithm = algorithm, Limit = limit, DurationMs = 60_000, Cost = 1 };
                    mine += (useTwin ? twin.Take(0, limit, Start) : table.Take(ref take, Start)) ? 1 : 0;
                }

                return mine;
            });
            wrong += Math.Abs(admitted - limit);
        }

        return wrong;
    }

    /// <summary>Buckets A, B, C; every batch takes one token from two of them, in either order. Whatever was admitted has to balance exactly.</summary>
    private long RunPairs(LimitAlgorithm algorithm, bool useTwin)
    {
        long wrong = 0;
        for (int round = 0; round < 30; round++)
        {
            long[] limits = [100 + round, 120, 90 + (2 * round)];
            using BucketTable table = new(64);
            NonAtomicBuckets twin = new(3);
            long[] taken = new long[3];
            int seed = Seed + (round * Threads);
            RunThreads(thread =>
            {
                Random random = new(seed + thread);
                for (int i = 0; i < 60; i++)
                {
                    int first = random.Next(3);
                    int second = (first + 1 + random.Next(2)) % 3;
                    BucketTake[] takes = [Ask(first), Ask(second)];
                    bool passed = useTwin
                        ? twin.Take(first, limits[first], Start) & twin.Take(second, limits[second], Start)
                        : table.TakeAll(takes, Start);
                    if (passed)
                    {
                        Interlocked.Increment(ref taken[first]);
                        Interlocked.Increment(ref taken[second]);
                    }
                }

                return 0;
            });

            for (int i = 0; i < 3; i++)
            {
                BucketTake look = Ask(i);
                look.Cost = 0;
                table.Take(ref look, Start);
                long left = useTwin ? twin.Left(i, limits[i], Start) : look.Remaining;
                wrong += Math.Abs(limits[i] - taken[i] - left);
            }

            BucketTake Ask(int bucket) => new() { Key = Key(bucket), Algorithm = algorithm, Limit = limits[bucket], DurationMs = 60_000, Cost = 1 };
        }

        return wrong;
    }

    /// <summary>Window after window on the same buckets: every round begins with all threads at the edge, where the second word changes.</summary>
    [Fact]
    public void WindowsThatRollOverUnderLoadAdmitExactlyTheLimit()
    {
        Assert.True(RunWindows(useTwin: true) > 0, "inconclusive: the broken twin was not caught");
        Assert.Equal(0, RunWindows(useTwin: false));
    }

    /// <summary>Three buckets; every thread takes from one of them, or from two at once, in either order, until nothing passes any more.</summary>
    /// <returns>Tokens by which the buckets are off what the definition admits, over all rounds.</returns>
    private long RunWindows(bool useTwin)
    {
        const long Window = 60_000;
        const int Buckets = 3;
        long wrong = 0;
        long[] limits = [150, 90, 40];
        long[] previous = new long[Buckets];
        long start = Start / Window * Window;
        using BucketTable table = new(64);
        NonAtomicWindows twin = new(Buckets);
        for (int round = 0; round < 60; round++)
        {
            // Somewhere in the next window, now and then in the one after it.
            Random where = new(Seed + round);
            start += Window;
            if (where.Next(8) == 0)
            {
                start += Window;
                Array.Clear(previous);
            }

            long now = start + where.NextInt64(Window);
            long[] taken = new long[Buckets];
            int seed = Seed + (round * Threads);
            RunThreads(thread =>
            {
                Random random = new(seed + thread);
                for (int i = 0; i < 60; i++)
                {
                    int first = random.Next(Buckets);
                    int second = (first + 1 + random.Next(Buckets - 1)) % Buckets;
                    BucketTake[] takes = i % 2 == 0 ? [Ask(first)] : [Ask(first), Ask(second)];
                    bool passed = useTwin
                        ? twin.Take(first, limits[first], now) & (i % 2 == 0 || twin.Take(second, limits[second], now))
                        : table.TakeAll(takes, now);
                    if (passed)
                    {
                        Interlocked.Increment(ref taken[first]);
                        Interlocked.Add(ref taken[second], i % 2);
                    }
                }

                return 0;
            });

            bool isExhausted = true;
            for (int i = 0; i < Buckets; i++)
            {
                long counted = (long)(previous[i] * (1 - ((now - start) / (double)Window)));
                BucketTake look = Ask(i);
                look.Cost = 0;
                table.Take(ref look, now);
                long left = useTwin ? twin.Left(i, limits[i], now) : look.Remaining;
                wrong += Math.Abs(limits[i] - counted - taken[i] - left);
                isExhausted &= left == 0;
            }

            Assert.True(useTwin || isExhausted, "Every bucket has to be used up for the count to mean something.");
            previous = taken;
        }

        return wrong;

        BucketTake Ask(int bucket) => new() { Key = Key(bucket), Algorithm = LimitAlgorithm.SlidingWindow, Limit = limits[bucket], DurationMs = Window, Cost = 1 };
    }

    private UInt128 Key(int index) => BucketKey.OfKeyLimit(_hash, LimitAlgorithm.TokenBucket, BitConverter.GetBytes(index), "limit"u8, 60_000);

    private static long RunThreads(Func<int, long> body)
    {
        long total = 0;
        Exception? failure = null;
        using Barrier barrier = new(Threads);
        Thread[] threads = new Thread[Threads];
        for (int i = 0; i < Threads; i++)
        {
            int index = i;
            threads[i] = new Thread(() =>
            {
                try
                {
                    barrier.SignalAndWait();
                    Interlocked.Add(ref total, body(index));
                }
                catch (Exception e)
                {
                    failure = e;
                }
            });
            threads[i].Start();
        }

        foreach (Thread thread in threads)
        {
            Assert.True(thread.Join(TimeSpan.FromMinutes(2)), "A thread hangs.");
        }

        Assert.Null(failure);
        return total;
    }

    /// <summary>The broken twin: the same arithmetic, loaded and stored without any protection, and batches that undo nothing.</summary>
    private sealed class NonAtomicBuckets(int count)
    {
        private readonly ulong[] _words = new ulong[count];

        public bool Take(int index, long limit, long nowMs)
        {
            ulong word = Volatile.Read(ref _words[index]);
            bool passed = TokenBucket.Prepare(limit, 60_000, 1, nowMs).TryTake(word, out ulong next);
            // Gives the other threads a chance between the load and the store, as a preemption would.
            Thread.Yield();
            if (passed)
            {
                Volatile.Write(ref _words[index], next);
            }

            return passed;
        }

        public long Left(int index, long limit, long nowMs) => TokenBucket.Prepare(limit, 60_000, 0, nowMs).Remaining(_words[index]);
    }

    /// <summary>The same for windows: both words loaded and stored without any protection.</summary>
    private sealed class NonAtomicWindows(int count)
    {
        private readonly ulong[] _words = new ulong[count];
        private readonly ulong[] _spares = new ulong[count];

        public bool Take(int index, long limit, long nowMs)
        {
            BucketState state = new(Volatile.Read(ref _words[index]), Volatile.Read(ref _spares[index]));
            bool passed = TryTake(SlidingWindow.Prepare(limit, 60_000, 1, nowMs), state, out BucketState next);
            Thread.Yield();
            if (passed)
            {
                Volatile.Write(ref _words[index], next.Word);
                Volatile.Write(ref _spares[index], next.Spare);
            }

            return passed;
        }

        public long Left(int index, long limit, long nowMs) => Remaining(SlidingWindow.Prepare(limit, 60_000, 0, nowMs), new BucketState(_words[index], _spares[index]));

        private static bool TryTake<TAlgorithm>(TAlgorithm request, BucketState state, out BucketState next)
            where TAlgorithm : struct, ILimitAlgorithm<TAlgorithm> => request.TryTake(state, out next);

        private static long Remaining<TAlgorithm>(TAlgorithm request, BucketState state)
            where TAlgorithm : struct, ILimitAlgorithm<TAlgorithm> => request.Passed(state).Remaining;
    }
}
