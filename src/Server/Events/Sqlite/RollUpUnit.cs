using System;

namespace Unkey.Server.Events.Sqlite;

/// <summary>The spans that events are summed over.</summary>
internal enum RollUpUnit
{
    /// <summary>A minute.</summary>
    Minute,

    /// <summary>An hour.</summary>
    Hour,

    /// <summary>A day in UTC.</summary>
    Day,

    /// <summary>A calendar month in UTC.</summary>
    Month,
}

/// <summary>What the spans are called.</summary>
internal static class RollUpUnits
{
    /// <summary>All spans, shortest first.</summary>
    public static ReadOnlySpan<RollUpUnit> All => [RollUpUnit.Minute, RollUpUnit.Hour, RollUpUnit.Day, RollUpUnit.Month];

    /// <summary>How tables and their queries name a span.</summary>
    public static string Name(this RollUpUnit unit) => unit switch
    {
        RollUpUnit.Minute => "minute",
        RollUpUnit.Hour => "hour",
        RollUpUnit.Day => "day",
        _ => "month",
    };
}
