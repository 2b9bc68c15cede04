using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using CsCheck;
using Microsoft.Data.Sqlite;
using Unkey.Engine.Events;
using Unkey.Server.Events;
using Unkey.Server.Events.Sqlite;
using Unkey.Server.Events.Sqlite.Sums;
using Unkey.Server.Tests.ControlPlane;
using Unkey.Server.Tests.Tcp.Events;
using Xunit;

namespace Unkey.Server.Tests.Events;

/// <summary>The sums that are made in memory: the same as those that SQL makes of the events, through faults and deaths.</summary>
public sealed class EventSumTests : IDisposable
{
    private const string CountByMinute = "SELECT ifnull(sum(total), 0) FROM ratelimits_per_minute_v1";

    private readonly string _directory = Directory.CreateTempSubdirectory("unkey-events-").FullName;
    private readonly SettableClock _clock = new();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    /// <summary>Random events of all kinds, over months, in batches of any size, with restarts.</summary>
    [Fact]
    public void SumsAreThoseOfTheEvents()
    {
        // Not so late that the sums of the first month are deleted.
        _clock.NowMs = 1_712_000_000_000;
        Gen<byte[][]> batch = RandomEvents.Any.Array[1, 60];
        int run = 0;
        Gen.Select(batch, Gen.Bool).Array[1, 8].Sample(
            batches =>
            {
                string directory = Directory.CreateDirectory(Path.Combine(_directory, Interlocked.Increment(ref run).ToString())).FullName;
                SqliteEventSink sink = SqliteEventSink.Open(directory, 0, _clock);
                int token = 0;
                foreach ((byte[][] payloads, bool restarts) in batches)
                {
                    sink.DeliverAsync(EventPayloads.Batch($"token {token++}", payloads), CancellationToken.None).GetAwaiter().GetResult();
                    if (restarts)
                    {
                        Close(sink);
                        sink = SqliteEventSink.Open(directory, 0, _clock);
                    }
                }

                Close(sink);
                AssertSums(directory);
            },
            iter: 25,
            threads: 1);
    }

    /// <summary>A table of groups against a dictionary: keys of any length, more of them than the table begins with, and again after it was emptied.</summary>
    [Fact]
    public void ATableHoldsWhatADictionaryHolds()
    {
        SumTable table = new();
        Gen<byte[]> key = Gen.OneOf(Gen.Byte.Array[0, 2], Gen.Byte.Array[0, 40], Gen.Byte.Array[2_000_000, 2_000_001].Where(static bytes => bytes.Length > 0));
        Gen<byte[]> frequent = Gen.Frequency((200, Gen.Byte.Array[0, 3]), (100, Gen.Byte.Array[8, 90]), (1, key));
        Gen.Select(frequent, Gen.Long[0, 1_000]).Array[0, 6_000].Sample(
            added =>
            {
                Dictionary<string, long> expected = [];
                foreach ((byte[] bytes, long number) in added)
                {
                    table.Add(bytes, new EventSum { First = 1, Fourth = number });
                    string name = Convert.ToHexString(bytes);
                    expected[name] = expected.GetValueOrDefault(name) + number;
                }

                Assert.Equal(expected.Count, table.Count);
                for (int i = 0; i < table.Count; i++)
                {
                    Assert.Equal(expected[Convert.ToHexString(table.Key(i))], table.Sum(i).Fourth);
                }

                table.Clear();
                Assert.Equal((0, 0), (table.Count, table.KeyBytes));
            },
            iter: 8,
            threads: 1);
    }

    [Fact]
    public void ASumStaysAtItsBound()
    {
        EventSum sum = new() { First = long.MaxValue - 1, Second = long.MinValue + 1, Third = -5 };
        sum.Add(new EventSum { First = 1, Second = -1, Third = 7 });
        Assert.Equal((long.MaxValue, long.MinValue, 2), (sum.First, sum.Second, sum.Third));
        sum.Add(new EventSum { First = long.MaxValue, Second = long.MinValue, Third = long.MaxValue });
        Assert.Equal((long.MaxValue, long.MinValue, long.MaxValue), (sum.First, sum.Second, sum.Third));
    }

    /// <summary>The last of the four tables fails, so the three before it are taken back; then nothing is lost and nothing doubled.</summary>
    [Fact]
    public async Task SumsThatCannotBeWrittenAreWrittenLaterAndOnce()
    {
        await using SqliteEventSink sink = SqliteEventSink.Open(_directory, 0, _clock);
        Run("CREATE TRIGGER fault BEFORE INSERT ON ratelimits_per_month_v1 BEGIN SELECT raise(ABORT, 'no room'); END");
        EventBatch[] batches = [.. Enumerable.Range(0, 3).Select(i => EventPayloads.Batch($"token {i}", EventPayloads.Ratelimit($"me {i}"), EventPayloads.Ratelimit("we")))];
        using EventStoreReader store = new(_directory);
        foreach (EventBatch batch in batches)
        {
            EventSinkException fault = await Assert.ThrowsAsync<EventSinkException>(() => sink.DeliverAsync(batch, CancellationToken.None));
            Assert.Contains("no room", fault.Message, StringComparison.Ordinal);
            Assert.Equal(0, store.Number(CountByMinute));
        }

        Run("DROP TRIGGER fault");
        foreach (EventBatch batch in batches)
        {
            await sink.DeliverAsync(batch, CancellationToken.None);
        }

        Assert.Equal(6, store.Number(CountByMinute));
        Assert.Equal(3, store.Number("SELECT total FROM ratelimits_per_month_v1 WHERE identifier = 'we'"));
        AssertSums(_directory);
    }

    /// <summary>A death with sums in memory: its files, copied while they wait, are opened by another process's store.</summary>
    [Fact]
    public async Task SumsThatDiedInMemoryAreMadeAgain()
    {
        string after = Directory.CreateDirectory(Path.Combine(_directory, "after")).FullName;
        await using (SqliteEventSink sink = SqliteEventSink.Open(_directory, 0, _clock))
        {
            // Few are written at once; many groups wait.
            byte[][] many = [.. Enumerable.Range(0, 3_000).Select(static i => EventPayloads.Ratelimit($"me {i}"))];
            await sink.DeliverAsync(EventPayloads.Batch("a", many[..2_000]), CancellationToken.None);
            await sink.DeliverAsync(EventPayloads.Batch("b", many), CancellationToken.None);
            using (EventStoreReader store = new(_directory))
            {
                Assert.Equal((2_000, 5_000), (store.Number(CountByMinute), store.Number("SELECT count(*) FROM ratelimits_v1")));
            }

            foreach (string path in Directory.GetFiles(_directory, "events.db*").Where(static path => !path.EndsWith("-shm", StringComparison.Ordinal)))
            {
                File.Copy(path, Path.Combine(after, Path.GetFileName(path)));
            }
        }

        for (int start = 0; start < 2; start++)
        {
            await using SqliteEventSink sink = SqliteEventSink.Open(after, 0, _clock);
            await sink.DeliverAsync(EventPayloads.Batch("b", EventPayloads.Ratelimit("again")), CancellationToken.None);
            await sink.DeliverAsync(EventPayloads.Batch($"c{start}", EventPayloads.Ratelimit("new")), CancellationToken.None);
        }

        AssertSums(after);
        using EventStoreReader reader = new(after);
        Assert.Equal(5_002, reader.Number(CountByMinute));
    }

    /// <summary>As the JSON writer writes them, whatever is in them: they are part of the key of a roll-up.</summary>
    [Fact]
    public void TagsAreTheSameJsonOnTheShortWay()
    {
        using TagsWriter writer = new();
        Gen.OneOf(Gen.String[Gen.Char[' ', '~'], 0, 12], Gen.String[0, 6].Where(static text => text.All(static c => !char.IsSurrogate(c)))).Array[0, 6].Sample(
            tags =>
            {
                Assert.True(VerificationEvent.TryRead(EventPayloads.Verification("req_1", tags), out VerificationEvent item));
                Assert.Equal(JsonSerializer.Serialize(tags), Encoding.UTF8.GetString(writer.Array(in item)));
            },
            threads: 1);
    }

    private static void Close(SqliteEventSink sink) => sink.DisposeAsync().AsTask().GetAwaiter().GetResult();

    // The sums as SQL makes them of the events.
    internal static void AssertSums(string directory)
    {
        using EventStoreReader store = new(directory);
        foreach (RollUpSource source in RollUpSource.All)
        {
            string keys = string.Join(", ", source.Keys);
            string sums = string.Join(", ", source.Sums.Select(static sum => $"sum({sum.Sum}) AS {sum.Name}"));
            string names = string.Join(", ", source.Sums.Select(static sum => sum.Name));
            foreach ((string unit, string start) in ((string, string)[])
                [
                    ("minute", "time / 60000 * 60"), ("hour", "time / 3600000 * 3600"), ("day", "time / 86400000 * 86400"),
                    ("month", "unixepoch(time / 1000, 'unixepoch', 'start of month')"),
                ])
            {
                string row = $"'{unit} ' || json_array(workspace_id, time, {keys}, {names})";
                string expected = $"SELECT workspace_id, {start} AS time, {keys}, {sums} FROM {source.Raw} GROUP BY 1, 2, {keys}";
                Assert.Equal(
                    store.Texts($"SELECT {row} FROM ({expected}) ORDER BY 1"),
                    store.Texts($"SELECT {row} FROM {source.Tables.Replace("{span}", unit, StringComparison.Ordinal)} ORDER BY 1"));
            }
        }
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
