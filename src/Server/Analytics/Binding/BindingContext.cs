using System;
using Unkey.Server.Analytics.Sql;

namespace Unkey.Server.Analytics.Binding;

/// <summary>What a whole query is bound with: the tables, the clock, the limits, and how much it has used of them. One thread.</summary>
/// <param name="dataset">Tables of the operation.</param>
/// <param name="nowMs">Unix milliseconds that <c>now()</c> is.</param>
/// <param name="rowsMax">Most rows of any SELECT.</param>
/// <param name="retentionDays">Days that events are kept; 0 for ever.</param>
internal sealed class BindingContext(Dataset dataset, long nowMs, long rowsMax, int retentionDays)
{
    // Common table expressions and aliases are written out where they are used, so a short text can become a long query.
    private const int SelectsMax = 100;
    private const int NodesMax = 20_000;
    private const int SizeMax = 4_000;
    private const int DepthMax = 200;
    private const int LevelsMax = 24;

    private int _ids;
    private int _selects;
    private int _nodes;
    private int _level;

    public Dataset Dataset => dataset;

    public long NowMs => nowMs;

    public long RowsMax => rowsMax;

    public int RetentionDays => retentionDays;

    /// <summary>A name for the emitted query that no other thing in it has.</summary>
    /// <param name="kind">A letter.</param>
    public string NewId(char kind) => $"{kind}{++_ids}";

    /// <summary>Counts a SELECT and everything in it.</summary>
    public T Select<T>(Func<T> bind)
    {
        if (++_selects > SelectsMax || ++_level > LevelsMax)
        {
            throw AnalyticsException.TooComplex();
        }

        T result = bind();
        _level--;
        return result;
    }

    /// <summary>Counts a node.</summary>
    public T Made<T>(T expression)
        where T : BoundExpression
    {
        int size = 1;
        int depth = 0;
        foreach (BoundExpression child in expression.Children)
        {
            size += child.Size;
            depth = Math.Max(depth, child.Depth);
        }

        return ++_nodes > NodesMax || size > SizeMax || ++depth > DepthMax ? throw AnalyticsException.TooComplex() : expression with { Size = size, Depth = depth };
    }

    /// <summary>Refuses a lower bound of time beyond what is kept, by the day.</summary>
    /// <param name="bound">The constant bound.</param>
    /// <param name="keptDays">Days that are kept; 0 for ever.</param>
    public void CheckRetention(BoundLiteral bound, int keptDays)
    {
        if (keptDays == 0 || bound.RetentionMs is not { } requestedMs)
        {
            return;
        }

        long earliest = TimeMath.StartOf(Operation.StartOfDay, (nowMs / 1000) - (keptDays * TimeMath.DaySeconds));
        if (requestedMs < earliest * 1000)
        {
            throw new AnalyticsException(
                ControlPlane.Responses.ErrorCode.QueryRangeExceedsRetention,
                $"Cannot query data older than {keptDays} days. The query asks for data from {TimeMath.AtMs(requestedMs):yyyy-MM-dd}; the earliest date is"
                    + $" {TimeMath.At(earliest):yyyy-MM-dd}.");
        }
    }
}

/// <summary>The common table expressions that are in sight, innermost first. Immutable.</summary>
/// <param name="Name">Name of the nearest.</param>
/// <param name="Query">Its query.</param>
/// <param name="Outer">What else is in sight, which is also all that its query sees.</param>
internal sealed record CteScope(string Name, SqlQuery Query, CteScope? Outer)
{
    /// <summary>The nearest of a name, which counts exactly; null for none.</summary>
    public static CteScope? Find(CteScope? scope, string name)
    {
        // BOUND: by the common table expressions of the query.
        while (scope is not null && scope.Name != name)
        {
            scope = scope.Outer;
        }

        return scope;
    }
}
