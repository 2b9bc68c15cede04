using System;
using System.Collections.Generic;

namespace Unkey.Engine.Tests.Limits;

/// <summary>The definition of a batch, in whole numbers: levels in 1/duration of a token, tentative in order, undone as a whole.</summary>
internal sealed class ExactLevels(long limit, long durationMs)
{
    private long _level = limit * durationMs;
    private long _atMs;

    internal long WholeTokens => Math.Max(0, _level) / durationMs;

    internal static bool[] TakeAll(
        Dictionary<int, ExactLevels> buckets, (int Bucket, long Cost)[] entries, long nowMs, Func<int, long> limitOf, Func<int, long> durationOf)
    {
        Dictionary<ExactLevels, long> before = [];
        bool[] passed = new bool[entries.Length];
        foreach (ExactLevels bucket in buckets.Values)
        {
            bucket.Refill(nowMs);
        }

        for (int i = 0; i < entries.Length; i++)
        {
            (int index, long cost) = entries[i];
            if (!buckets.TryGetValue(index, out ExactLevels? bucket))
            {
                bucket = new ExactLevels(limitOf(index), durationOf(index)) { _atMs = nowMs };
                buckets.Add(index, bucket);
            }

            before.TryAdd(bucket, bucket._level);
            // A look passes even on a bucket that the entries before it have overdrawn.
            passed[i] = cost == 0 || cost * durationOf(index) <= bucket._level;
            bucket._level -= cost * durationOf(index);
        }

        if (!Array.TrueForAll(passed, p => p))
        {
            foreach ((ExactLevels bucket, long level) in before)
            {
                bucket._level = level;
            }
        }

        return passed;
    }

    private void Refill(long nowMs)
    {
        _level = Math.Min(limit * durationMs, _level + ((nowMs - _atMs) * limit));
        _atMs = nowMs;
    }
}
