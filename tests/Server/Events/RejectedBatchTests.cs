using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Unkey.Server.Events;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Events;

/// <summary>A batch that the sink refuses for ever, between others that it takes.</summary>
public sealed class RejectedBatchTests : IDisposable
{
    private const int Rejected = 4005;
    private const int RejectedAndRemoved = 4006;

    private readonly PipelineScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Fact]
    public async Task ABatchThatIsRefusedAloneIsSetAsideAndHoldsUpNobody()
    {
        _scene.Refusal = static first => first == PipelineScene.Id(0) ? "status 400, bad row" : null;
        List<int> sound = [];
        await using (EventPipeline pipeline = _scene.Open())
        {
            PipelineScene.PublishSealed(pipeline, [0, 1, 2]);
            for (int i = 10; pipeline.Rejected == 0; i++)
            {
                long before = pipeline.Delivered;
                PipelineScene.PublishSealed(pipeline, [i]);
                sound.Add(i);
                Poll.Until(() => pipeline.Delivered > before, "what comes later is delivered");
                Assert.True(i < 2_000, "the batch is never given up");
            }

            // Nothing came before it, so its first failures may have been the sink's; after that the sink is known to be well.
            Assert.InRange(_scene.Log.Of(PipelineScene.SinkDown).Length, 0, 1);
            Assert.Equal(_scene.Log.Of(PipelineScene.SinkDown).Length, _scene.Log.Of(PipelineScene.SinkUp).Length);
            Assert.True(pipeline.IsSinkUp);
            Assert.Equal((1, 0, sound.Count), (pipeline.Rejected, pipeline.Dropped, pipeline.Delivered));
            Assert.Equal(0, pipeline.SpoolBytes);
        }

        string line = Assert.Single(_scene.Log.Of(Rejected));
        string aside = Assert.Single(_scene.Files(".rejected"));
        Assert.Contains("status 400, bad row", line, StringComparison.Ordinal);
        Assert.Contains(aside, line, StringComparison.Ordinal);
        Assert.Contains("one of 3 events 10 times", line, StringComparison.Ordinal);
        _scene.AssertStored(sound);

        // Nothing brings it back by itself; renamed, it is delivered like any other.
        _scene.Refusal = static _ => null;
        await using (EventPipeline pipeline = _scene.Open())
        {
            Assert.Equal(0, pipeline.SpoolBytes);
        }

        File.Move(aside, aside[..^".rejected".Length]);
        await using (EventPipeline pipeline = _scene.Open())
        {
            Poll.Until(() => pipeline.Delivered == 3, "the batch is delivered");
        }

        _scene.AssertStored([0, 1, 2, .. sound]);
    }

    [Fact]
    public async Task ASinkThatRefusesEverybodyCostsNoBatch()
    {
        _scene.Refusal = static _ => "status 401, who are you";
        await using (EventPipeline pipeline = _scene.Open())
        {
            for (int i = 0; i < 5; i++)
            {
                PipelineScene.PublishSealed(pipeline, [i]);
            }

            Poll.Until(() => pipeline.Failures > 100, "far more failures than one batch may have alone");
            Assert.False(pipeline.IsSinkUp);
            Assert.Single(_scene.Log.Of(PipelineScene.SinkDown));
            _scene.Refusal = static _ => null;
            Poll.Until(() => pipeline.Delivered == 5, "all are delivered");
            Assert.Equal(0, pipeline.Rejected);
            Assert.Single(_scene.Log.Of(PipelineScene.SinkUp));
        }

        _scene.AssertStored(Enumerable.Range(0, 5));
    }

    /// <summary>The newest and the oldest are what is tried first: both refused, those between must come through all the same.</summary>
    [Fact]
    public async Task RefusedBatchesAtBothEndsOfABacklogDoNotStarveTheMiddle()
    {
        _scene.Refusal = static _ => "down";
        await using (EventPipeline pipeline = _scene.Open())
        {
            for (int i = 0; i < 9; i++)
            {
                PipelineScene.PublishSealed(pipeline, [i]);
            }

            string[] poison = [PipelineScene.Id(0), PipelineScene.Id(1), PipelineScene.Id(7), PipelineScene.Id(8)];
            _scene.Refusal = first => poison.Contains(first) ? "bad row" : null;
            Poll.Until(() => pipeline.Delivered == 5, "the middle is delivered");
            Assert.True(pipeline.IsSinkUp);
        }

        // Four batches wait: they were given up by nobody, since too little came through meanwhile.
        Assert.Equal(4, _scene.Files(".events").Length);
        _scene.AssertStored(Enumerable.Range(2, 5));
    }

    [Fact]
    public async Task RejectedBatchesTakeTheirPartOfTheSpoolAndNoMore()
    {
        _scene.Options = _scene.Options with { SpoolBytesMax = 2_000, Pauses = _scene.Options.Pauses with { BatchAttemptsMax = 2 } };
        _scene.Refusal = static first => string.CompareOrdinal(first, PipelineScene.Id(1_000)) < 0 ? "bad row" : null;
        await using EventPipeline pipeline = _scene.Open();
        int next = 1_000;
        for (int i = 0; i < 6; i++)
        {
            PipelineScene.PublishSealed(pipeline, [i]);
            while (pipeline.Rejected <= i)
            {
                PipelineScene.PublishSealed(pipeline, [next++]);
                Assert.True(next < 3_000, "the batch is never given up");
            }
        }

        Assert.Equal(6, _scene.Log.Of(Rejected).Length + _scene.Log.Of(RejectedAndRemoved).Length);
        Assert.InRange(_scene.Log.Of(RejectedAndRemoved).Length, 1, 5);
        Assert.Equal(_scene.Log.Of(Rejected).Length, _scene.Files(".rejected").Length);
        Assert.InRange(_scene.Files(".rejected").Sum(static path => new FileInfo(path).Length), 1, 500);
    }
}
