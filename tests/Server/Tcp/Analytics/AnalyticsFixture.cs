using System;
using System.IO;
using System.Text.Json;
using System.Threading;
using Microsoft.Data.Sqlite;
using Unkey.Server.Events;
using Unkey.Server.Events.ClickHouse;
using Unkey.Server.Events.Sqlite;
using Unkey.Server.Tests.Tcp.Events;
using Unkey.Server.Tests.Tcp.Harness;

namespace Unkey.Server.Tests.Tcp.Analytics;

/// <summary>Two servers with the same keys and the same events, one over the embedded event store and one over ClickHouse.</summary>
public sealed class AnalyticsFixture : IDisposable
{
    internal const string Database = "unkey_analytics";
    private const int RetentionDays = 90;

    private readonly string _directory = Directory.CreateTempSubdirectory("unkey-test-").FullName;

    public AnalyticsFixture()
    {
        string[] quotas = ["--analytics-hourly-queries", "1000000", "--analytics-hourly-time", "24h"];
        ServerSetup first = new() { DataDirectory = Path.Combine(_directory, "embedded"), Options = quotas };
        string otherRootKey;
        string otherApi;
        using (ServerProcess server = ServerProcess.Start(first))
        {
            using ApiClient client = server.Client();
            Apis = [client.CreateApi(), client.CreateApi()];
            Workspace other = client.CreateWorkspace();
            otherApi = other.Client.CreateApi();
            OtherWorkspaceId = other.WorkspaceId;
            otherRootKey = other.Client.RootKey;
        }

        using (SqliteConnection store = new($"Data Source={Path.Combine(first.DataDirectory, "unkey.db")};Pooling=False"))
        {
            store.Open();
            Keyspaces = [Text(store, "keyspace_id", Apis[0]), Text(store, "keyspace_id", Apis[1])];
            OtherKeyspace = Text(store, "keyspace_id", otherApi);
            WorkspaceId = Text(store, "workspace_id", Apis[0]);
        }

        ClickHouse = new ClickHouseServer(Path.Combine(_directory, "clickhouse"));
        ServerSetup second = first with
        {
            DataDirectory = Path.Combine(_directory, "clickhouse-data"),
            Options = [.. quotas, "--clickhouse", ClickHouse.Address(Database)],
        };
        Directory.CreateDirectory(second.DataDirectory);
        File.Copy(Path.Combine(first.DataDirectory, "unkey.db"), Path.Combine(second.DataDirectory, "unkey.db"));
        NowMs = long.TryParse(Environment.GetEnvironmentVariable("UNKEY_TEST_NOW"), out long given) ? given : DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        Deliver(first.DataDirectory, new AnalyticsEvents(WorkspaceId, Keyspaces, OtherWorkspaceId, OtherKeyspace).Batch(NowMs));
        Servers = [ServerProcess.Start(first), ServerProcess.Start(second)];
        Clients = [Servers[0].Client(), Servers[1].Client()];
        OtherClients = [Clients[0].With(otherRootKey), Clients[1].With(otherRootKey)];
    }

    internal long NowMs { get; }

    internal string WorkspaceId { get; }

    internal string OtherWorkspaceId { get; }

    internal string OtherKeyspace { get; }

    internal string[] Apis { get; }

    internal string[] Keyspaces { get; }

    internal ClickHouseServer ClickHouse { get; }

    /// <summary>Embedded, ClickHouse.</summary>
    internal ServerProcess[] Servers { get; }

    /// <summary>Clients of the workspace with the events, by server.</summary>
    internal ApiClient[] Clients { get; }

    /// <summary>Clients of the other workspace, by server.</summary>
    internal ApiClient[] OtherClients { get; }

    /// <summary>Asks about verifications, or about rate limits when the query does.</summary>
    internal static Reply Ask(ApiClient client, string query) => Ask(client, query.Contains("ratelimits_", StringComparison.Ordinal) ? "getRatelimits" : "getVerifications", query);

    internal static Reply Ask(ApiClient client, string operation, string query) =>
        client.Post($"analytics.{operation}", $$"""{"query":{{JsonSerializer.Serialize(query)}}}""");

    public void Dispose()
    {
        foreach (ApiClient client in (ApiClient[])[.. Clients, .. OtherClients])
        {
            client.Dispose();
        }

        foreach (ServerProcess server in Servers)
        {
            server.Dispose();
        }

        ClickHouse.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private void Deliver(string directory, EventBatch batch)
    {
        Deliver(SqliteEventSink.Open(directory, RetentionDays, TimeProvider.System), batch);
        _ = ClickHouseAddress.Read(ClickHouse.Address(Database), out ClickHouseAddress? address);
        Deliver(new ClickHouseEventSink(address!, RetentionDays), batch);
    }

    private static void Deliver(IEventSink sink, EventBatch batch)
    {
        sink.DeliverAsync(batch, CancellationToken.None).GetAwaiter().GetResult();
        sink.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private static string Text(SqliteConnection store, string column, string apiId)
    {
        using SqliteCommand command = store.CreateCommand();
        command.CommandText = $"SELECT {column} FROM apis WHERE id = $id";
        command.Parameters.AddWithValue("$id", apiId);
        return (string)command.ExecuteScalar()!;
    }
}
