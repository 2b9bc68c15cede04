using System;
using System.Globalization;
using System.Text;
using System.Threading.Tasks;
using Unkey.Engine;
using Unkey.Engine.Events;
using Unkey.Server.Events;
using Unkey.Server.Events.Sqlite;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Events;

/// <summary>What the threads behind the reactors allocate for a batch, from the ring to the embedded store: a collection holds up every reactor, and batches never end.</summary>
[Collection(Alone)]
public sealed class BatchAllocationTests : IDisposable
{
    /// <summary>Tests that run while no other does, because they count what the whole process allocates.</summary>
    public const string Alone = "alone in the process";

    private const int EventsOfBatch = 500;
    private const int Batches = 20;
    private const int Rounds = 5;

    // A stored batch is a file, two transactions and some wake-ups: objects of some kilobytes, whatever the number of its events. Whoever raises this says what for.
    private const long BytesOfBatchMax = 5 * 1024;

    private readonly PipelineScene _scene = new();
    private readonly byte[][] _keys = Keys();

    public void Dispose() => _scene.Dispose();

    [Fact]
    public async Task ABatchAllocatesLittleHoweverManyEventsItHas()
    {
        _scene.Options = _scene.Options with { BatchEventsMax = EventsOfBatch, SpoolBytesMax = 1 << 24 };
        await using EventPipeline pipeline = EventPipeline.Open(_scene.Options, SqliteEventSink.Open(_scene.Data, 0, TimeProvider.System), new ColdEvents(), _scene.Log);
        Run(pipeline);
        long least = long.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            Run(pipeline);
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / Batches);
        }

        Assert.Equal((Rounds + 1) * Batches * EventsOfBatch, pipeline.Delivered);
        Assert.InRange(least, 0, BytesOfBatchMax);
    }

    private void Run(EventPipeline pipeline)
    {
        for (int batch = 0; batch < Batches; batch++)
        {
            long delivered = pipeline.Delivered + EventsOfBatch;
            for (int i = 0; i < EventsOfBatch; i++)
            {
                Publish(pipeline.Ring(0), _keys[i % _keys.Length]);
            }

            Poll.Until(() => pipeline.Delivered == delivered, "the batch is delivered");
        }
    }

    private static void Publish(EventRing ring, byte[] keyId)
    {
        VerificationEvent item = new()
        {
            Outcome = VerifyOutcome.Valid,
            TimeMs = EventPayloads.TimeMs,
            RequestId = "req_1"u8,
            WorkspaceId = "ws_1"u8,
            KeyspaceId = "ks_1"u8,
            KeyId = keyId,
        };
        Assert.True(ring.TryReserve(item.BytesMax(0), out EventWriter writer));
        item.WriteTo(ref writer);
        ring.Publish(in writer);
    }

    private static byte[][] Keys()
    {
        byte[][] keys = new byte[100][];
        for (int i = 0; i < keys.Length; i++)
        {
            keys[i] = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"key_{i:D4}"));
        }

        return keys;
    }
}

/// <summary>See <see cref="BatchAllocationTests.Alone"/>.</summary>
[CollectionDefinition(BatchAllocationTests.Alone, DisableParallelization = true)]
public sealed class AloneInTheProcess;
