using System;
using System.Linq;
using Unkey.Server.Analytics;
using Unkey.Server.Analytics.Binding;
using Unkey.Server.Analytics.Emit;

namespace Unkey.Tests.Oracles;

/// <summary>What holds of every query that is sent to an event store, whatever the caller wrote.</summary>
internal static class QueryWall
{
    /// <summary>Looks at what both emitters make of a query.</summary>
    /// <exception cref="InvalidOperationException">A table is read without the workspace's filter, or a character of the caller came along.</exception>
    public static void Check(BoundQuery bound, AnalyticsScope scope, Dataset dataset)
    {
        Check(new ClickHouseEmitter(scope, dataset, "events").Emit(bound).Sql, "`events`.", "WHERE `workspace_id` = {p");
        Check(new SqliteEmitter(scope, dataset).Emit(bound).Sql, "main.\"", "WHERE \"workspace_id\" = $p");
    }

    private static void Check(string sql, string table, string wall)
    {
        Demand(Count(sql, table) == Count(sql, wall), sql);
        Demand(!sql.Replace("''", "", StringComparison.Ordinal).Replace("'[]'", "", StringComparison.Ordinal)
            .Replace("'true'", "", StringComparison.Ordinal).Replace("'false'", "", StringComparison.Ordinal).Contains('\''), sql);
        Demand(sql.All(static c => c is >= ' ' and <= '~'), sql);
    }

    private static void Demand(bool holds, string sql)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"Through the wall: {sql}");
        }
    }

    private static int Count(string text, string part) => text.Split(part, StringSplitOptions.None).Length - 1;
}
