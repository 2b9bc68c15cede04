using System;
using System.IO;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Data.Sqlite;
using Unkey.Engine.Events;
using Unkey.Server.Events;
using Unkey.Server.Events.Sqlite;
using Unkey.Server.Tests.ControlPlane;
using Unkey.Server.Tests.Tcp.Events;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Events;

/// <summary>The sums of the embedded store are those of its events, whenever they are made.</summary>
public sealed class RollUpTests : IDisposable
{
    private const string CountByMinute = "SELECT ifnull(sum(total), 0) FROM ratelimits_per_minute_v1";

    private readonly string _directory = Directory.CreateTempSubdirectory("unkey-events-").FullName;
    private readonly SettableClock _clock = new();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task FewEventsAreSummedWithTheirBatch()
    {
        await using SqliteEventSink sink = Open();
        await sink.DeliverAsync(Batch("a", RollUps.FewRows), CancellationToken.None);
        using EventStoreReader store = new(_directory);
        Assert.Equal(RollUps.FewRows, store.Number(CountByMinute));
    }

    [Fact]
    public async Task ManyEventsAreSummedTogetherAndAlsoWhenNoMoreCome()
    {
        await using SqliteEventSink sink = Open();
        await sink.DeliverAsync(Batch("a", 3_000, identifiers: 3_000), CancellationToken.None);
        using EventStoreReader store = new(_directory);
        long first = store.Number(CountByMinute);
        await sink.DeliverAsync(Batch("b", 3_000), CancellationToken.None);
        Assert.Equal(first, store.Number(CountByMinute));
        _clock.NowMs += RollUps.PauseMaxMs;
        Poll.Until(() => store.Number(CountByMinute) == 6_000, "the sums catch up without a batch");
    }

    [Fact]
    public async Task WhatAStopOrADeathLeftIsSummedOnce()
    {
        for (int i = 0; i < 3; i++)
        {
            await using SqliteEventSink sink = Open();
            await sink.DeliverAsync(Batch($"a{i}", 3_000), CancellationToken.None);
            await sink.DeliverAsync(Batch($"b{i}", 3_000), CancellationToken.None);
        }

        // A death: the events are stored, and how far the sums are says so.
        Run("DELETE FROM ratelimits_per_minute_v1; UPDATE rolled_up SET last_row = 0;");
        await using (SqliteEventSink sink = Open())
        {
            await sink.DeliverAsync(Batch("last", 1), CancellationToken.None);
        }

        using EventStoreReader store = new(_directory);
        Assert.Equal(18_001, store.Number(CountByMinute));
        Assert.Equal(36_001, store.Number("SELECT sum(total) FROM ratelimits_per_hour_v1"));
    }

    /// <summary>An error in a sum would stand in the way of all later ones.</summary>
    [Fact]
    public async Task SumsBeyondTheLargestNumberDoNotStopTheRest()
    {
        await using SqliteEventSink sink = Open();
        await sink.DeliverAsync(Batch("a", 3, tokens: long.MaxValue), CancellationToken.None);
        await sink.DeliverAsync(Batch("b", 2, tokens: 5), CancellationToken.None);
        using EventStoreReader store = new(_directory);
        Assert.Equal(5, store.Number(CountByMinute));
        Assert.Equal([$"integer {long.MaxValue}"], store.Texts("SELECT DISTINCT typeof(total_tokens) || ' ' || total_tokens FROM ratelimits_per_minute_v1"));
    }

    private SqliteEventSink Open() => SqliteEventSink.Open(_directory, 0, _clock);

    private static EventBatch Batch(string token, int count, long tokens = 1, int identifiers = 1)
    {
        byte[] room = new byte[256];
        EventBatchBuilder builder = new();
        for (int i = 0; i < count; i++)
        {
            EventWriter writer = new(room);
            RatelimitEvent item = new()
            {
                TimeMs = 1_800_000_000_000,
                Passed = true,
                Tokens = tokens,
                WorkspaceId = "ws"u8,
                NamespaceId = "ns"u8,
                Identifier = Encoding.ASCII.GetBytes($"me {i % identifiers}"),
            };
            item.WriteTo(ref writer);
            Assert.True(builder.Add(room.AsSpan(0, writer.Written)));
        }

        return new EventBatch(token, 0, builder.Ratelimits, builder.Events.ToArray());
    }

    private void Run(string sql)
    {
        using SqliteConnection connection = new($"Data Source={SqliteEventSink.PathIn(_directory)};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
