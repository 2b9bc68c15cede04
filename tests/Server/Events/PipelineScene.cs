using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Unkey.Engine;
using Unkey.Engine.Events;
using Unkey.Server.Events;
using Unkey.Server.Events.Sqlite;
using Unkey.Server.Tests.Tcp.Events;
using Xunit;

namespace Unkey.Server.Tests.Events;

/// <summary>A data directory, a log, and a pipeline into the embedded store that a test can make refuse.</summary>
internal sealed class PipelineScene : IDisposable
{
    public const int SinkDown = 4010;
    public const int SinkUp = 4011;

    public PipelineScene()
    {
        Data = Directory.CreateTempSubdirectory("unkey-events-").FullName;
        Options = new EventPipelineOptions
        {
            DataDirectory = Data,
            Reactors = 1,
            RingBytes = 1 << 20,
            BatchEventsMax = 50,
            BatchAgeMax = TimeSpan.FromMilliseconds(20),
            SpoolBytesMax = 1 << 20,
            Pauses = new DeliveryPauses
            {
                SinkMin = TimeSpan.FromMilliseconds(5),
                SinkMax = TimeSpan.FromMilliseconds(20),
                BatchMin = TimeSpan.FromMilliseconds(10),
                BatchMax = TimeSpan.FromMilliseconds(50),
            },
        };
    }

    public string Data { get; }

    public string Spool => Path.Combine(Data, "events", "spool");

    public RecordedLog Log { get; } = new();

    public EventPipelineOptions Options { get; set; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Why the sink refuses a batch, by the first request id of it; <see langword="null"/> when it takes it.</summary>
    public Func<string, string?> Refusal { get; set; } = static _ => null;

    public void Dispose() => Directory.Delete(Data, recursive: true);

    public EventPipeline Open() =>
        EventPipeline.Open(Options, new Door(this, SqliteEventSink.Open(Data, 0, Clock)), new ColdEvents(), Log);

    public static void Publish(EventRing ring, int number, long timeMs = EventPayloads.TimeMs)
    {
        VerificationEvent item = new()
        {
            Outcome = VerifyOutcome.Valid,
            TimeMs = timeMs,
            LatencyNs = 1_000,
            RequestId = Encoding.ASCII.GetBytes(Id(number)),
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

    /// <summary>Publishes events and waits until they are in a batch, or in some.</summary>
    public static void PublishSealed(EventPipeline pipeline, IEnumerable<int> numbers)
    {
        foreach (int number in numbers)
        {
            Publish(pipeline.Ring(0), number);
        }

        Tcp.Harness.Poll.Until(() => pipeline.Buffered == 0, "the events are sealed");
    }

    public static string Id(int number) => "req_" + number.ToString("D6", CultureInfo.InvariantCulture);

    /// <summary>Files of the spool with this ending.</summary>
    public string[] Files(string ending) => [.. Directory.GetFiles(Spool, "*" + ending).Order(StringComparer.Ordinal)];

    /// <summary>Exactly these are stored, each once, in the raw table and in the sums.</summary>
    public void AssertStored(IEnumerable<int> numbers)
    {
        string[] expected = [.. numbers.Select(Id).Order(StringComparer.Ordinal)];
        using EventStoreReader store = new(Data);
        Assert.Equal(expected, store.Texts("SELECT request_id FROM key_verifications_v1 ORDER BY request_id"));
        foreach (string unit in (string[])["minute", "hour", "day", "month"])
        {
            Assert.Equal(expected.Length, store.Number($"SELECT sum(count) FROM key_verifications_per_{unit}_v1"));
        }
    }

    private sealed class Door(PipelineScene scene, SqliteEventSink store) : IEventSink
    {
        public string Description => "a store with a door";

        public Task DeliverAsync(EventBatch batch, CancellationToken cancellation)
        {
            int offset = 0;
            Assert.True(batch.TryNext(ref offset, out ReadOnlySpan<byte> payload));
            Assert.True(VerificationEvent.TryRead(payload, out VerificationEvent first));
            return scene.Refusal(Encoding.ASCII.GetString(first.RequestId)) is { } reason
                ? Task.FromException(new EventSinkException(reason)) : store.DeliverAsync(batch, cancellation);
        }

        public ValueTask DisposeAsync() => store.DisposeAsync();
    }
}
