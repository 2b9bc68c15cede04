using System;

namespace Unkey.Server.Events;

/// <summary>When deliveries are tried again. Immutable.</summary>
internal sealed record DeliveryPauses
{
    /// <summary>Of an attempt that took long, the next one of the same batch waits this many times as long, so that it holds up little.</summary>
    public const int ShareDivisor = 10;

    /// <summary>After the first failure of the sink; doubles with each.</summary>
    public TimeSpan SinkMin { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The longest pause of the sink.</summary>
    public TimeSpan SinkMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>After a batch failed while others came through; doubles with each time.</summary>
    public TimeSpan BatchMin { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause of a batch that fails at once.</summary>
    public TimeSpan BatchMax { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How often a batch may fail while others come through: with ten and one second, the last is almost nine minutes after the first.</summary>
    public int BatchAttemptsMax { get; init; } = 10;

    /// <summary>How far apart the sizes of the backlog are that tell whether it grows.</summary>
    public TimeSpan BacklogPeriod { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The pause after so many failures of a batch.</summary>
    /// <param name="failures">1 or more.</param>
    /// <param name="took">How long the last attempt took.</param>
    public TimeSpan OfBatch(int failures, TimeSpan took)
    {
        TimeSpan doubled = BatchMin * Math.Pow(2, Math.Min(failures, 30) - 1);
        doubled = doubled < BatchMax ? doubled : BatchMax;
        TimeSpan share = took * ShareDivisor;
        return doubled > share ? doubled : share;
    }
}
