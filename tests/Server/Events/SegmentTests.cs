using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using CsCheck;
using Microsoft.Data.Sqlite;
using SQLitePCL;
using Unkey.Server.Analytics;
using Unkey.Server.Analytics.Binding;
using Unkey.Server.Analytics.Sqlite;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.Events.Sqlite;
using Unkey.Server.Events.Sqlite.Segments;
using Unkey.Server.Tests.ControlPlane;
using Unkey.Server.Tests.Tcp.Events;
using Xunit;

namespace Unkey.Server.Tests.Events;

/// <summary>Raw events in segments look like the rows that they were before, whatever is asked of them, and damage is an answer and never a crash.</summary>
public sealed class SegmentTests : IDisposable
{
    private const int DamagedRuns = 3_000;

    private static readonly string[] s_conditions =
    [
        "workspace_id = $w", "workspace_id = $w AND time >= $a AND time < $b", "time > $a AND time <= $b", "workspace_id IN ($w, 'a') AND time BETWEEN $a AND $b", "time = $b",
        "(workspace_id = $w OR time < $a) AND NOT time = $b",
    ];

    private readonly string _directory = Directory.CreateTempSubdirectory("unkey-events-").FullName;
    private readonly SettableClock _clock = new() { NowMs = RandomEvents.MaxMs };
    private int _folders;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    /// <summary>
    /// The same events in three files: as the rows of version 3, as segments, and partly as rows of a store that was upgraded. All columns, and random ranges of workspaces and
    /// times, which leave out segments, give the same; so do the sums.
    /// </summary>
    [Fact]
    public void SegmentsAndUpgradedRowsAnswerAsRowsDo()
    {
        Gen<(int, string, string, long, long)[]> questions = Gen.Select(
            Gen.Int[0, 2], Gen.OneOf(Gen.Const(""), Gen.Const("a"), Gen.Const("b"), Gen.Const("grün"), Gen.Const("no such")), Gen.Int[0, 5].Select(static i => s_conditions[i]),
            Gen.Long[RandomEvents.MinMs, RandomEvents.MaxMs], Gen.Long[1_709_251_100_000, 1_709_251_260_000]).Array[12];
        Gen.Select(RandomEvents.Any.Array[1, 120].Array[1, 5], Gen.Int[0, 5], questions).Sample(
            (batches, rows, asked) =>
            {
                string old = NewFolder();
                string segments = NewFolder();
                string both = NewFolder();
                EventFile.MakeOfVersion3(old);
                EventFile.MakeOfVersion3(both);

                // A start alone may be over before it has summed the rows.
                rows = Math.Min(rows, batches.Length - 1);
                AddRows(old, batches);
                AddRows(both, batches.Take(rows));
                Deliver(segments, batches, 0);
                Deliver(both, batches, rows);
                using EventFile reference = new(old);
                using EventStoreReader left = new(segments);
                using EventStoreReader right = new(both);
                foreach (string sql in SegmentTable.All.Select(static table => $"SELECT json_array({table.ColumnList}) FROM {table.Name} ORDER BY 1").Concat(asked.Select(Question)))
                {
                    List<string> expected = EventStoreReader.Texts(reference.Connection, sql);
                    Assert.Equal(expected, left.Texts(sql));
                    Assert.Equal(expected, right.Texts(sql));
                }

                EventSumTests.AssertSums(segments);
                EventSumTests.AssertSums(both);
            },
            iter: 25,
            threads: 1);
    }

    /// <summary>Many workspaces in one batch, more than have segments of their own, and a batch of several segments.</summary>
    [Fact]
    public async Task EveryWorkspaceFindsItsEvents()
    {
        byte[][] payloads =
        [
            .. Enumerable.Range(0, 30_000).Select(
                static i => RandomEvents.Ratelimit(RandomEvents.MinMs + i, Encoding.ASCII.GetBytes($"ws_{i % 40}"), "ns"u8.ToArray(), new byte[i % 7], passed: true, tokens: 1)),
        ];
        await using (SqliteEventSink sink = SqliteEventSink.Open(_directory, 0, _clock))
        {
            await sink.DeliverAsync(EventPayloads.Batch("a", payloads), CancellationToken.None);
        }

        using EventStoreReader store = new(_directory);
        Assert.Equal(Enumerable.Repeat("750", 40), store.Texts("SELECT count(*) FROM ratelimits_v1 GROUP BY workspace_id"));
        for (int i = 0; i < 40; i++)
        {
            Assert.Equal(750, store.Number($"SELECT count(*) FROM ratelimits_v1 WHERE workspace_id = 'ws_{i}'"));
        }

        // Each has a number of its own: SQLite tells rows apart by it when it puts the parts of an OR together.
        Assert.Equal(30_000, store.Number("SELECT count(DISTINCT rowid) FROM ratelimits_v1"));
        Assert.Equal(1_500, store.Number("SELECT count(*) FROM ratelimits_v1 WHERE workspace_id = 'ws_1' OR workspace_id = 'ws_39' OR workspace_id = 'ws_1'"));
        Assert.Equal(16 + 1, store.Number("SELECT count(DISTINCT workspace_id) FROM event_segments"));
        Assert.InRange(store.Number("SELECT max(length(events)) FROM event_segments"), 1, Segment.BytesMax + 4_096);
    }

    /// <summary>What is left out is not read: a query of another time or workspace does not see that a segment is damaged.</summary>
    [Fact]
    public async Task OnlySegmentsOfTheRangeAreRead()
    {
        await using (SqliteEventSink sink = SqliteEventSink.Open(_directory, 0, _clock))
        {
            await sink.DeliverAsync(EventPayloads.Batch("a", EventPayloads.Ratelimit("me")), CancellationToken.None);
        }

        using (EventFile file = new(_directory))
        {
            file.Replace(static bytes => [.. bytes, 0], static _ => 0);
        }

        using EventStoreReader store = new(_directory);
        foreach (string condition in (string[])
            [
                "time > 1800000000001", "time < 1799999999999", "time = 1800000000001", "time BETWEEN 0 AND 1799999999999", "time > 1800000000001.5", "workspace_id = 'ws_2'",
                "workspace_id = 'ws_2' AND time = 1800000000000",
            ])
        {
            Assert.Equal(0, store.Number($"SELECT count(*) FROM ratelimits_v1 WHERE {condition}"));
        }

        foreach (string condition in (string[])
            ["1", "time >= 1800000000000", "time <= 1800000000000", "time = 1800000000000", "time > 1799999999999.5", "workspace_id = 'ws_1'", "workspace_id = 'WS_2' COLLATE NOCASE", "time > 'a'"])
        {
            SqliteException refusal = Assert.Throws<SqliteException>(() => store.Number($"SELECT count(*) FROM ratelimits_v1 WHERE {condition}"));
            Assert.Equal(raw.SQLITE_CORRUPT, refusal.SqliteErrorCode);
            Assert.Contains("segment 1000001 of the event store is damaged", refusal.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>Bytes that somebody changed, with a checksum that fits and one that does not: each is read to the end, or refused.</summary>
    [Fact]
    public async Task HostileBytesGiveAnErrorOrRows()
    {
        byte[][] payloads = [EventPayloads.Verification("req_1", "a", "b\"c"), EventPayloads.Ratelimit("me"), EventPayloads.Request("/v2/x"), EventPayloads.Verification("req_2")];
        await using (SqliteEventSink sink = SqliteEventSink.Open(_directory, 0, _clock))
        {
            await sink.DeliverAsync(EventPayloads.Batch("a", payloads), CancellationToken.None);
        }

        using EventFile file = new(_directory);
        SegmentReading.Attach(file.Connection);
        Random random = new(20261129);
        int refused = 0;
        int read = 0;
        file.Run("BEGIN");
        for (int i = 0; i < DamagedRuns; i++)
        {
            bool isFitting = i % 8 != 0;
            file.Run("SAVEPOINT sound");
            file.Replace(bytes => Change(bytes, random), bytes => isFitting ? Segment.Checksum(bytes) : Segment.Checksum(bytes) ^ (1u << random.Next(32)));

            // A number that no check of this connection has seen.
            file.Run($"UPDATE event_segments SET id = id + {(i + 1) * 10}");
            foreach (SegmentTable table in SegmentTable.All)
            {
                try
                {
                    EventStoreReader.Texts(file.Connection, $"SELECT json_array({table.ColumnList}, rowid) FROM {table.Name}");
                    EventStoreReader.Texts(file.Connection, $"SELECT count(*) FROM {table.Name} WHERE workspace_id = 'ws_1' AND time > 0");
                    Assert.True(isFitting);
                    read++;
                }
                catch (SqliteException exception)
                {
                    Assert.Equal(raw.SQLITE_CORRUPT, exception.SqliteErrorCode);
                    refused++;
                }
            }

            file.Run("ROLLBACK TO sound; RELEASE sound");
        }

        file.Run("ROLLBACK");
        Assert.InRange(read, DamagedRuns / 20, DamagedRuns * 3);
        Assert.InRange(refused, DamagedRuns / 20, DamagedRuns * 3);
    }

    /// <summary>A segment that is damaged before its events are summed: the rest is summed, and the store goes on.</summary>
    [Fact]
    public async Task ADamagedSegmentDoesNotStopTheSums()
    {
        for (int i = 0; i < 2; i++)
        {
            await using SqliteEventSink sink = SqliteEventSink.Open(_directory, 0, _clock);
            await sink.DeliverAsync(EventPayloads.Batch($"a{i}", EventPayloads.Ratelimit("me"), EventPayloads.Request("/v2/x")), CancellationToken.None);
            using EventFile file = new(_directory);
            file.Run("UPDATE rolled_up SET last_row = 0; DELETE FROM ratelimits_per_minute_v1; UPDATE event_segments SET checksum = checksum + 1 WHERE id = 1");
        }

        await using (SqliteEventSink sink = SqliteEventSink.Open(_directory, 0, _clock))
        {
            await sink.DeliverAsync(EventPayloads.Batch("b", EventPayloads.Ratelimit("me")), CancellationToken.None);
        }

        using EventStoreReader store = new(_directory);
        Assert.Equal(2, store.Number("SELECT sum(total) FROM ratelimits_per_minute_v1"));
        Assert.Equal(store.Number("SELECT max(id) FROM event_segments"), store.Number("SELECT last_row FROM rolled_up WHERE source = 'event_segments'"));
    }

    /// <summary>A tenant is told that it is the store, and not the query.</summary>
    [Fact]
    public async Task AQueryOfADamagedSegmentIsRefused()
    {
        await using (SqliteEventSink sink = SqliteEventSink.Open(_directory, 0, _clock))
        {
            await sink.DeliverAsync(EventPayloads.Batch("a", EventPayloads.Verification("req_1")), CancellationToken.None);
        }

        using (EventFile file = new(_directory))
        {
            file.Run("UPDATE event_segments SET checksum = checksum + 1");
        }

        AnalyticsLimits limits = new() { RetentionDays = 0 };
        BoundQuery query = AnalyticsService.Bind("SELECT count() FROM key_verifications_v1", Dataset.Verifications, EventPayloads.TimeMs, limits);
        AnalyticsException refusal = await Assert.ThrowsAsync<AnalyticsException>(
            () => new SqliteAnalyticsStore(SqliteEventSink.PathIn(_directory)).RunAsync(query, Dataset.Verifications, new AnalyticsScope("ws_1", null), limits, CancellationToken.None));
        Assert.Same(ErrorCode.AnalyticsConnectionFailed, refusal.Code);
        Assert.Contains("damaged", refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>A scan that finds nothing returns to SQLite only at its end, so it looks itself whether the query is to end.</summary>
    [Fact]
    public async Task AScanThatFindsNothingIsInterrupted()
    {
        byte[][] payloads = [.. Enumerable.Range(0, 5_000).Select(static i => EventPayloads.Ratelimit($"me {i}"))];
        await using (SqliteEventSink sink = SqliteEventSink.Open(_directory, 0, _clock))
        {
            await sink.DeliverAsync(EventPayloads.Batch("a", payloads), CancellationToken.None);
        }

        using EventFile file = new(_directory);
        file.Run("UPDATE event_segments SET workspace_id = ''");
        SegmentReading reading = SegmentReading.Attach(file.Connection);
        int looks = 0;
        reading.IsEnded = () => ++looks > 3;
        SqliteException ended = Assert.Throws<SqliteException>(() => EventStoreReader.Texts(file.Connection, "SELECT count(*) FROM ratelimits_v1 WHERE workspace_id = 'another'"));
        Assert.Equal(raw.SQLITE_INTERRUPT, ended.SqliteErrorCode);
        Assert.Equal(4, looks);
        reading.IsEnded = static () => false;
        Assert.Equal(["0"], EventStoreReader.Texts(file.Connection, "SELECT count(*) FROM ratelimits_v1 WHERE workspace_id = 'another'"));
    }

    /// <summary>A join reads a table many times, and a connection has many scans at once; all of it is given back.</summary>
    [Fact]
    public async Task TablesCanBeJoinedAndWrittenBeside()
    {
        await using SqliteEventSink sink = SqliteEventSink.Open(_directory, 0, _clock);
        await sink.DeliverAsync(EventPayloads.Batch("a", [.. Enumerable.Range(0, 40).Select(static i => EventPayloads.Ratelimit($"me {i}"))]), CancellationToken.None);
        for (int i = 0; i < 20; i++)
        {
            using EventStoreReader store = new(_directory);
            Assert.Equal(40 + i, store.Number("SELECT count(*) FROM ratelimits_v1 a JOIN ratelimits_v1 b ON a.identifier = b.identifier"));
            await sink.DeliverAsync(EventPayloads.Batch($"b{i}", EventPayloads.Ratelimit($"you {i}")), CancellationToken.None);
            Assert.Equal(41 + i, store.Number("SELECT count(*) FROM ratelimits_v1"));
        }
    }

    private static string Question((int Table, string Workspace, string Condition, long A, long B) asked)
    {
        SegmentTable table = SegmentTable.All[asked.Table];
        string condition = asked.Condition.Replace("$w", $"'{asked.Workspace}'", StringComparison.Ordinal)
            .Replace("$a", $"{Math.Min(asked.A, asked.B)}", StringComparison.Ordinal).Replace("$b", $"{Math.Max(asked.A, asked.B)}", StringComparison.Ordinal);
        return $"SELECT request_id || ' ' || count(*) || ' ' || sum(time) || ' ' || min(workspace_id) FROM {table.Name} WHERE {condition} GROUP BY request_id ORDER BY 1";
    }

    // One or some changes: a byte, a cut, a repetition, a length.
    private static byte[] Change(byte[] bytes, Random random)
    {
        List<byte> changed = [.. bytes];
        for (int count = random.Next(1, 4); count > 0 && changed.Count > 1; count--)
        {
            int at = random.Next(changed.Count);
            switch (random.Next(5))
            {
                case 0:
                    changed[at] = (byte)random.Next(256);
                    break;
                case 1:
                    changed.RemoveRange(at, random.Next(changed.Count - at));
                    break;
                case 2:
                    changed.InsertRange(at, changed.GetRange(at, random.Next(changed.Count - at)));
                    break;
                case 3:
                    changed[at] = (byte)(random.Next(2) * 255);
                    break;
                default:
                    changed[random.Next(Math.Min(8, changed.Count))] ^= (byte)(1 << random.Next(8));
                    break;
            }
        }

        return changed.Count == 0 ? [0] : [.. changed];
    }

    private static void AddRows(string directory, IEnumerable<byte[][]> batches)
    {
        using EventFile file = new(directory);
        file.Run($"BEGIN; {string.Concat(batches.SelectMany(static batch => batch).Select(EventFile.RowOf))} COMMIT;");
    }

    private void Deliver(string directory, byte[][][] batches, int from)
    {
        SqliteEventSink sink = SqliteEventSink.Open(directory, 0, _clock);
        for (int i = from; i < batches.Length; i++)
        {
            sink.DeliverAsync(EventPayloads.Batch($"token {i}", batches[i]), CancellationToken.None).GetAwaiter().GetResult();
        }

        sink.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private string NewFolder() => Directory.CreateDirectory(Path.Combine(_directory, $"{++_folders}")).FullName;
}
