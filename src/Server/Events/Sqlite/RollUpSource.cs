using System;
using System.Collections.Generic;
using System.Linq;

namespace Unkey.Server.Events.Sqlite;

/// <summary>A table of raw events and how it is summed, as SQL. Immutable.</summary>
/// <param name="Raw">The table.</param>
/// <param name="Tables">Name of its roll-ups, with <c>{span}</c> for the span.</param>
/// <param name="Keys">What a row of a roll-up is for, beside workspace and time, in the order of its primary key.</param>
/// <param name="Sums">Columns of sums, and what each sums.</param>
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

    private string Minutes => $"temp.minutes_of_{Raw}";

    private string KeyList => string.Join(", ", Keys);

    private string SumList => string.Join(", ", Sums.Select(static sum => sum.Name));

    /// <summary>Makes the table in memory that one pass sums into first.</summary>
    public string CreateMinutes => $"CREATE TEMP TABLE minutes_of_{Raw} (workspace_id, time, {KeyList}, {SumList});";

    /// <summary>Empties it.</summary>
    public string ClearMinutes => $"DELETE FROM {Minutes}";

    /// <summary>Sums raw rows by minute: above the first row id, up to the second.</summary>
    // In the order of the roll-ups' primary keys, so that they are written page by page.
    public string FillMinutes => $"""
        INSERT INTO {Minutes} SELECT workspace_id, time / 60000 * 60, {KeyList}, {string.Join(", ", Sums.Select(static sum => SumOf(sum.Sum)))}
        FROM {Raw} WHERE rowid > ? AND rowid <= ? GROUP BY 1, 2, {KeyList}
        """;

    /// <summary>Adds the minutes to the roll-up of a span.</summary>
    public string AddTo(RollUpUnit unit)
    {
        string start = unit switch
        {
            RollUpUnit.Minute => "time",
            RollUpUnit.Hour => "time / 3600 * 3600",
            RollUpUnit.Day => "time / 86400 * 86400",
            _ => "unixepoch(time, 'unixepoch', 'start of month')",
        };
        string sums = string.Join(", ", Sums.Select(static sum => SumOf(sum.Name)));
        string added = string.Join(", ", Sums.Select(static sum => $"{sum.Name} = {sum.Name} + excluded.{sum.Name}"));
        return $"""
            INSERT INTO {Tables.Replace(Span, unit.Name(), StringComparison.Ordinal)} (workspace_id, time, {KeyList}, {SumList})
            SELECT workspace_id, {start}, {KeyList}, {sums} FROM {Minutes} WHERE true GROUP BY 1, 2, {KeyList}
            ON CONFLICT DO UPDATE SET {added}
            """;
    }

    // A sum of integers that overflows is an error in SQLite, and would stand in the way of every later row.
    private static string SumOf(string term) => $"CAST(total({term}) AS INTEGER)";
}
