using System;
using System.Collections.Frozen;
using System.Linq;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;
using Unkey.Server.Analytics.Binding;

namespace Unkey.Server.Analytics.Sqlite;

/// <summary>Functions of ClickHouse that SQLite has not, under names that begin with <c>ch_</c>. NULL in gives NULL out. Any thread.</summary>
internal static class SqliteFunctions
{
    // Tells the messages that are meant for the caller from those of SQLite.
    private const string MessagePrefix = "query: ";
    private const int AnyCount = -1;

    private static readonly (string Name, int Arguments, Action<sqlite3_context, sqlite3_value[]> Body)[] s_functions =
    [
        ("ch_divide", 2, static (context, values) => Result(context, Number(values[0]) / Number(values[1]))),
        ("ch_modulo", 2, static (context, values) => Result(context, SqliteNumbers.Modulo(Integer(values[0]), Integer(values[1])))),
        ("ch_round", 3, static (context, values) => Result(context, SqliteNumbers.Round(Number(values[0]), (int)Integer(values[1]), (int)Integer(values[2])))),
        ("ch_float_text", 1, static (context, values) => Result(context, SqliteNumbers.Text(Number(values[0])))),
        ("ch_int32", 1, static (context, values) => Result(context, unchecked((int)Integer(values[0])))),
        ("ch_parse_integer", 1, static (context, values) => Result(context, SqliteNumbers.ParseInteger(Text(values[0])))),
        ("ch_parse_float", 1, static (context, values) => Result(context, SqliteNumbers.ParseFloat(Text(values[0])))),
        ("ch_parse_time", 2, static (context, values) => Result(context, SqliteTimes.Parse(Text(values[0]), (SqlKind)Integer(values[1])))),
        ("ch_from_number", 2, static (context, values) => Result(context, TimeBinder.FromNumber((SqlKind)Integer(values[1]), Integer(values[0])))),
        ("ch_time_text", 2, static (context, values) => Result(context, SqliteTimes.Text(Integer(values[0]), (SqlKind)Integer(values[1])))),
        ("ch_start", 2, static (context, values) => Result(context, TimeMath.StartOf((Operation)Integer(values[1]), Integer(values[0])))),
        ("ch_add_months", 3, static (context, values) => Result(context, SqliteTimes.AddMonths(Integer(values[0]), Integer(values[1]), Integer(values[2]) == 1))),
        ("ch_format", 2, static (context, values) => Result(context, SqliteTimes.Format(Integer(values[0]), Text(values[1])))),
        ("ch_length", 1, static (context, values) => Result(context, Bytes(values[0]).Length)),
        ("ch_substring", 2, static (context, values) => Result(context, SqliteTexts.Substring(Bytes(values[0]), Integer(values[1]), long.MaxValue))),
        ("ch_substring", 3, static (context, values) => Result(context, SqliteTexts.Substring(Bytes(values[0]), Integer(values[1]), Integer(values[2])))),
        ("ch_starts", 2, static (context, values) => Result(context, Bytes(values[0]).StartsWith(Bytes(values[1])) ? 1 : 0)),
        ("ch_ends", 2, static (context, values) => Result(context, Bytes(values[0]).EndsWith(Bytes(values[1])) ? 1 : 0)),
        ("ch_like", 3, static (context, values) => Result(context, SqliteTexts.IsLike(Text(values[0]), Text(values[1]), Integer(values[2]) == 1) ? 1 : 0)),
        ("ch_array", 1, static (context, values) => Result(context, SqliteTexts.Array(Text(values[0]), long.MaxValue))),
        ("ch_array", 2, static (context, values) => Result(context, SqliteTexts.Array(Text(values[0]), Integer(values[1])))),
        ("ch_json", AnyCount, static (context, values) => Result(context, SqliteTexts.Json(Text(values[0]), [.. values.Skip(1).Select(Step)]))),
        ("ch_fail", 1, static (_, _) => throw AnalyticsException.Query("A subquery that stands for a value has more than one row")),
    ];

    private static readonly FrozenSet<string> s_names = [.. s_functions.Select(static function => function.Name), "ch_quantile"];

    /// <summary>Whether a function is one of these.</summary>
    public static bool IsOwn(string name) => s_names.Contains(name);

    /// <summary>Makes the functions known to a connection.</summary>
    public static void Register(sqlite3 connection)
    {
        foreach ((string name, int arguments, Action<sqlite3_context, sqlite3_value[]> body) in s_functions)
        {
            // Not deterministic means that it is not run before its turn.
            int flags = raw.SQLITE_UTF8 | (name == "ch_fail" ? 0 : raw.SQLITE_DETERMINISTIC);
            raw.sqlite3_create_function(connection, name, arguments, flags, null, (context, _, values) => Run(context, values, body));
        }

        raw.sqlite3_create_function(connection, "ch_quantile", 2, raw.SQLITE_UTF8 | raw.SQLITE_DETERMINISTIC, null, QuantileSample.Step, QuantileSample.Final);
    }

    /// <summary>The message of a function for the caller; null when the failure is another.</summary>
    public static string? MessageOf(SqliteException exception)
    {
        int start = exception.Message.IndexOf(MessagePrefix, StringComparison.Ordinal);
        return start < 0 ? null : exception.Message[(start + MessagePrefix.Length)..].TrimEnd('\'', '.');
    }

    private static void Run(sqlite3_context context, sqlite3_value[] values, Action<sqlite3_context, sqlite3_value[]> body)
    {
        foreach (sqlite3_value value in values)
        {
            if (raw.sqlite3_value_type(value) == raw.SQLITE_NULL)
            {
                raw.sqlite3_result_null(context);
                return;
            }
        }

        try
        {
            body(context, values);
        }
        catch (AnalyticsException exception)
        {
            raw.sqlite3_result_error(context, utf8z.FromString(MessagePrefix + exception.Message));
        }
        catch (Exception exception)
        {
            // No exception may pass through native frames; the statement fails, and with it the query.
            raw.sqlite3_result_error(context, utf8z.FromString(exception.GetType().Name));
        }
    }

    private static object Step(sqlite3_value value) => raw.sqlite3_value_type(value) == raw.SQLITE_INTEGER ? Integer(value) : Text(value);

    private static double Number(sqlite3_value value) => raw.sqlite3_value_double(value);

    private static long Integer(sqlite3_value value) => raw.sqlite3_value_int64(value);

    private static ReadOnlySpan<byte> Bytes(sqlite3_value value) => raw.sqlite3_value_blob(value);

    private static string Text(sqlite3_value value) => Encoding.UTF8.GetString(Bytes(value));

    private static void Result(sqlite3_context context, long value) => raw.sqlite3_result_int64(context, value);

    private static void Result(sqlite3_context context, string value) => raw.sqlite3_result_text(context, utf8z.FromString(value));

    // What is no number is NULL in SQLite, and null in the answer either way.
    private static void Result(sqlite3_context context, double value) => raw.sqlite3_result_double(context, value);
}
