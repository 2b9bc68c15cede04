using System.Collections.Generic;
using System.Linq;
using Unkey.Engine.Events;

namespace Unkey.Server.Events.Sqlite.Segments;

/// <summary>How the events of a kind look as rows: the table that queries name. Constant.</summary>
/// <remarks>Offsets and texts are those of the payloads, as VerificationEvent, RatelimitEvent and RequestEvent of the engine write them.</remarks>
/// <param name="Name">The table's name.</param>
/// <param name="Kind">The kind.</param>
/// <param name="TimeOffset">Where a payload has its time.</param>
/// <param name="TextsOffset">Where its texts begin; the first is the request, the second the workspace.</param>
/// <param name="Texts">Number of its texts, without tags.</param>
/// <param name="Columns">The columns.</param>
internal sealed record SegmentTable(string Name, EventKind Kind, int TimeOffset, int TextsOffset, int Texts, IReadOnlyList<SegmentColumn> Columns)
{
    /// <summary>The column that <see cref="SegmentPlan"/> looks for, and the one of the workspace: in every table the first and the second.</summary>
    public const int TimeColumn = 0;

    /// <summary>See <see cref="TimeColumn"/>.</summary>
    public const int WorkspaceColumn = 1;

    /// <summary>Which of a payload's texts is the workspace.</summary>
    public const int WorkspaceText = 1;

    /// <summary>The most texts of a payload.</summary>
    public const int TextsMax = 9;

    /// <summary>All of them.</summary>
    public static IReadOnlyList<SegmentTable> All { get; } =
    [
        new("key_verifications_v1", EventKind.Verification, 3, 27, 6,
        [
            SegmentColumn.Number("time", 3), SegmentColumn.Text("workspace_id", 1), SegmentColumn.Text("key_space_id", 2), SegmentColumn.Text("identity_id", 4),
            SegmentColumn.Text("external_id", 5), SegmentColumn.Text("key_id", 3), SegmentColumn.Text("request_id", 0), SegmentColumn.Constant("region", ""),
            SegmentColumn.Constant("source", VerificationEventRow.Source), SegmentColumn.Constant("app_id", ""), new("outcome", "TEXT", SegmentValue.Outcome, 1, ""),
            new("tags", "TEXT", SegmentValue.Tags, 0, ""), SegmentColumn.Number("spent_credits", 19), SegmentColumn.Milliseconds("latency", 11),
        ]),
        new("ratelimits_v1", EventKind.Ratelimit, 2, 50, 5,
        [
            SegmentColumn.Number("time", 2), SegmentColumn.Text("workspace_id", 1), SegmentColumn.Text("namespace_id", 2), SegmentColumn.Text("identifier", 3),
            SegmentColumn.Text("request_id", 0), new("passed", "INTEGER", SegmentValue.Flag, 1, ""), SegmentColumn.Milliseconds("latency", 10),
            SegmentColumn.Text("override_id", 4), SegmentColumn.Number("limit", 18), SegmentColumn.Number("remaining", 26), SegmentColumn.Number("reset_at", 34),
            SegmentColumn.Number("tokens", 42),
        ]),
        new("api_requests_raw_v2", EventKind.Request, 1, 25, 9,
        [
            SegmentColumn.Number("time", 1), SegmentColumn.Text("workspace_id", 1), SegmentColumn.Text("request_id", 0), SegmentColumn.Text("root_key_id", 2),
            SegmentColumn.Text("host", 3), SegmentColumn.Text("method", 4), SegmentColumn.Text("path", 5), SegmentColumn.Constant("query_string", ""),
            SegmentColumn.Constant("query_params", "{}"), SegmentColumn.Constant("request_headers", "[]"), SegmentColumn.Constant("request_body", ""),
            SegmentColumn.Number("response_status", 17), SegmentColumn.Constant("response_headers", "[]"), SegmentColumn.Constant("response_body", ""),
            SegmentColumn.Text("error", 6), SegmentColumn.Milliseconds("service_latency", 9), SegmentColumn.Text("user_agent", 7), SegmentColumn.Text("ip_address", 8),
            SegmentColumn.Constant("region", ""),
        ]),
    ];

    /// <summary>The table of rows that a store of an earlier version had under <see cref="Name"/>.</summary>
    public string Rows => RowsOf(Name);

    /// <summary>The columns as SQLite declares them.</summary>
    public string Declaration => $"CREATE TABLE events ({string.Join(", ", Columns.Select(static column => $"\"{column.Name}\" {column.Type}"))})";

    /// <summary>The columns as a list, for reading <see cref="Rows"/>.</summary>
    public string ColumnList => string.Join(", ", Columns.Select(static column => $"\"{column.Name}\""));

    /// <summary>The table of rows that a store of an earlier version had under a name.</summary>
    public static string RowsOf(string name) => name + "_rows";
}

/// <summary>Where the value of a column comes from.</summary>
internal enum SegmentValue
{
    /// <summary>Eight bytes at an offset.</summary>
    Number,

    /// <summary>Eight bytes at an offset, nanoseconds, given in milliseconds.</summary>
    Milliseconds,

    /// <summary>A byte at an offset, 0 or 1.</summary>
    Flag,

    /// <summary>A byte at an offset, given as the name of the outcome.</summary>
    Outcome,

    /// <summary>A text, by its number.</summary>
    Text,

    /// <summary>The tags, as a JSON array.</summary>
    Tags,

    /// <summary>The same in every row.</summary>
    Constant,
}

/// <summary>A column of such a table.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type in SQLite.</param>
/// <param name="Value">Where its value comes from.</param>
/// <param name="At">Offset, or number of the text.</param>
/// <param name="Same">The value of a constant one.</param>
internal sealed record SegmentColumn(string Name, string Type, SegmentValue Value, int At, string Same)
{
    /// <summary><see cref="Same"/> in UTF-8.</summary>
    public byte[] SameUtf8 { get; } = System.Text.Encoding.UTF8.GetBytes(Same);

    public static SegmentColumn Number(string name, int offset) => new(name, "INTEGER", SegmentValue.Number, offset, "");

    public static SegmentColumn Milliseconds(string name, int offset) => new(name, "REAL", SegmentValue.Milliseconds, offset, "");

    public static SegmentColumn Text(string name, int text) => new(name, "TEXT", SegmentValue.Text, text, "");

    public static SegmentColumn Constant(string name, string value) => new(name, "TEXT", SegmentValue.Constant, 0, value);
}
