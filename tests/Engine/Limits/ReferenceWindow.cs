using System;
using System.Collections.Generic;
using System.Numerics;

namespace Unkey.Engine.Tests.Limits;

/// <summary>
/// The definition of the sliding window, written down as the contract has it: one counter a window, whole numbers without a bound, and the share
/// of the previous window as a double. Slow, keeps every window for ever, no shared code with the product.
/// </summary>
internal sealed class ReferenceWindow(long durationMs)
{
    private readonly Dictionary<long, BigInteger> _counters = [];

    internal long DurationMs => durationMs;

    internal (bool Passed, BigInteger Remaining, long ResetMs) Take(BigInteger limit, BigInteger cost, long nowMs)
    {
        (bool passed, BigInteger effective) = Count(limit, cost, nowMs);
        if (!passed)
        {
            Add(-cost, nowMs);
        }

        return (passed, passed ? BigInteger.Max(0, limit - effective) : 0, ResetMs(nowMs));
    }

    /// <summary>A batch: counted in order, each entry checked against what its own increment produced, and all of it undone when one fails.</summary>
    internal static (bool Passed, BigInteger Remaining, long ResetMs)[] TakeAll(
        (ReferenceWindow Window, BigInteger Limit, BigInteger Cost)[] entries, long nowMs)
    {
        (bool Passed, BigInteger Effective)[] counted = Array.ConvertAll(entries, entry => entry.Window.Count(entry.Limit, entry.Cost, nowMs));
        bool all = Array.TrueForAll(counted, entry => entry.Passed);
        var results = new (bool, BigInteger, long)[entries.Length];
        for (int i = 0; i < entries.Length; i++)
        {
            (ReferenceWindow window, BigInteger limit, BigInteger cost) = entries[i];
            BigInteger remaining = limit - counted[i].Effective + (all ? 0 : cost);
            results[i] = (counted[i].Passed, counted[i].Passed ? remaining : 0, window.ResetMs(nowMs));
            if (!all)
            {
                window.Add(-cost, nowMs);
            }
        }

        return results;
    }

    /// <summary>Sets a counter, for the examples of the contract.</summary>
    internal ReferenceWindow With(long sequence, long count)
    {
        _counters[sequence] = count;
        return this;
    }

    private (bool Passed, BigInteger Effective) Count(BigInteger limit, BigInteger cost, long nowMs)
    {
        long sequence = Sequence(nowMs);
        double f = (nowMs - (sequence * durationMs)) / (double)durationMs;
        BigInteger previous = _counters.GetValueOrDefault(sequence - 1);
        BigInteger effective = _counters.GetValueOrDefault(sequence) + (BigInteger)Math.Truncate((double)(long)previous * (1 - f)) + cost;
        Add(cost, nowMs);
        return (effective <= limit, effective);
    }

    private void Add(BigInteger cost, long nowMs) => _counters[Sequence(nowMs)] = _counters.GetValueOrDefault(Sequence(nowMs)) + cost;

    private long Sequence(long nowMs) => (long)Math.Floor((decimal)nowMs / durationMs);

    private long ResetMs(long nowMs) => (Sequence(nowMs) + 1) * durationMs;
}
