using System;

namespace Unkey.Server.Analytics.Binding;

/// <summary>Constants that are points in time. Stateless.</summary>
internal static class Times
{
    /// <summary>A constant of a kind from Unix milliseconds.</summary>
    /// <param name="kind">Date, DateTime, DateTime64, Milliseconds or Integer, which is seconds.</param>
    /// <param name="ms">Unix milliseconds, cut to the kind.</param>
    /// <param name="retentionMs">The same as retention counts.</param>
    public static BoundLiteral Make(SqlKind kind, long ms, long? retentionMs)
    {
        long value = kind switch
        {
            SqlKind.Date => TimeMath.FloorTo(ms / 1000, TimeMath.DaySeconds),
            SqlKind.DateTime or SqlKind.Integer => TimeMath.FloorTo(ms, 1000) / 1000,
            _ => ms,
        };
        return new BoundLiteral(new SqlType(kind), Math.Max(value, 0)) { RetentionMs = retentionMs };
    }

    /// <summary>Unix milliseconds of a constant point in time.</summary>
    public static long Ms(BoundLiteral literal) =>
        literal.Type.Kind is SqlKind.DateTime64 or SqlKind.Milliseconds ? literal.Integer : literal.Integer * 1000;

    /// <summary>A constant of a kind from another constant; null when it is none of it.</summary>
    public static BoundLiteral? ToKind(BoundLiteral literal, SqlKind kind)
    {
        bool isTime = kind is SqlKind.Date or SqlKind.DateTime or SqlKind.DateTime64 or SqlKind.Milliseconds;
        return (literal.Type.Kind, literal.Value) switch
        {
            (SqlKind.Text, string text) when isTime && TimeMath.TryParse(text, out long ms) => Make(kind, ms, ms),
            (SqlKind.Integer, long number) when kind is SqlKind.Integer or SqlKind.Milliseconds or SqlKind.Boolean => new BoundLiteral(new SqlType(kind), number),
            (SqlKind.Integer, long number) when kind == SqlKind.DateTime => Make(kind, number * 1000, number * 1000),
            _ when literal.Type.IsTime && isTime && literal.Value is long => Make(kind, Ms(literal), literal.RetentionMs),
            _ => null,
        };
    }
}
