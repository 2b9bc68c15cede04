using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.Data.Sqlite;
using Unkey.Server.Events.Sqlite.Segments;
using Unkey.Server.Storage.Sqlite;

namespace Unkey.Server.Events.Sqlite;

/// <summary>A table of raw events and how it is summed, as SQL. Immutable.</summary>
/// <param name="Raw">The table.</param>
/// <param name="Tables">Name of its roll-ups, with <c>{span}</c> for the span.</param>
/// <param name="Keys">What a row of a roll-up is for, beside workspace and time, in the order of its primary key.</param>
/// <param name="Sums">Columns of sums, at most four, and what of a row each sums.</param>
internal sealed record RollUpSource(string Raw, string Tables, IReadOnlyList<string> Keys, IReadOnlyList<(string Name, string Sum)> Sums)
{
    private const string Span = "{span}";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<RollUpSource> All { get; } =
    [
        new(
            "key_verifications_v1",
            "key_verifications_per_{span}_v1",
            ["key_space_id", "key_id", "identity_id", "external_id", "outcome", "tags", "source", "app_id"],
            [("count", "1"), ("spent_credits", "spent_credits")]),
        new(
            "ratelimits_v1",
            "ratelimits_per_{span}_v1",
            ["namespace_id", "identifier"],
            [("passed", "passed"), ("total", "1"), ("passed_tokens", "passed * tokens"), ("total_tokens", "tokens")]),
        new("api_requests_raw_v2", "api_requests_per_{span}_v2", ["response_status", "host", "method", "path"], [("count", "1")]),
    ];

    private string KeyList => string.Join(", ", Keys);

    private string SumList => string.Join(", ", Sums.Select(static sum => sum.Name));

    /// <summary>The raw rows of a store of an earlier version.</summary>
    public string Rows => SegmentTable.RowsOf(Raw);

    /// <summary>Whether the store has such rows.</summary>
    public bool HasRows(SqliteConnection connection)
    {
        using SqliteStatement find = new(connection, $"SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = '{Rows}'");
        return find.Query() > 0;
    }

    /// <summary>Raw rows above a row id, at most a number of them: row id, time, workspace, keys as texts, what they add to the sums.</summary>
    public string ReadRaw => $"""
        SELECT rowid, time, workspace_id, {string.Join(", ", Keys.Select(static key => $"CAST({key} AS TEXT)"))}, {string.Join(", ", Sums.Select(static sum => sum.Sum))}
        FROM {Rows} WHERE rowid > ? ORDER BY rowid LIMIT ?
        """;

    /// <summary>Adds a group to the roll-up of a span: workspace, time, keys, sums.</summary>
    // A sum of integers that overflows becomes a floating-point number in SQLite, and the cast makes it the largest integer.
    public string AddTo(RollUpUnit unit) => $"""
        INSERT INTO {Tables.Replace(Span, unit.Name(), StringComparison.Ordinal)} (workspace_id, time, {KeyList}, {SumList})
        VALUES (?, ?{string.Concat(Enumerable.Repeat(", ?", Keys.Count + Sums.Count))})
        ON CONFLICT DO UPDATE SET {string.Join(", ", Sums.Select(static sum => $"{sum.Name} = CAST({sum.Name} + excluded.{sum.Name} AS INTEGER)"))}
        """;
}
