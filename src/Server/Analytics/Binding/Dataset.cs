using System.Collections.Generic;
using System.Linq;

namespace Unkey.Server.Analytics.Binding;

/// <summary>What one operation may read: the tables, and the column by which a scoped grant limits them. Constant.</summary>
internal sealed class Dataset
{
    private const int YearDays = 365;
    private const int RatelimitDayDays = 100;
    private const int ThreeYearsDays = 1_096;

    private static readonly string[] s_states = ["latency_avg", "latency_p75", "latency_p99"];

    private readonly Dictionary<string, PublicTable> _tables;

    private Dataset(string scopeColumn, IEnumerable<PublicTable> tables)
    {
        ScopeColumn = scopeColumn;
        _tables = tables.ToDictionary(static table => table.Name);
    }

    /// <summary>Key verifications, scoped by keyspace.</summary>
    public static Dataset Verifications { get; } = new("key_space_id", VerificationTables());

    /// <summary>Rate-limit decisions, scoped by namespace.</summary>
    public static Dataset Ratelimits { get; } = new("namespace_id", RatelimitTables());

    /// <summary>Column that a scoped grant limits.</summary>
    public string ScopeColumn { get; }

    /// <summary>All tables.</summary>
    public IEnumerable<PublicTable> Tables => _tables.Values;

    /// <summary>The table of a name, which counts exactly; null for none.</summary>
    public PublicTable? Find(string name) => _tables.GetValueOrDefault(name);

    /// <summary>Whether a name is a column that ClickHouse has and nobody can read.</summary>
    public static bool IsState(string column) => s_states.Contains(column);

    private static IEnumerable<PublicTable> VerificationTables()
    {
        yield return new PublicTable("key_verifications_v1", "key_verifications_raw_v2", 0, Columns(
            ("request_id", SqlType.Text),
            (PublicTable.Time, SqlType.Milliseconds),
            ("workspace_id", SqlType.Text),
            ("key_space_id", SqlType.Text),
            ("identity_id", SqlType.Text),
            ("external_id", SqlType.Text),
            ("key_id", SqlType.Text),
            ("region", SqlType.Text),
            ("source", SqlType.Text),
            ("app_id", SqlType.Text),
            ("outcome", SqlType.Text),
            ("tags", SqlType.Texts),
            ("spent_credits", SqlType.Integer),
            ("latency", SqlType.Float)));
        foreach ((string unit, SqlType time, int days) in Units(YearDays))
        {
            yield return new PublicTable($"key_verifications_per_{unit}_v1", $"key_verifications_per_{unit}_v3", days, Columns(
                (PublicTable.Time, time),
                ("workspace_id", SqlType.Text),
                ("key_space_id", SqlType.Text),
                ("identity_id", SqlType.Text),
                ("external_id", SqlType.Text),
                ("key_id", SqlType.Text),
                ("outcome", SqlType.Text),
                ("tags", SqlType.Texts),
                ("source", SqlType.Text),
                ("app_id", SqlType.Text),
                ("count", SqlType.Integer),
                ("spent_credits", SqlType.Integer)));
        }
    }

    private static IEnumerable<PublicTable> RatelimitTables()
    {
        yield return new PublicTable("ratelimits_v1", "ratelimits_raw_v2", 0, Columns(
            ("request_id", SqlType.Text),
            (PublicTable.Time, SqlType.Milliseconds),
            ("workspace_id", SqlType.Text),
            ("namespace_id", SqlType.Text),
            ("identifier", SqlType.Text),
            ("passed", SqlType.Boolean),
            ("latency", SqlType.Float),
            ("override_id", SqlType.Text),
            ("limit", SqlType.Integer),
            ("remaining", SqlType.Integer),
            ("reset_at", SqlType.Milliseconds),
            ("tokens", SqlType.Integer)));
        foreach ((string unit, SqlType time, int days) in Units(RatelimitDayDays))
        {
            yield return new PublicTable($"ratelimits_per_{unit}_v1", $"ratelimits_per_{unit}_v2", days, Columns(
                (PublicTable.Time, time),
                ("workspace_id", SqlType.Text),
                ("namespace_id", SqlType.Text),
                ("identifier", SqlType.Text),
                ("passed", SqlType.Integer),
                ("total", SqlType.Integer),
                ("passed_tokens", SqlType.Integer),
                ("total_tokens", SqlType.Integer)));
        }
    }

    private static IEnumerable<(string Unit, SqlType Time, int Days)> Units(int dayDays) =>
    [
        ("minute", SqlType.DateTime, 0),
        ("hour", SqlType.DateTime, 0),
        ("day", SqlType.Date, dayDays),
        ("month", SqlType.Date, ThreeYearsDays),
    ];

    private static Dictionary<string, SqlType> Columns(params (string Name, SqlType Type)[] columns) =>
        columns.ToDictionary(static column => column.Name, static column => column.Type);
}
