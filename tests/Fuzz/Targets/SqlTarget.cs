using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Microsoft.Data.Sqlite;
using Unkey.Server.Analytics;
using Unkey.Server.Analytics.Binding;
using Unkey.Server.Analytics.Emit;
using Unkey.Server.Analytics.Sql;
using Unkey.Server.Analytics.Sqlite;
using Unkey.Server.Events.Sqlite;
using Unkey.Server.Events.Sqlite.Segments;
using Unkey.Tests.Oracles;
using Unkey.Tests.Support;

namespace Unkey.Fuzz.Targets;

/// <summary>Queries of analytics. The lowest bit of the first byte chooses the dataset.</summary>
internal sealed class SqlTarget : FuzzTarget
{
    // A Friday.
    private const long NowMs = 1_787_308_200_000;

    private static readonly AnalyticsScope s_scope = new("ws_mine", null);
    private static readonly AnalyticsLimits s_limits = new() { RowsMax = 1_000, RetentionDays = 90 };
    private static readonly Lazy<SegmentReading> s_store = new(OpenStore);

    /// <inheritdoc/>
    public override string Name => "sql";

    /// <inheritdoc/>
    public override string Promise => "analytics queries: refused as a query, or both emitted queries keep the wall and SQLite compiles its one behind the authorizer";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Words { get; } =
    [
        .. AllowedFunctions.Names().Select(static name => name + "("),
        .. (string[])["SELECT ", " FROM ", " WHERE ", " GROUP BY ", " HAVING ", " ORDER BY ", " LIMIT ", " OFFSET ", " WITH FILL ", " STEP ", " UNION ALL ", " JOIN ", " ON ", " AS ",
            " AND ", " OR ", " NOT ", " IN (", " BETWEEN ", " LIKE ", " IS NULL", "CASE WHEN ", " THEN ", " ELSE ", " END", "INTERVAL 1 DAY", "DISTINCT ", "WITH x AS (", "toDateTime('",
            "key_verifications_v1", "ratelimits_v1", "key_verifications_per_day_v1", "time", "outcome", "'VALID'", "count()", "workspace_id", "sqlite_master", "--", "/*", "*/", ";",
            "`", "\"", "''", "\\'", "1e308", "9223372036854775807", "::", "OVER ()", "[", "]", "{p0:String}", "$p0"],
    ];

    /// <inheritdoc/>
    public override IEnumerable<byte[]> Seeds()
    {
        string folder = Path.Combine(RepositoryPaths.Root, "tests", "Server", "Tcp", "Analytics");
        IEnumerable<string> queries = File.ReadLines(Path.Combine(folder, "SameAnswers.sql"))
            .Concat(File.ReadLines(Path.Combine(folder, "HostileQueries.txt")).Where(static line => !line.StartsWith('#')).Select(Named));
        return queries.Where(static query => query.Length is > 0 and < 600)
            .Select(static query => (byte[])[(byte)(query.Contains("ratelimits_", StringComparison.Ordinal) ? 1 : 0), .. Encoding.UTF8.GetBytes(query)]);
    }

    /// <inheritdoc/>
    public override void Run(byte[] input)
    {
        if (input.Length == 0)
        {
            return;
        }

        Dataset dataset = (input[0] & 1) != 0 ? Dataset.Ratelimits : Dataset.Verifications;
        try
        {
            BoundQuery bound = AnalyticsService.Bind(Encoding.UTF8.GetString(input, 1, input.Length - 1), dataset, NowMs, s_limits);
            QueryWall.Check(bound, s_scope, dataset);
            Compile(new SqliteEmitter(s_scope, dataset).Emit(bound), dataset);
        }
        catch (AnalyticsException)
        {
            // The only way in which a query may be refused.
        }
    }

    // The authorizer decides while SQLite compiles; a query of the emitter that meets it is a hole in the emitter.
    private static void Compile(EmittedQuery emitted, Dataset dataset)
    {
        try
        {
            SqliteAnalyticsStore.Prepare(s_store.Value.Connection, s_store.Value, emitted, dataset).Dispose();
        }
        catch (SqliteException exception)
        {
            Demand(SqliteAnalyticsStore.Refuse(exception, null, s_limits) is AnalyticsException, $"{exception.Message}: {emitted.Sql}");
        }
    }

    private static string Named(string line) => line[(line.IndexOf('|', StringComparison.Ordinal) + 2)..]
        .Replace("{raw}", "key_verifications_v1", StringComparison.Ordinal).Replace("{day}", "key_verifications_per_day_v1", StringComparison.Ordinal)
        .Replace("{n}", "count", StringComparison.Ordinal).Replace("{scope}", "key_space_id", StringComparison.Ordinal);

    private static SegmentReading OpenStore()
    {
        SqliteConnection connection = new("Data Source=:memory:");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = EventSchema.From(0);
        command.ExecuteNonQuery();
        return SegmentReading.Attach(connection);
    }
}
