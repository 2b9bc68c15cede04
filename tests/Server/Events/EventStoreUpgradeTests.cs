using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Data.Sqlite;
using Unkey.Engine.Events;
using Unkey.Server.Events;
using Unkey.Server.Events.Sqlite;
using Unkey.Server.Tests.Tcp.Events;
using Unkey.Tests.Support;
using Xunit;

namespace Unkey.Server.Tests.Events;

public sealed class EventStoreUpgradeTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("unkey-events-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    /// <summary>A store that knows no requests gets their tables and keeps what it has.</summary>
    [Fact]
    public async Task AStoreOfTheFirstVersionTakesRequestsAndKeepsItsEvents()
    {
        string events = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "src", "Server", "Events", "Sqlite", "events.sql"));
        Run(events + "INSERT INTO ratelimits_per_day_v1 VALUES ('ws_1', unixepoch(), 'n', 'me', 1, 2, 3, 4); PRAGMA user_version = 1; PRAGMA journal_mode = WAL;");
        for (int start = 0; start < 2; start++)
        {
            await using SqliteEventSink sink = SqliteEventSink.Open(_directory, 0, TimeProvider.System);
            await sink.DeliverAsync(Batch(start), CancellationToken.None);
        }

        using EventStoreReader store = new(_directory);
        Assert.Equal(["req_0", "req_1"], store.Texts("SELECT request_id FROM api_requests_raw_v2 ORDER BY 1"));
        Assert.Equal(2, store.Number("SELECT sum(count) FROM api_requests_per_month_v2 WHERE path = '/v2/x' AND response_status = 404"));
        Assert.Equal(2, store.Number("SELECT total FROM ratelimits_per_day_v1"));
    }

    [Fact]
    public void AStoreOfALaterVersionIsRefusedAndLeftAlone()
    {
        Run($"PRAGMA user_version = {EventSchema.Version + 1};");
        IOException refused = Assert.Throws<IOException>(() => SqliteEventSink.Open(_directory, 0, TimeProvider.System));
        Assert.Contains($"schema {EventSchema.Version + 1}", refused.Message, StringComparison.Ordinal);
        using EventStoreReader store = new(_directory);
        Assert.Equal(0, store.Number("SELECT count(*) FROM sqlite_schema"));
    }

    private static EventBatch Batch(int number)
    {
        byte[] room = new byte[256];
        EventWriter writer = new(room);
        RequestEvent item = new()
        {
            TimeMs = 1_800_000_000_000,
            Status = 404,
            RequestId = number == 0 ? "req_0"u8 : "req_1"u8,
            Method = "POST"u8,
            Path = "/v2/x"u8,
        };
        item.WriteTo(ref writer);
        EventBatchBuilder builder = new();
        Assert.True(builder.Add(room.AsSpan(0, writer.Written)));
        return new EventBatch($"token {number}", 0, 0, builder.Events.ToArray()) { Requests = builder.Requests };
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
