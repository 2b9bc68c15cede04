using System.Collections.Generic;

namespace Unkey.Server.Analytics.Binding;

/// <summary>A table that queries may name. Immutable.</summary>
/// <param name="Name">Its public name, which is also its name in the embedded store.</param>
/// <param name="ClickHouseName">Its name in ClickHouse.</param>
/// <param name="KeptDaysMin">Days that its rows are kept at least, however short the retention is; 0 when only the retention counts.</param>
/// <param name="Columns">Every column that may be read.</param>
internal sealed record PublicTable(string Name, string ClickHouseName, int KeptDaysMin, IReadOnlyDictionary<string, SqlType> Columns)
{
    /// <summary>Name of the column of the time of rows.</summary>
    public const string Time = "time";

    /// <summary>Whether it has single events, and not sums.</summary>
    public bool IsRaw => Columns[Time].Kind == SqlType.Milliseconds.Kind;

    /// <summary>Days that rows are kept with a retention; 0 for ever.</summary>
    public int KeptDays(int retentionDays) => retentionDays == 0 ? 0 : retentionDays > KeptDaysMin ? retentionDays : KeptDaysMin;
}
