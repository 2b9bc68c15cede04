namespace Unkey.Server.Analytics.Binding;

/// <summary>What a call computes. The emitters say how.</summary>
internal enum Operation
{
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Negate,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    And,
    Or,
    Not,
    Like,
    ILike,
    IsNull,
    IsNotNull,
    Concatenate,
    Coalesce,
    Lower,
    Upper,
    Trim,
    Substring,
    Length,
    ArrayLength,
    StartsWith,
    EndsWith,
    JsonText,
    Round,
    Floor,
    Ceiling,
    Absolute,
    ToText,
    ToInteger,
    ToInteger32,
    ToFloat,
    ToDate,
    ToDateTime,
    ToDateTime64,

    /// <summary>Unix milliseconds of any point in time.</summary>
    ToMilliseconds,

    /// <summary>Unix seconds of any point in time.</summary>
    ToSeconds,

    /// <summary>A point in time from Unix milliseconds.</summary>
    FromMilliseconds,

    StartOfMinute,
    StartOfHour,
    StartOfDay,
    StartOfWeekSunday,
    StartOfWeekMonday,
    StartOfMonth,
    StartOfQuarter,
    StartOfYear,

    /// <summary>A point in time and a constant interval.</summary>
    AddInterval,

    /// <summary>A day or second and a number of them.</summary>
    AddUnits,

    /// <summary>Days or seconds between two points in time.</summary>
    TimeBetween,

    FormatTime,
    MakeArray,
    Has,
    HasAny,
    HasAll,
}
