using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;
using Unkey.Server.Analytics.Sql;

namespace Unkey.Server.Analytics.Binding;

/// <summary>Binds the expressions of one SELECT: names first to aliases, as ClickHouse does, then to columns. One use.</summary>
/// <param name="context">The whole query.</param>
/// <param name="sources">What names may mean.</param>
/// <param name="select">Whose aliases are in sight; null for none.</param>
/// <param name="ctes">What subqueries may read.</param>
internal sealed class ExpressionBinder(BindingContext context, SourceBinder sources, SqlSelect? select, CteScope? ctes)
{
    private readonly List<BoundArrayJoin> _arrayJoins = [];
    private readonly Dictionary<string, SqlExpression> _aliases = Aliases(select);
    private readonly Dictionary<string, BoundExpression> _boundAliases = [];
    private readonly HashSet<string> _underWay = [];
    private readonly Stack<(string Name, BoundColumn Column)> _parameters = [];
    private readonly ComparisonBinder _comparisons = new(context);

    /// <summary>The whole query.</summary>
    public BindingContext Context => context;

    /// <summary>Arrays that multiply the rows, in the order of their first use.</summary>
    public IReadOnlyList<BoundArrayJoin> ArrayJoins => _arrayJoins;

    /// <summary>Binds an expression that is a condition.</summary>
    public BoundExpression Condition(SqlExpression expression) => Condition(Bind(expression));

    /// <summary>Refuses what is no condition.</summary>
    public static BoundExpression Condition(BoundExpression bound) =>
        bound.Type.IsNumber || bound.Type.Kind == SqlKind.Null ? bound : throw AnalyticsException.Query($"A condition cannot be {bound.Type}");

    /// <summary>Binds an expression.</summary>
    public BoundExpression Bind(SqlExpression expression) => !RuntimeHelpers.TryEnsureSufficientExecutionStack() ? throw AnalyticsException.TooComplex() : expression switch
    {
        SqlLiteral literal => context.Made(Literal(literal.Value)),
        SqlName name => Name(name),
        SqlCall call => new FunctionBinder(this).Bind(call),
        SqlUnary { Operator: "NOT" } not => Not(Condition(not.Operand)),
        SqlUnary minus => Negate(Bind(minus.Operand)),
        SqlBinary binary => Binary(binary),
        SqlLogic logic => Logic(logic.Operator == "AND" ? Operation.And : Operation.Or, [.. logic.Operands.Select(Condition)]),
        SqlBetween between => Between(between),
        SqlIn membership => In(membership),
        SqlIsNull isNull => context.Made(
            new BoundCall(SqlType.Integer, isNull.IsNegated ? Operation.IsNotNull : Operation.IsNull, [Bind(isNull.Operand)])),
        SqlCase choice => Case(choice),
        SqlArray array => Array([.. array.Items.Select(Bind)]),
        SqlInterval interval => context.Made(new BoundInterval(interval.Amount, IntervalUnits.Parse(interval.Unit))),
        SqlSubquery subquery => Scalar(QueryBinder.Bind(subquery.Query, context, ctes)),
        SqlLambda => throw AnalyticsException.Query("A lambda stands only in arrayFilter()"),
        _ => throw new InvalidOperationException("No such expression."),
    };

    /// <summary>Binds the body of a lambda.</summary>
    /// <param name="name">Its parameter.</param>
    /// <param name="type">Type of the parameter.</param>
    /// <param name="body">Its body.</param>
    public (BoundColumn Parameter, BoundExpression Body) Lambda(string name, SqlType type, SqlExpression body)
    {
        BoundColumn parameter = new(type, $"p{_parameters.Count + 1}");
        _parameters.Push((name, parameter));
        BoundExpression bound = Condition(body);
        _parameters.Pop();
        return (parameter, bound);
    }

    /// <summary>One row for each element.</summary>
    public BoundArrayJoin ArrayJoin(BoundExpression array)
    {
        if (_parameters.Count > 0)
        {
            throw AnalyticsException.Query("arrayJoin() is not allowed inside a lambda");
        }

        // The same array multiplies the rows once, however often it is named.
        BoundArrayJoin? join = _arrayJoins.Find(join => join.Array.Key == array.Key);
        if (join is null)
        {
            join = context.Made(new BoundArrayJoin(array.Type.Element!, context.NewId('j'), array));
            _arrayJoins.Add(join);
        }

        return join;
    }

    /// <summary>CASE of branches whose conditions are bound.</summary>
    public BoundExpression Case(IReadOnlyList<(BoundExpression When, BoundExpression Then)> branches, BoundExpression? otherwise)
    {
        SqlType type = otherwise?.Type ?? SqlType.Null;
        foreach ((_, BoundExpression then) in branches)
        {
            type = SqlType.Common(type, then.Type) ?? throw AnalyticsException.Query($"A CASE or if() cannot be both {type} and {then.Type}");
        }

        return context.Made(new BoundCase(type, branches, otherwise));
    }

    private static Dictionary<string, SqlExpression> Aliases(SqlSelect? select)
    {
        Dictionary<string, SqlExpression> aliases = [];
        foreach (SqlItem item in select?.Items ?? [])
        {
            if (item is { Alias: { } alias, Expression: { } expression } && !aliases.TryAdd(alias, expression))
            {
                throw AnalyticsException.Query($"Two columns have the name '{AnalyticsException.Shown(alias)}'");
            }
        }

        return aliases;
    }

    private static BoundLiteral Literal(object? value) => new(
        value switch { null => SqlType.Null, long => SqlType.Integer, double => SqlType.Float, bool => SqlType.Boolean, _ => SqlType.Text }, value);

    private BoundExpression Name(SqlName name)
    {
        if (name.Source is null)
        {
            foreach ((string parameter, BoundColumn column) in _parameters)
            {
                if (parameter == name.Name)
                {
                    return column;
                }
            }

            if (_boundAliases.TryGetValue(name.Name, out BoundExpression? known))
            {
                return known;
            }

            // Inside its own expression an alias means the column of that name.
            if (_aliases.TryGetValue(name.Name, out SqlExpression? expression) && _underWay.Add(name.Name))
            {
                // An alias cannot mean a parameter of a lambda that it is named in.
                (string, BoundColumn)[] hidden = [.. _parameters];
                _parameters.Clear();
                BoundExpression bound = Bind(expression);
                foreach ((string, BoundColumn) parameter in hidden.Reverse())
                {
                    _parameters.Push(parameter);
                }

                _underWay.Remove(name.Name);
                if (_underWay.Count == 0)
                {
                    _boundAliases.Add(name.Name, bound);
                }

                return bound;
            }
        }

        return Column(name);
    }

    private BoundColumn Column(SqlName name)
    {
        List<ScopeSource> candidates = [.. sources.Scope.Where(source => name.Source is null ? source.Offers(name.Name) : source.Name == name.Source)];
        BoundColumn? column = candidates.Count == 0 ? null : candidates[0].Find(name.Name);
        if (column is not null)
        {
            // As ClickHouse with two sources that both have it: the first one counts.
            return context.Made(column);
        }

        throw Dataset.IsState(name.Name)
            ? AnalyticsException.Query(
                $"Unknown identifier in analytics query: '{name.Name}' holds the state of an aggregate, which cannot be read; use latency of the raw events")
            : AnalyticsException.UnknownIdentifier(name.Source is null ? name.Name : $"{name.Source}.{name.Name}");
    }

    private BoundCall Not(BoundExpression operand) =>
        context.Made(new BoundCall(Truth([operand]), Operation.Not, [operand]));

    private BoundCall Logic(Operation operation, IReadOnlyList<BoundExpression> operands) =>
        context.Made(new BoundCall(Truth(operands), operation, operands));

    private static SqlType Truth(IReadOnlyList<BoundExpression> operands) =>
        (operands.Any(static operand => operand.Type.Kind == SqlKind.Boolean) ? SqlType.Boolean : SqlType.Integer).Nullable(operands.Any(static operand => operand.Type.IsNullable));

    private BoundExpression Binary(SqlBinary binary)
    {
        BoundExpression left = Bind(binary.Left);
        BoundExpression right = Bind(binary.Right);
        switch (binary.Operator)
        {
            case "=" or "!=" or "<" or "<=" or ">" or ">=":
                return Compare(binary.Operator, (binary.Left, left), (binary.Right, right));
            case "LIKE" or "ILIKE":
                return left.Type.Kind == SqlKind.Text && right.Type.Kind == SqlKind.Text
                    ? context.Made(new BoundCall(
                        SqlType.Integer.Nullable(left.Type.IsNullable || right.Type.IsNullable), binary.Operator == "LIKE" ? Operation.Like : Operation.ILike, [left, right]))
                    : throw AnalyticsException.Query($"{binary.Operator} needs two strings, and not {left.Type} and {right.Type}");
            case "||":
                return new FunctionBinder(this).Concatenate([left, right]);
            default:
                return new ArithmeticBinder(context).Bind(binary.Operator, left, right);
        }
    }

    private BoundExpression Compare(string symbol, (SqlExpression Syntax, BoundExpression Bound) left, (SqlExpression Syntax, BoundExpression Bound) right)
    {
        Operation operation = symbol switch
        {
            "=" => Operation.Equal,
            "!=" => Operation.NotEqual,
            "<" => Operation.Less,
            "<=" => Operation.LessOrEqual,
            ">" => Operation.Greater,
            _ => Operation.GreaterOrEqual,
        };
        BoundExpression comparison = _comparisons.Compare(operation, left.Bound, right.Bound);
        if (operation is Operation.Equal or Operation.Greater or Operation.GreaterOrEqual)
        {
            CheckLowerBound(left.Syntax, left.Bound, comparison.Children[1]);
        }

        if (operation is Operation.Equal or Operation.Less or Operation.LessOrEqual)
        {
            CheckLowerBound(right.Syntax, right.Bound, comparison.Children[0]);
        }

        return comparison;
    }

    private void CheckLowerBound(SqlExpression syntax, BoundExpression time, BoundExpression bound)
    {
        if (syntax is SqlName { Name: PublicTable.Time } && bound is BoundLiteral literal)
        {
            context.CheckRetention(literal, (time as BoundColumn)?.TimeKeptDays ?? sources.KeptDaysMax);
        }
    }

    private BoundCall Between(SqlBetween between)
    {
        (SqlExpression Syntax, BoundExpression Bound) operand = (between.Operand, Bind(between.Operand));
        (SqlExpression, BoundExpression) low = (between.Low, Bind(between.Low));
        (SqlExpression, BoundExpression) high = (between.High, Bind(between.High));
        return between.IsNegated
            ? Logic(Operation.Or, [Compare("<", operand, low), Compare(">", operand, high)])
            : Logic(Operation.And, [Compare(">=", operand, low), Compare("<=", operand, high)]);
    }

    private BoundExpression In(SqlIn membership)
    {
        BoundExpression operand = Bind(membership.Operand);
        if (membership.Query is { } query)
        {
            BoundQuery bound = QueryBinder.Bind(query, context, ctes);
            return bound.Columns.Count != 1 ? throw AnalyticsException.Query("A subquery behind IN must have one column")
                : ComparisonBinder.MayEqual([operand.Type, bound.Columns[0].Type]) ? context.Made(new BoundInQuery(operand, bound, membership.IsNegated))
                : throw AnalyticsException.Query($"{operand.Type} cannot be in a subquery of {bound.Columns[0].Type}");
        }

        List<BoundLiteral> items = [];
        foreach (SqlExpression item in membership.Items!)
        {
            items.Add(Bind(item) is BoundLiteral literal
                ? ComparisonBinder.Constant(literal, operand.Type)
                : throw AnalyticsException.Query("A list behind IN holds constants only"));
        }

        return context.Made(new BoundInList(operand, items, membership.IsNegated));
    }

    private BoundExpression Case(SqlCase choice)
    {
        List<(BoundExpression, BoundExpression)> branches = [];
        BoundExpression? operand = choice.Operand is null ? null : Bind(choice.Operand);
        foreach ((SqlExpression when, SqlExpression then) in choice.Branches)
        {
            branches.Add((operand is null ? Condition(when) : _comparisons.Compare(Operation.Equal, operand, Bind(when)), Bind(then)));
        }

        return Case(branches, choice.Else is null ? null : Bind(choice.Else));
    }

    private BoundCall Array(IReadOnlyList<BoundExpression> items)
    {
        SqlType? element = null;
        foreach (BoundExpression item in items)
        {
            element = item.Type.Kind is SqlKind.Array or SqlKind.Interval ? throw AnalyticsException.Query($"An array of {item.Type} is not supported")
                : element is null ? item.Type
                : SqlType.Common(element, item.Type) ?? throw AnalyticsException.Query($"An array cannot hold both {element} and {item.Type}");
        }

        return context.Made(new BoundCall(SqlType.ArrayOf(element ?? SqlType.Null), Operation.MakeArray, items));
    }

    private BoundScalarQuery Scalar(BoundQuery query) => query.Columns.Count != 1 || query.Columns[0].Type.Kind == SqlKind.Array
        ? throw AnalyticsException.Query("A subquery that stands for a value must have one column, and no array")
        : context.Made(new BoundScalarQuery(query.Columns[0].Type.Nullable(), query));

    private BoundCall Negate(BoundExpression operand) => operand.Type.IsNumber
        ? context.Made(new BoundCall((operand.Type.Kind == SqlKind.Float ? SqlType.Float : SqlType.Integer).Nullable(operand.Type.IsNullable), Operation.Negate, [operand]))
        : throw AnalyticsException.Query($"{operand.Type} has no negative");
}
