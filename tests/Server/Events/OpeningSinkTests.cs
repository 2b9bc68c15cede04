using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Unkey.Server.Events;
using Unkey.Server.Events.Sqlite;
using Unkey.Server.Tests.Tcp.Events;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Events;

public sealed class OpeningSinkTests : IDisposable
{
    private readonly PipelineScene _scene = new();
    private readonly TaskCompletionSource<IEventSink> _opening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly OpeningSink _sink;

    public OpeningSinkTests() => _sink = new OpeningSink("late", _opening.Task);

    public void Dispose() => _scene.Dispose();

    [Fact]
    public async Task WhatIsDecidedBeforeTheStoreIsOpenWaitsForIt()
    {
        await using (EventPipeline pipeline = EventPipeline.Open(_scene.Options, _sink, new ColdEvents(), _scene.Log))
        {
            PipelineScene.Publish(pipeline.Ring(0), 0);
            Poll.Until(() => pipeline.Buffered == 0, "the event is sealed");
            Assert.Equal((0L, 1, true), (pipeline.Delivered, pipeline.Waiting, pipeline.IsSinkUp));
            _opening.SetResult(SqliteEventSink.Open(_scene.Data, 0, TimeProvider.System));
            Poll.Until(() => pipeline.Delivered == 1, "the event is delivered");
        }

        using EventStoreReader store = new(_scene.Data);
        Assert.Equal(1, store.Number("SELECT count(*) FROM key_verifications_v1"));
    }

    [Fact]
    public async Task WhatAStoreCannotTakeBecauseItDidNotOpenIsDeliveredByTheNextStart()
    {
        await using (EventPipeline pipeline = EventPipeline.Open(_scene.Options, _sink, new ColdEvents(), _scene.Log))
        {
            PipelineScene.Publish(pipeline.Ring(0), 0);
            _opening.SetException(new IOException("it is damaged"));
            Poll.Until(() => !pipeline.IsSinkUp, "the sink is down");
        }

        await using (EventPipeline pipeline = _scene.Open())
        {
            Poll.Until(() => pipeline.Delivered == 1, "the event is delivered");
        }

        using EventStoreReader store = new(_scene.Data);
        Assert.Equal(1, store.Number("SELECT count(*) FROM key_verifications_v1"));
    }

    [Fact]
    public async Task ADeliveryThatIsGivenUpDoesNotWait()
    {
        using CancellationTokenSource giveUp = new();
        Task delivery = _sink.DeliverAsync(new EventBatch("token", 0, 0, default), giveUp.Token);
        Assert.False(delivery.IsCompleted);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => delivery);
        _opening.SetResult(SqliteEventSink.Open(_scene.Data, 0, TimeProvider.System));
        await _sink.DisposeAsync();
    }
}
