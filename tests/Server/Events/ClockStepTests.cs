using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Unkey.Engine.Events;
using Unkey.Server.Events;
using Unkey.Server.Events.Sqlite;
using Unkey.Server.Tests.ControlPlane;
using Unkey.Server.Tests.Tcp.Events;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Events;

/// <summary>A clock that steps, between batches and across a restart. Events keep the time that they were decided at.</summary>
public sealed class ClockStepTests : IDisposable
{
    private const long HourMs = 3_600_000;
    private const long DayMs = 24 * HourMs;
    private const int RetentionDays = 10;

    private readonly SettableClock _clock = new();
    private readonly PipelineScene _scene;

    public ClockStepTests() => _scene = new PipelineScene { Clock = _clock };

    public void Dispose() => _scene.Dispose();

    [Fact]
    public async Task EventsOfASteppingClockAreDeliveredAndSummedByTheirOwnTimes()
    {
        long start = _clock.NowMs - (_clock.NowMs % DayMs);
        long[] steps = [0, -HourMs, -40 * DayMs, HourMs, -5];
        int published = 0;
        foreach (long[] run in (long[][])[steps, [.. steps.Reverse()]])
        {
            await using EventPipeline pipeline = _scene.Open();
            long delivered = 0;
            foreach (long step in run)
            {
                _clock.NowMs = start + step;
                PipelineScene.Publish(pipeline.Ring(0), published++, _clock.NowMs);
                delivered++;
                Poll.Until(() => pipeline.Delivered == delivered, "the event is delivered");
            }
        }

        _scene.AssertStored(Enumerable.Range(0, published));
        using EventStoreReader store = new(_scene.Data);
        Assert.Equal(
            steps.Select(step => start + step).Order().Select(static time => $"{time} 2"),
            store.Texts("SELECT time || ' ' || count(*) FROM key_verifications_v1 GROUP BY time ORDER BY time"));

        // Two each: 40 days ago, an hour before midnight and five milliseconds before, midnight, an hour after.
        Assert.Equal(
            [$"{(start / 1000) - (40 * 86_400)} 2", $"{(start / 1000) - 3_600} 4", $"{start / 1000} 2", $"{(start / 1000) + 3_600} 2"],
            store.Texts("SELECT time || ' ' || sum(count) FROM key_verifications_per_hour_v1 GROUP BY time ORDER BY time"));
        Assert.Equal(
            [$"{(start / 1000) - (40 * 86_400)} 2", $"{(start / 1000) - 86_400} 4", $"{start / 1000} 4"],
            store.Texts("SELECT time || ' ' || sum(count) FROM key_verifications_per_day_v1 GROUP BY time ORDER BY time"));
    }

    /// <summary>A year ahead for a while: deletion goes on when the clock is right again, and does not wait for that year.</summary>
    [Fact]
    public async Task DeletionGoesOnAfterTheClockStepsBack()
    {
        long now = _clock.NowMs;
        await using SqliteEventSink sink = SqliteEventSink.Open(_scene.Data, RetentionDays, _clock);
        _clock.NowMs = now + (365 * DayMs);
        await Deliver(sink, 1, _clock.NowMs);
        _clock.NowMs = now;
        await Deliver(sink, 1, now - ((RetentionDays + 1) * DayMs));
        await Deliver(sink, 1, now);
        Assert.Equal([now, now + (365 * DayMs)], Times());
        using EventStoreReader store = new(_scene.Data);
        Assert.Equal(2, store.Number("SELECT sum(count) FROM key_verifications_per_hour_v1"));
    }

    /// <summary>More rows of a time that has not come than a deletion looks at, before those that are due; and again after a restart.</summary>
    [Fact]
    public async Task RowsOfAClockThatWasAheadDoNotHideWhatIsDueBehindThem()
    {
        const int Ahead = 12_000;
        long now = _clock.NowMs;
        SqliteEventSink sink = SqliteEventSink.Open(_scene.Data, RetentionDays, _clock);
        try
        {
            await Deliver(sink, Ahead, now + (20 * DayMs));
            for (int restarts = 0; restarts < 2; restarts++)
            {
                await Deliver(sink, 10, now - ((RetentionDays + 1) * DayMs));
                for (int i = 0; i < 4; i++)
                {
                    _clock.NowMs += 11_000;
                    await Deliver(sink, 1, now);
                }

                Assert.Equal([now, now + (20 * DayMs)], Times());
                await sink.DisposeAsync();
                sink = SqliteEventSink.Open(_scene.Data, RetentionDays, _clock);
            }

            // Their own time comes as well.
            _clock.NowMs = now + (31 * DayMs);
            for (int i = 0; i < 4; i++)
            {
                await Deliver(sink, 1, _clock.NowMs);
                _clock.NowMs += 11_000;
            }

            Assert.DoesNotContain(now + (20 * DayMs), Times());
        }
        finally
        {
            await sink.DisposeAsync();
        }
    }

    private static Task Deliver(SqliteEventSink sink, int events, long timeMs)
    {
        byte[] room = new byte[256];
        EventBatchBuilder builder = new();
        for (int i = 0; i < events; i++)
        {
            VerificationEvent item = new() { TimeMs = timeMs, RequestId = "req"u8, WorkspaceId = "ws_1"u8, KeyspaceId = "ks_1"u8, KeyId = "key_1"u8 };
            EventWriter writer = new(room);
            item.WriteTo(ref writer);
            builder.Add(room.AsSpan(0, writer.Written));
        }

        return sink.DeliverAsync(EventSpool.BatchOf(builder), CancellationToken.None);
    }

    private List<long> Times()
    {
        using EventStoreReader store = new(_scene.Data);
        return [.. store.Texts("SELECT DISTINCT time FROM key_verifications_v1 ORDER BY time").Select(static text => long.Parse(text))];
    }
}
