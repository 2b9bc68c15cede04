using System;
using System.Collections.Generic;

namespace Unkey.Server.Analytics.Binding;

/// <summary>Binds functions of time. What is constant becomes a constant, which retention, WITH FILL and both stores then agree on. Stateless.</summary>
internal sealed class TimeBinder(BindingContext context)
{
    private const string IntervalPrefix = "toInterval";
    private const long MillisecondPlaces = 3;

    // Month and weekday names included, all of them mean the same in every version of ClickHouse; %M does not.
    private const string FormatCodes = "YymdeHhISifFTRDjuabWp%";

    /// <summary>Binds a call; null when the function is none of time.</summary>
    public BoundExpression? TryBind(string name, IReadOnlyList<BoundExpression> arguments)
    {
        if (name.StartsWith(IntervalPrefix, StringComparison.Ordinal))
        {
            return arguments is [BoundLiteral { Value: long amount, Type.Kind: SqlKind.Integer }]
                ? context.Made(new BoundInterval(amount, IntervalUnits.Parse(name[IntervalPrefix.Length..])))
                : throw FunctionBinder.DoesNotTake(name, arguments);
        }

        arguments = WithoutZone(name, arguments);
        return name switch
        {
            "now" or "now64" or "today" => Now(name, arguments),
            "toDate" => Convert(name, Operation.ToDate, SqlKind.Date, arguments),
            "toDateTime" => Convert(name, Operation.ToDateTime, SqlKind.DateTime, arguments),
            "toDateTime64" => Convert(name, Operation.ToDateTime64, SqlKind.DateTime64, WithoutPrecision(name, arguments)),
            "toStartOfMinute" => StartOf(name, Operation.StartOfMinute, arguments),
            "toStartOfHour" => StartOf(name, Operation.StartOfHour, arguments),
            "toStartOfDay" => StartOf(name, Operation.StartOfDay, arguments),
            "toStartOfWeek" => Week(name, arguments),
            "toStartOfMonth" => StartOf(name, Operation.StartOfMonth, arguments),
            "toStartOfQuarter" => StartOf(name, Operation.StartOfQuarter, arguments),
            "toStartOfYear" => StartOf(name, Operation.StartOfYear, arguments),
            "date_trunc" => Truncate(name, arguments),
            "formatDateTime" => Format(name, arguments),
            "fromUnixTimestamp64Milli" => arguments is [{ Type.IsInteger: true }] ? FunctionBinder.FromMilliseconds(context, arguments[0]) : throw Wrong(name, arguments),
            "toUnixTimestamp64Milli" => ToMilliseconds(name, arguments),
            _ => null,
        };
    }

    private static AnalyticsException Wrong(string name, IReadOnlyList<BoundExpression> arguments) => FunctionBinder.DoesNotTake(name, arguments);

    // Everything is in UTC, so its name as the last argument says nothing.
    private static IReadOnlyList<BoundExpression> WithoutZone(string name, IReadOnlyList<BoundExpression> arguments)
    {
        bool takesZone = name.StartsWith("toStartOf", StringComparison.Ordinal) || name is "now" or "now64" or "today" or "toDate" or "toDateTime" or "toDateTime64"
            or "date_trunc" or "formatDateTime" or "fromUnixTimestamp64Milli";
        int needed = name switch { "now" or "today" or "now64" => 0, "date_trunc" or "formatDateTime" or "toDateTime64" => 2, _ => 1 };
        return !takesZone || arguments.Count <= needed || arguments[^1] is not BoundLiteral { Value: string zone } ? arguments
            : zone is "UTC" or "Etc/UTC" ? [.. System.Linq.Enumerable.SkipLast(arguments, 1)]
            : throw AnalyticsException.Query($"Function '{name}': only the time zone UTC is supported");
    }

    private static IReadOnlyList<BoundExpression> WithoutPrecision(string name, IReadOnlyList<BoundExpression> arguments) =>
        arguments is [_, BoundLiteral { Value: long places }]
            ? places == MillisecondPlaces ? [arguments[0]] : throw AnalyticsException.Query($"Function '{name}': only precision 3, milliseconds, is supported")
            : throw Wrong(name, arguments);

    private BoundLiteral Now(string name, IReadOnlyList<BoundExpression> arguments)
    {
        if (name == "now64" && arguments is [BoundLiteral { Value: MillisecondPlaces }])
        {
            arguments = [];
        }

        SqlKind kind = name switch { "now" => SqlKind.DateTime, "today" => SqlKind.Date, _ => SqlKind.DateTime64 };
        return arguments.Count == 0 ? context.Made(Times.Make(kind, context.NowMs, context.NowMs)) : throw Wrong(name, arguments);
    }

    private BoundExpression Convert(string name, Operation operation, SqlKind kind, IReadOnlyList<BoundExpression> arguments)
    {
        if (arguments is not [{ } argument] || argument.Type.Kind is SqlKind.Array or SqlKind.Interval or SqlKind.Null or SqlKind.Boolean)
        {
            throw Wrong(name, arguments);
        }

        switch (argument)
        {
            case BoundLiteral { Value: string text }:
                return TimeMath.TryParse(text, out long parsed)
                    ? context.Made(Times.Make(kind, parsed, parsed))
                    : throw AnalyticsException.Query($"Function '{name}': '{AnalyticsException.Shown(text)}' is no time; write it as 2026-08-21 or 2026-08-21 10:00:00");
            case BoundLiteral { Type.Kind: SqlKind.Integer } number:
                long ms = FromNumber(kind, number.Integer) * 1000;
                return context.Made(Times.Make(kind, ms, ms));
            case BoundLiteral { Value: long } literal:
                return context.Made(Times.Make(kind, Times.Ms(literal), literal.RetentionMs));
        }

        BoundExpression from = argument.Type.Kind == SqlKind.Milliseconds ? FunctionBinder.FromMilliseconds(context, argument) : argument;
        return context.Made(new BoundCall(new SqlType(kind, argument.Type.IsNullable), operation, [from]));
    }

    /// <summary>Unix seconds of a number that becomes a time: small numbers that become days are days.</summary>
    public static long FromNumber(SqlKind kind, long number) =>
        kind == SqlKind.Date && number is >= 0 and <= ushort.MaxValue ? number * TimeMath.DaySeconds : Math.Clamp(number, 0, uint.MaxValue);

    private BoundExpression StartOf(string name, Operation unit, IReadOnlyList<BoundExpression> arguments)
    {
        if (arguments is not [{ Type.IsTime: true } time])
        {
            throw Wrong(name, arguments);
        }

        SqlKind kind = unit is Operation.StartOfMinute or Operation.StartOfHour or Operation.StartOfDay ? SqlKind.DateTime : SqlKind.Date;
        if (time is BoundLiteral literal)
        {
            long seconds = TimeMath.StartOf(unit, TimeMath.FloorTo(Times.Ms(literal), 1000) / 1000);
            long? retentionMs = literal.RetentionMs is { } ms ? TimeMath.StartOf(unit, TimeMath.FloorTo(ms, 1000) / 1000) * 1000 : null;
            return context.Made(Times.Make(kind, seconds * 1000, retentionMs));
        }

        BoundExpression from = time.Type.Kind == SqlKind.Milliseconds ? FunctionBinder.FromMilliseconds(context, time) : time;
        return context.Made(new BoundCall(new SqlType(kind, time.Type.IsNullable), unit, [from]));
    }

    // The mode says which day a week begins with: the odd ones mean Monday.
    private BoundExpression Week(string name, IReadOnlyList<BoundExpression> arguments)
    {
        const long ModeMax = 9;
        bool isMonday = false;
        if (arguments is [_, BoundLiteral { Value: long mode and >= 0 and <= ModeMax }])
        {
            isMonday = mode % 2 == 1;
            arguments = [arguments[0]];
        }

        return StartOf(name, isMonday ? Operation.StartOfWeekMonday : Operation.StartOfWeekSunday, arguments);
    }

    private BoundExpression Truncate(string name, IReadOnlyList<BoundExpression> arguments)
    {
        if (arguments is not [BoundLiteral { Value: string unit }, { Type.IsTime: true } time])
        {
            throw Wrong(name, arguments);
        }

        return unit.ToUpperInvariant() switch
        {
            "MINUTE" => StartOf(name, Operation.StartOfMinute, [time]),
            "HOUR" => StartOf(name, Operation.StartOfHour, [time]),
            "DAY" => StartOf(name, Operation.StartOfDay, [time]),
            "WEEK" => StartOf(name, Operation.StartOfWeekMonday, [time]),
            "MONTH" => StartOf(name, Operation.StartOfMonth, [time]),
            "QUARTER" => StartOf(name, Operation.StartOfQuarter, [time]),
            "YEAR" => StartOf(name, Operation.StartOfYear, [time]),
            _ => throw AnalyticsException.Query($"Function '{name}': '{AnalyticsException.Shown(unit)}' is none of minute, hour, day, week, month, quarter, year"),
        };
    }

    private BoundCall Format(string name, IReadOnlyList<BoundExpression> arguments)
    {
        if (arguments is not [{ Type.IsTime: true } time, BoundLiteral { Value: string format }])
        {
            throw Wrong(name, arguments);
        }

        for (int i = format.IndexOf('%', StringComparison.Ordinal); i >= 0; i = i + 2 < format.Length ? format.IndexOf('%', i + 2) : -1)
        {
            if (i + 1 == format.Length || !FormatCodes.Contains(format[i + 1], StringComparison.Ordinal) || format[i + 1] == 'f')
            {
                throw AnalyticsException.Query($"Function '{name}' takes % with one of {FormatCodes.Replace("f", "", StringComparison.Ordinal)}");
            }
        }

        BoundExpression from = time.Type.Kind == SqlKind.Milliseconds ? FunctionBinder.FromMilliseconds(context, time) : time;
        return context.Made(new BoundCall(SqlType.Text.Nullable(time.Type.IsNullable), Operation.FormatTime, [from, arguments[1]]));
    }

    private BoundExpression ToMilliseconds(string name, IReadOnlyList<BoundExpression> arguments) => arguments switch
    {
        [BoundLiteral { Type.IsDate: true } literal] => context.Made(new BoundLiteral(SqlType.Milliseconds, Times.Ms(literal)) { RetentionMs = literal.RetentionMs }),
        [{ Type.IsDate: true } time] => context.Made(new BoundCall(SqlType.Milliseconds.Nullable(time.Type.IsNullable), Operation.ToMilliseconds, [time])),
        _ => throw Wrong(name, arguments),
    };
}
