using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Unkey.Server.Events;
using Unkey.Server.Events.ClickHouse;
using Unkey.Server.Tests.Events;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Events;

/// <summary>The real ClickHouse engine and a delivery that fails in the middle: every event counts once. The pipeline runs in this process, with short pauses and deadlines.</summary>
public sealed class ClickHouseFaultTests : IDisposable
{
    private const string Database = "unkey_faults";
    private const int Rejected = 4005;

    private readonly PipelineScene _scene = new();
    private readonly ClickHouseServer _clickHouse;

    public ClickHouseFaultTests() => _clickHouse = new ClickHouseServer(Path.Combine(_scene.Data, "clickhouse"));

    public void Dispose()
    {
        _clickHouse.Dispose();
        _scene.Dispose();
    }

    /// <summary>As when the answer is late for the deadline, when the engine fails after it has begun to answer, and when the connection ends half way there or back.</summary>
    [Theory]
    [InlineData("refuse")]
    [InlineData("trailing")]
    [InlineData("cut")]
    [InlineData("half")]
    [InlineData("hang")]
    public async Task WhatFailsHalfWayIsCountedOnce(string fault)
    {
        int published = 0;
        await using (EventPipeline pipeline = Open())
        {
            PipelineScene.PublishSealed(pipeline, [published++]);
            Poll.Until(() => pipeline.Delivered == published, "the first event is delivered");
            for (int round = 1; round <= 3; round++)
            {
                long before = pipeline.Failures;
                _clickHouse.Fail(fault, 2);
                PipelineScene.PublishSealed(pipeline, Enumerable.Range(published, 120));
                published += 120;
                Poll.Until(() => pipeline.Delivered == published, "everything is delivered");
                Assert.Equal(2, pipeline.Failures - before);
            }

            Assert.Equal((0, 0, 0), (pipeline.Rejected, pipeline.Dropped, pipeline.Damaged));
        }

        AssertStored(Enumerable.Range(0, published));
    }

    [Fact]
    public async Task ABatchThatTheEngineCannotReadIsSetAsideAndHoldsUpNobody()
    {
        List<int> sound = [];
        await using (EventPipeline pipeline = Open())
        {
            PipelineScene.PublishSealed(pipeline, [1]);
            sound.Add(1);
            Poll.Until(() => pipeline.Delivered == 1, "the first event is delivered");
            _clickHouse.Fail("reject", int.MaxValue, PipelineScene.Id(0));
            PipelineScene.PublishSealed(pipeline, [0, 2, 3]);
            for (int i = 10; pipeline.Rejected == 0; i++)
            {
                long before = pipeline.Delivered;
                PipelineScene.PublishSealed(pipeline, [i]);
                sound.Add(i);
                Poll.Until(() => pipeline.Delivered > before, "what comes later is delivered");
                Assert.True(i < 1_000, "the batch is never given up");
            }

            Assert.True(pipeline.IsSinkUp);
            Assert.InRange(_scene.Log.Of(PipelineScene.SinkDown).Length, 0, 1);
            Assert.Equal(_scene.Log.Of(PipelineScene.SinkDown).Length, _scene.Log.Of(PipelineScene.SinkUp).Length);
        }

        Assert.Contains("status 400, Code: 33. DB::Exception: told to reject", Assert.Single(_scene.Log.Of(Rejected)), StringComparison.Ordinal);
        AssertStored(sound);

        // What is wrong was mended: the file is put back by its name.
        _clickHouse.Fail("none", 0);
        string aside = Assert.Single(_scene.Files(".rejected"));
        File.Move(aside, aside[..^".rejected".Length]);
        await using (EventPipeline pipeline = Open())
        {
            Poll.Until(() => pipeline.Delivered == 3, "the batch is delivered");
        }

        AssertStored([.. sound, 0, 2, 3]);
    }

    [Fact]
    public async Task TablesThatSomebodyDropsAreMadeAgain()
    {
        await using EventPipeline pipeline = Open();
        PipelineScene.PublishSealed(pipeline, [1]);
        Poll.Until(() => pipeline.Delivered == 1, "the first event is delivered");
        _clickHouse.Execute(Database, $"DROP DATABASE {Database}");
        PipelineScene.PublishSealed(pipeline, [2]);
        Poll.Until(() => pipeline.Delivered == 2, "the second event is delivered");
        Assert.Equal([PipelineScene.Id(2)], _clickHouse.Texts(Database, "SELECT request_id FROM key_verifications_raw_v2"));
    }

    private EventPipeline Open()
    {
        Assert.Null(ClickHouseAddress.Read(_clickHouse.Address(Database), out ClickHouseAddress? address));
        return EventPipeline.Open(_scene.Options, new ClickHouseEventSink(address!, 30, TimeSpan.FromSeconds(2)), new ColdEvents(), _scene.Log);
    }

    private void AssertStored(IEnumerable<int> numbers)
    {
        string[] expected = [.. numbers.Select(PipelineScene.Id).Order(StringComparer.Ordinal)];
        Assert.Equal(expected, _clickHouse.Texts(Database, "SELECT request_id FROM key_verifications_raw_v2 ORDER BY request_id"));
        foreach (string unit in (string[])["minute", "hour", "day", "month"])
        {
            Assert.Equal(expected.Length, _clickHouse.Number(Database, $"SELECT sum(count) FROM key_verifications_per_{unit}_v3"));
        }
    }
}
