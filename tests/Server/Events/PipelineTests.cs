using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging.Abstractions;
using Unkey.Engine;
using Unkey.Engine.Events;
using Unkey.Server.Events;
using Unkey.Server.Events.Sqlite;
using Unkey.Server.Tests.Tcp.Events;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Events;

/// <summary>The pipeline in this process, over real files and the real embedded store, with a sink in front of it that can fail.</summary>
public sealed class PipelineTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("unkey-events-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task EventsOfSeveralRingsArriveOnce()
    {
        await using (EventPipeline pipeline = Open(new FailingSink(Store())))
        {
            for (int i = 0; i < 500; i++)
            {
                Publish(pipeline.Ring(i % 2), i);
            }

            Poll.Until(() => pipeline.Delivered == 500, "all events are delivered");
            Assert.Equal((0, 0, 0), (pipeline.Dropped, pipeline.Buffered, pipeline.SpoolBytes));
        }

        AssertStored(500);
    }

    [Fact]
    public async Task WhatASinkRefusesWaitsAndArrivesOnceTheNewestAndTheOldestBeforeTheRest()
    {
        FailingSink sink = new(Store()) { Refuses = true };
        await using (EventPipeline pipeline = Open(sink))
        {
            for (int i = 0; i < 200; i++)
            {
                Publish(pipeline.Ring(0), i);
                if (i % 50 == 49)
                {
                    int sealedSoFar = (i + 1) / 50;
                    Poll.Until(() => pipeline.Buffered == 0, "a batch is sealed");
                    Assert.True(pipeline.SpoolBytes > 0, $"{sealedSoFar} batches wait");
                }
            }

            Poll.Until(() => !pipeline.IsSinkUp, "the sink is known to be down");
            Assert.Equal(0, pipeline.Delivered);
            sink.Refuses = false;
            Poll.Until(() => pipeline.Delivered == 200, "the backlog is delivered");
            Assert.True(pipeline.IsSinkUp && pipeline.Failures > 0);
        }

        // Four batches of fifty: the last and the first in either order, then the two between.
        Assert.Equal(["req_0", "req_150"], sink.FirstRequests.Take(2).Order(StringComparer.Ordinal));
        Assert.Equal(["req_100", "req_50"], sink.FirstRequests.Skip(2).Order(StringComparer.Ordinal));

        AssertStored(200);
    }

    /// <summary>The store takes the batch and the answer is lost: the batch comes again and counts once.</summary>
    [Fact]
    public async Task ALostAnswerOfTheSinkCountsNothingTwice()
    {
        FailingSink sink = new(Store()) { LosesAnswers = 3 };
        await using (EventPipeline pipeline = Open(sink))
        {
            for (int i = 0; i < 20; i++)
            {
                Publish(pipeline.Ring(0), i);
            }

            Poll.Until(() => pipeline.Delivered == 20, "the batch is delivered");
            Assert.Equal(3, pipeline.Failures);
        }

        AssertStored(20);
    }

    [Fact]
    public async Task WhatIsLeftAtAStopIsDeliveredAfterTheNextStart()
    {
        await using (EventPipeline pipeline = Open(new FailingSink(Store()) { Refuses = true }))
        {
            for (int i = 0; i < 30; i++)
            {
                Publish(pipeline.Ring(1), i);
            }
        }

        await using (EventPipeline pipeline = Open(new FailingSink(Store())))
        {
            Poll.Until(() => pipeline.Delivered == 30, "what waited is delivered");
        }

        AssertStored(30);
    }

    [Fact]
    public async Task AFullRingDropsCountsAndGoesOn()
    {
        EventPipelineOptions small = Options() with { RingBytes = EventRing.CapacityMin, SpoolBytesMax = 1 };
        await using EventPipeline pipeline = EventPipeline.Open(small, new FailingSink(Store()), new ColdEvents(), NullLogger.Instance);
        for (int i = 0; i < 5_000; i++)
        {
            Publish(pipeline.Ring(0), i);
        }

        // The spool has no room for any batch, so that in the end everything was dropped, in one place or the other.
        Poll.Until(() => pipeline.Dropped == 5_000, "every event is counted as dropped");
        Assert.Equal(0, pipeline.Delivered);
    }

    [Fact]
    public async Task RollUpsAreTheSumsOfTheirSpans()
    {
        await using (EventPipeline pipeline = Open(new FailingSink(Store())))
        {
            // Over the end of a month, a minute apart.
            long start = DateTimeOffset.Parse("2026-01-31T23:30:00Z", CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
            for (int i = 0; i < 60; i++)
            {
                Publish(pipeline.Ring(0), i, start + (i * 60_000));
            }

            Poll.Until(() => pipeline.Delivered == 60, "all events are delivered");
        }

        using EventStoreReader store = new(_directory);
        Assert.Equal(60, store.Number("SELECT count(*) FROM key_verifications_per_minute_v1"));
        Assert.Equal(
            ["2026-01-31 23:00:00 30", "2026-02-01 00:00:00 30"],
            store.Texts("SELECT datetime(time, 'unixepoch') || ' ' || sum(count) FROM key_verifications_per_hour_v1 GROUP BY time ORDER BY time"));
        Assert.Equal(
            ["2026-01-31 30", "2026-02-01 30"],
            store.Texts("SELECT date(time, 'unixepoch') || ' ' || sum(count) FROM key_verifications_per_day_v1 GROUP BY time ORDER BY time"));
        Assert.Equal(
            ["2026-01-01 30", "2026-02-01 30"],
            store.Texts("SELECT date(time, 'unixepoch') || ' ' || sum(count) FROM key_verifications_per_month_v1 GROUP BY time ORDER BY time"));
    }

    private static void Publish(EventRing ring, int number, long timeMs = 1_800_000_000_000)
    {
        VerificationEvent item = new()
        {
            Outcome = VerifyOutcome.Valid,
            TimeMs = timeMs,
            LatencyNs = 1_000,
            RequestId = Encoding.ASCII.GetBytes($"req_{number}"),
            WorkspaceId = "ws_1"u8,
            KeyspaceId = "ks_1"u8,
            KeyId = "key_1"u8,
        };
        if (ring.TryReserve(item.BytesMax(0), out EventWriter writer))
        {
            item.WriteTo(ref writer);
            ring.Publish(in writer);
        }
    }

    private EventPipelineOptions Options() => new()
    {
        DataDirectory = _directory,
        Reactors = 2,
        RingBytes = 1 << 20,
        BatchEventsMax = 50,
        BatchAgeMax = TimeSpan.FromMilliseconds(20),
        SpoolBytesMax = 1 << 20,
    };

    private EventPipeline Open(FailingSink sink) => EventPipeline.Open(Options(), sink, new ColdEvents(), NullLogger.Instance);

    private SqliteEventSink Store() => SqliteEventSink.Open(_directory, 0, TimeProvider.System);

    private void AssertStored(int count)
    {
        using EventStoreReader store = new(_directory);
        List<string> ids = store.Texts("SELECT request_id FROM key_verifications_v1");
        Assert.Equal(Enumerable.Range(0, count).Select(static i => $"req_{i}").Order(StringComparer.Ordinal), ids.Order(StringComparer.Ordinal));
        Assert.Equal(count, store.Number("SELECT sum(count) FROM key_verifications_per_day_v1"));
    }

    /// <summary>The embedded store behind a door that can be shut, or that shuts on the way out.</summary>
    private sealed class FailingSink(SqliteEventSink store) : IEventSink
    {
        private volatile bool _refuses;

        public bool Refuses
        {
            get => _refuses;
            set => _refuses = value;
        }

        public int LosesAnswers { get; set; }

        /// <summary>Of each batch that was stored, in that order, the id of its first request.</summary>
        public List<string> FirstRequests { get; } = [];

        public string Description => "a store that fails";

        public async Task DeliverAsync(EventBatch batch, CancellationToken cancellation)
        {
            if (Refuses)
            {
                throw new EventSinkException("it was told to refuse");
            }

            await store.DeliverAsync(batch, cancellation);
            int offset = 0;
            Assert.True(batch.TryNext(ref offset, out ReadOnlySpan<byte> payload));
            Assert.True(VerificationEvent.TryRead(payload, out VerificationEvent first));
            FirstRequests.Add(Encoding.ASCII.GetString(first.RequestId));
            if (LosesAnswers > 0)
            {
                LosesAnswers--;
                throw new EventSinkException("the answer was lost");
            }
        }

        public ValueTask DisposeAsync() => store.DisposeAsync();
    }
}
