using System;
using System.IO;
using System.Text;
using System.Threading;
using Microsoft.Data.Sqlite;
using Unkey.Server.Analytics;
using Unkey.Server.Analytics.Binding;
using Unkey.Server.Analytics.Sqlite;
using Unkey.Server.Events.Sqlite;
using Unkey.Server.Tests.Tcp.Analytics;

namespace Unkey.Server.Tests.Analytics;

/// <summary>An embedded event store with events of two workspaces, asked without a server.</summary>
public sealed class SqliteStoreFixture : IDisposable
{
    public const string WorkspaceId = "ws_mine";

    private readonly string _directory = Directory.CreateTempSubdirectory("unkey-test-").FullName;

    public SqliteStoreFixture()
    {
        SqliteEventSink sink = SqliteEventSink.Open(_directory, 90, TimeProvider.System);
        AnalyticsEvents events = new(WorkspaceId, ["ks_1", "ks_2"], "ws_other", $"ks_{AnalyticsEvents.Marker}");
        sink.DeliverAsync(events.Batch(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()), CancellationToken.None).GetAwaiter().GetResult();
        sink.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    public string Path => SqliteEventSink.PathIn(_directory);

    /// <summary>The answer as JSON.</summary>
    internal string Ask(string query, Dataset dataset, AnalyticsLimits limits)
    {
        BoundQuery bound = AnalyticsService.Bind(query, dataset, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), limits);
        AnalyticsScope scope = new(WorkspaceId, null);
        return Encoding.UTF8.GetString(new SqliteAnalyticsStore(Path).RunAsync(bound, dataset, scope, limits, CancellationToken.None).GetAwaiter().GetResult().Json.Span);
    }

    internal string Ask(string query) => Ask(query, Dataset.Verifications, new AnalyticsLimits());

    internal SqliteConnection Connect()
    {
        SqliteConnection connection = new($"Data Source={Path};Mode=ReadOnly;Pooling=False");
        connection.Open();
        return connection;
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
