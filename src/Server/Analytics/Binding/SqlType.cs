namespace Unkey.Server.Analytics.Binding;

/// <summary>Type of an expression. Immutable.</summary>
/// <param name="Kind">What the values are.</param>
/// <param name="IsNullable">Whether NULL is among them.</param>
/// <param name="Element">Type of the elements of an array.</param>
internal sealed record SqlType(SqlKind Kind, bool IsNullable = false, SqlType? Element = null)
{
    public static SqlType Null { get; } = new(SqlKind.Null, true);

    public static SqlType Integer { get; } = new(SqlKind.Integer);

    public static SqlType Milliseconds { get; } = new(SqlKind.Milliseconds);

    public static SqlType Float { get; } = new(SqlKind.Float);

    public static SqlType Boolean { get; } = new(SqlKind.Boolean);

    public static SqlType Text { get; } = new(SqlKind.Text);

    public static SqlType Date { get; } = new(SqlKind.Date);

    public static SqlType DateTime { get; } = new(SqlKind.DateTime);

    public static SqlType DateTime64 { get; } = new(SqlKind.DateTime64);

    public static SqlType Interval { get; } = new(SqlKind.Interval);

    public static SqlType Texts { get; } = ArrayOf(Text);

    /// <summary>Whether it can be counted with.</summary>
    public bool IsNumber => Kind is SqlKind.Integer or SqlKind.Milliseconds or SqlKind.Float or SqlKind.Boolean;

    /// <summary>Whether it is a whole number.</summary>
    public bool IsInteger => Kind is SqlKind.Integer or SqlKind.Milliseconds or SqlKind.Boolean;

    /// <summary>Whether it is a point in time of ClickHouse's.</summary>
    public bool IsDate => Kind is SqlKind.Date or SqlKind.DateTime or SqlKind.DateTime64;

    /// <summary>Whether it is a point in time as the author of a query sees it.</summary>
    public bool IsTime => IsDate || Kind == SqlKind.Milliseconds;

    public static SqlType ArrayOf(SqlType element) => new(SqlKind.Array, false, element);

    public SqlType Nullable(bool isNullable = true) => isNullable == IsNullable ? this : this with { IsNullable = isNullable };

    /// <summary>The type as a message names it.</summary>
    public override string ToString() => Kind switch
    {
        SqlKind.Integer or SqlKind.Milliseconds => "Int64",
        SqlKind.Float => "Float64",
        SqlKind.Boolean => "Bool",
        SqlKind.Text => "String",
        SqlKind.Array => $"Array({Element})",
        SqlKind.Null => "NULL",
        SqlKind other => other.ToString(),
    };

    /// <summary>The type that values of both have, or null. Milliseconds become an ordinary number beside one.</summary>
    public static SqlType? Common(SqlType a, SqlType b)
    {
        bool isNullable = a.IsNullable || b.IsNullable;
        if (a.Kind == SqlKind.Null || b.Kind == SqlKind.Null)
        {
            return (a.Kind == SqlKind.Null ? b : a) is { Kind: not SqlKind.Array } other ? other.Nullable() : null;
        }

        if (a.Kind == SqlKind.Array && b.Kind == SqlKind.Array)
        {
            return Common(a.Element!, b.Element!) is { } element ? ArrayOf(element) : null;
        }

        if (a.Kind == b.Kind)
        {
            return a.Nullable(isNullable);
        }

        if (a.IsNumber && b.IsNumber)
        {
            return (a.Kind == SqlKind.Float || b.Kind == SqlKind.Float ? Float : Integer).Nullable(isNullable);
        }

        return a.Kind is SqlKind.Date or SqlKind.DateTime && b.Kind is SqlKind.Date or SqlKind.DateTime ? DateTime.Nullable(isNullable) : null;
    }
}
