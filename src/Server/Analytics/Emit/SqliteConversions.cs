using System;
using System.Globalization;
using Unkey.Server.Analytics.Binding;

namespace Unkey.Server.Analytics.Emit;

/// <summary>Writes conversions and operations of time for the embedded store. Stateless.</summary>
internal static class SqliteConversions
{
    /// <summary>Writes a call.</summary>
    /// <param name="call">The call.</param>
    /// <param name="argument">Its first argument, written.</param>
    /// <param name="second">Its second argument, written, unless that is an interval.</param>
    public static string Emit(BoundCall call, string argument, string second)
    {
        SqlKind kind = call.Arguments[0].Type.Kind;
        return call.Operation switch
        {
            Operation.ToText => ToText(kind, argument),
            Operation.ToInteger => ToInteger(kind, argument),
            Operation.ToInteger32 => $"ch_int32({ToInteger(kind, argument)})",
            Operation.ToFloat => kind == SqlKind.Text ? $"ch_parse_float({argument})" : $"CAST({argument} AS REAL)",
            Operation.ToDate or Operation.ToDateTime or Operation.ToDateTime64 => ToTime(call.Type.Kind, kind, argument),
            Operation.ToMilliseconds => Milliseconds(kind, argument),
            Operation.ToSeconds => Seconds(kind, argument),
            Operation.FromMilliseconds => argument,
            Operation.StartOfMinute or Operation.StartOfHour or Operation.StartOfDay or Operation.StartOfWeekSunday or Operation.StartOfWeekMonday
                or Operation.StartOfMonth or Operation.StartOfQuarter or Operation.StartOfYear => $"ch_start({Seconds(kind, argument)}, {(int)call.Operation})",
            Operation.AddInterval => Move(call.Type.Kind, kind, argument, (BoundInterval)call.Arguments[1]),
            Operation.AddUnits => kind == SqlKind.Date ? $"({argument} + {second} * 86400)" : $"({argument} + {second})",
            Operation.TimeBetween => kind == SqlKind.Date ? $"(({argument} - {second}) / 86400)" : $"({argument} - {second})",
            Operation.FormatTime => $"ch_format({Seconds(kind, argument)}, {second})",
            _ => throw new InvalidOperationException($"{call.Operation} is not written here."),
        };
    }

    private static string Seconds(SqlKind kind, string time) => kind == SqlKind.DateTime64 ? $"({time} / 1000)" : time;

    private static string Milliseconds(SqlKind kind, string time) => kind == SqlKind.DateTime64 ? time : $"({time} * 1000)";

    private static string ToText(SqlKind kind, string value) => kind switch
    {
        SqlKind.Float => $"ch_float_text({value})",
        SqlKind.Boolean => $"(CASE {value} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END)",
        SqlKind.Date or SqlKind.DateTime or SqlKind.DateTime64 => $"ch_time_text({value}, {(int)kind})",
        _ => $"CAST({value} AS TEXT)",
    };

    private static string ToInteger(SqlKind kind, string value) => kind switch
    {
        SqlKind.Text => $"ch_parse_integer({value})",
        SqlKind.Float => $"CAST({value} AS INTEGER)",
        SqlKind.Date => $"({value} / 86400)",
        SqlKind.DateTime64 => $"({value} / 1000)",
        _ => value,
    };

    private static string ToTime(SqlKind to, SqlKind from, string value) => (to, from) switch
    {
        (_, SqlKind.Text) => $"ch_parse_time({value}, {(int)to})",
        (SqlKind.DateTime64, SqlKind.Float) => $"CAST({value} * 1000 AS INTEGER)",
        (SqlKind.DateTime64, SqlKind.Integer) => $"({value} * 1000)",
        (_, SqlKind.Float) => $"ch_from_number(CAST({value} AS INTEGER), {(int)to})",
        (_, SqlKind.Integer) => $"ch_from_number({value}, {(int)to})",
        (SqlKind.DateTime64, _) => Milliseconds(from, value),
        (SqlKind.DateTime, _) => Seconds(from, value),
        _ => $"ch_start({Seconds(from, value)}, {(int)Operation.StartOfDay})",
    };

    private static string Move(SqlKind to, SqlKind from, string time, BoundInterval interval)
    {
        bool isMs = to == SqlKind.DateTime64;
        string start = isMs ? Milliseconds(from, time) : time;
        if (interval.Unit >= IntervalUnit.Month)
        {
            long months = Math.Clamp(interval.Amount, -100_000, 100_000) * (interval.Unit switch { IntervalUnit.Month => 1, IntervalUnit.Quarter => 3, _ => 12 });
            return $"ch_add_months({start}, {months.ToString(CultureInfo.InvariantCulture)}, {(isMs ? 1 : 0)})";
        }

        // Beyond this every time of a calendar is left anyway.
        const long AmountMax = 1_000_000_000_000;
        long unit = isMs ? TimeMath.UnitMs(interval.Unit) : TimeMath.UnitMs(interval.Unit) / 1000;
        long move = Math.Clamp(interval.Amount, -AmountMax / unit, AmountMax / unit) * unit;
        return $"({start} + ({move.ToString(CultureInfo.InvariantCulture)}))";
    }
}
