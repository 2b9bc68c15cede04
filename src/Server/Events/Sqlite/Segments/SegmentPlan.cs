using System;
using SQLitePCL;

namespace Unkey.Server.Events.Sqlite.Segments;

/// <summary>Which conditions of a query a scan takes part in: those that leave out whole segments. SQLite checks all of them for every row nevertheless.</summary>
/// <remarks>
/// The number of the plan says how many arguments a scan gets of each sort, in this order: workspaces, lower bounds of the time, upper bounds, exact times; four bits each.
/// </remarks>
internal static unsafe class SegmentPlan
{
    private const int Sorts = 4;
    private const int BitsPerSort = 4;
    private const int PerSortMax = (1 << BitsPerSort) - 1;

    // Guesses, so that SQLite begins with the table that has conditions.
    private const long RowsOfAll = 10_000_000;
    private const int RowsPerWorkspace = 10;
    private const int RowsPerBound = 10;
    private const double CostPerRow = 2;

    /// <summary>Plans a scan.</summary>
    /// <param name="info">What SQLite asks and is told.</param>
    public static void Choose(SqliteModuleApi.IndexInfo* info)
    {
        int number = 0;
        int arguments = 0;
        long rows = RowsOfAll;
        for (int sort = 0; sort < Sorts; sort++)
        {
            int count = 0;
            for (int i = 0; i < info->ConstraintCount && count < PerSortMax; i++)
            {
                if (SortOf(info, i) == sort)
                {
                    info->Usage[i].Argument = ++arguments;
                    count++;
                }
            }

            number |= count << (sort * BitsPerSort);
            rows /= count == 0 ? 1 : sort == 0 ? RowsPerWorkspace : RowsPerBound;
        }

        info->Number = number;
        info->EstimatedRows = Math.Max(1, rows);
        info->EstimatedCost = rows * CostPerRow;
    }

    /// <summary>Reads the arguments of a scan.</summary>
    /// <param name="number">Number of the plan.</param>
    /// <param name="arguments">The values, as many as the plan says.</param>
    public static SegmentRange Read(int number, ReadOnlySpan<nint> arguments)
    {
        SegmentRange range = new() { Min = long.MinValue, Max = long.MaxValue };
        int next = 0;
        for (int sort = 0; sort < Sorts; sort++)
        {
            for (int count = (number >> (sort * BitsPerSort)) & PerSortMax; count > 0 && next < arguments.Length; count--)
            {
                Limit(range, sort, arguments[next++]);
            }
        }

        return range;
    }

    // Nothing but texts and numbers narrows a range; SQLite decides what any other value means.
    private static void Limit(SegmentRange range, int sort, nint value)
    {
        int type = SqliteModuleApi.ValueType(value);
        if (sort == 0)
        {
            if (type == raw.SQLITE_TEXT)
            {
                byte* text = SqliteModuleApi.ValueText(value);
                range.Workspace = new ReadOnlySpan<byte>(text, SqliteModuleApi.ValueBytes(value)).ToArray();
            }

            return;
        }

        (long low, long high) = type switch
        {
            raw.SQLITE_INTEGER when SqliteModuleApi.ValueInt64(value) is var whole => (whole, whole),
            // A conversion beyond the range gives its end.
            raw.SQLITE_FLOAT when SqliteModuleApi.ValueDouble(value) is var fraction => ((long)Math.Floor(fraction), (long)Math.Ceiling(fraction)),
            _ => (long.MinValue, long.MaxValue),
        };
        if (sort is 1 or 3)
        {
            range.Min = Math.Max(range.Min, low);
        }

        if (sort is 2 or 3)
        {
            range.Max = Math.Min(range.Max, high);
        }
    }

    private static int SortOf(SqliteModuleApi.IndexInfo* info, int i)
    {
        SqliteModuleApi.Constraint* constraint = &info->Constraints[i];
        if (constraint->Usable == 0)
        {
            return -1;
        }

        return (constraint->Column, constraint->Operator) switch
        {
            (SegmentTable.WorkspaceColumn, SqliteModuleApi.IsEqual) when IsBinary(SqliteModuleApi.Collation(info, i)) => 0,
            (SegmentTable.TimeColumn, SqliteModuleApi.IsGreater or SqliteModuleApi.IsAtLeast) => 1,
            (SegmentTable.TimeColumn, SqliteModuleApi.IsLess or SqliteModuleApi.IsAtMost) => 2,
            (SegmentTable.TimeColumn, SqliteModuleApi.IsEqual) => 3,
            _ => -1,
        };
    }

    private static bool IsBinary(byte* collation) =>
        collation != null && System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpanFromNullTerminated(collation).SequenceEqual("BINARY"u8);
}

/// <summary>What a scan may leave out: everything outside.</summary>
internal sealed class SegmentRange
{
    /// <summary>The workspace in UTF-8; null for all.</summary>
    public byte[]? Workspace { get; set; }

    /// <summary>Least time, Unix milliseconds.</summary>
    public long Min { get; set; }

    /// <summary>Greatest time, Unix milliseconds.</summary>
    public long Max { get; set; }
}
