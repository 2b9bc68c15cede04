using System.Collections.Frozen;
using System.Linq;
using SQLitePCL;
using Unkey.Server.Analytics.Binding;
using Unkey.Server.Events.Sqlite.Segments;

namespace Unkey.Server.Analytics.Sqlite;

/// <summary>Lets a connection do nothing but read the tables of one operation, whatever the statement says: the wall behind the emitter.</summary>
internal static class SqliteWall
{
    private static readonly FrozenSet<string> s_functions = FrozenSet.Create(
        "count", "sum", "avg", "min", "max", "coalesce", "lower", "upper", "trim", "abs", "json_each", "json_array", "json_array_length", "json_group_array");

    /// <summary>Puts the wall up.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="dataset">What may be read.</param>
    /// <param name="reading">Reads raw events for the tables that are made of them.</param>
    public static void Attach(sqlite3 connection, Dataset dataset, SegmentReading reading)
    {
        FrozenSet<string> tables = [.. dataset.Tables.Select(static table => table.Name), "json_each"];
        raw.sqlite3_set_authorizer(
            connection,
            (_, action, first, second, _, _) => reading.IsInside || IsAllowed(action, first, second, tables) ? raw.SQLITE_OK : raw.SQLITE_DENY,
            null);
    }

    // Reading a subquery names no table, or the name that the emitter gave it, of letter and number.
    private static bool IsAllowed(int action, string? first, string? second, FrozenSet<string> tables) => action switch
    {
        raw.SQLITE_SELECT => true,
        raw.SQLITE_READ => string.IsNullOrEmpty(first) || tables.Contains(first),
        raw.SQLITE_FUNCTION => second is not null && (s_functions.Contains(second) || SqliteFunctions.IsOwn(second)),
        _ => false,
    };
}
