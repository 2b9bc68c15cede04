using System;
using System.Collections.Generic;
using System.Linq;

namespace Unkey.Server.Tests.Analytics;

/// <summary>Makes queries over the verifications whose types fit as a rule, so that most of them run.</summary>
internal sealed class QueryGenerator(Random random)
{
    private const int DepthMax = 4;

    private static readonly string[] s_texts = ["key_id", "outcome", "external_id", "request_id", "'VALID'", "''", "'a%_\\\\b'", "'2026-01-02'", "'é'"];
    private static readonly string[] s_numbers =
        ["spent_credits", "time", "latency", "0", "1", "-3", "2.5", "4294967296", "1e6", "true", "length(tags)", "length(key_id)"];

    private static readonly string[] s_times = ["now()", "today()", "now64()", "toDateTime(time)", "fromUnixTimestamp64Milli(time)", "toDate('2026-02-28')", "toDateTime(0)"];
    private static readonly string[] s_arrays = ["tags", "['path=/a', 'x']", "[]", "['env=prod']"];
    private static readonly string[] s_units = ["SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR"];
    private static readonly string[] s_starts = ["Minute", "Hour", "Day", "Week", "Month", "Quarter", "Year"];

    /// <summary>A query.</summary>
    public string Query()
    {
        List<string> keys = [.. Enumerable.Range(0, random.Next(3)).Select(_ => Any(2))];
        string from = random.Next(6) switch
        {
            0 => "(SELECT * FROM key_verifications_v1 ORDER BY request_id LIMIT 40)",
            1 => "(SELECT * FROM key_verifications_v1 WHERE outcome = 'VALID' UNION ALL SELECT * FROM key_verifications_v1 WHERE spent_credits > 2)",
            _ => "key_verifications_v1",
        };
        string where = random.Next(2) == 0 ? "" : " WHERE " + Condition(0);
        if (random.Next(3) == 0)
        {
            bool isDistinct = random.Next(3) == 0;
            string plain = string.Join(", ", keys.Append(Any(0)).Select(static (item, i) => $"{item} AS x{i}"));
            return $"SELECT {(isDistinct ? "DISTINCT " : "")}{plain} FROM {from}{where}{(isDistinct ? "" : " ORDER BY request_id LIMIT 20")}";
        }

        string items = string.Join(", ", keys.Select(static (key, i) => $"{key} AS k{i}").Concat(Enumerable.Range(0, random.Next(1, 3)).Select(i => $"{Aggregate()} AS a{i}")));
        string groups = keys.Count == 0 ? "" : " GROUP BY " + string.Join(", ", keys.Select(static (_, i) => $"k{i}"));
        string having = random.Next(4) == 0 ? " HAVING count() > 1" : "";
        return $"SELECT {items} FROM {from}{where}{groups}{having}{(keys.Count == 0 ? "" : " ORDER BY " + string.Join(", ", keys.Select(static (_, i) => $"k{i}")))}";
    }

    private string Pick(params string[] of) => of[random.Next(of.Length)];

    private string Any(int depth) => random.Next(6) switch { 0 => Text(depth), 1 or 2 => Number(depth), 3 => Time(depth), 4 => Condition(depth), _ => Text(depth) };

    private string Text(int depth) => depth >= DepthMax || random.Next(3) == 0 ? Pick(s_texts) : random.Next(9) switch
    {
        0 => $"{Pick("lower", "upper", "trim")}({Text(depth + 1)})",
        1 => $"substring({Text(depth + 1)}, {random.Next(-4, 5)}{(random.Next(2) == 0 ? "" : $", {random.Next(-2, 5)}")})",
        2 => $"concat({Text(depth + 1)}, {Text(depth + 1)})",
        3 => $"toString({Pick(Number(depth + 1), Time(depth + 1))})",
        4 => $"if({Condition(depth + 1)}, {Text(depth + 1)}, {Text(depth + 1)})",
        5 => $"CASE WHEN {Condition(depth + 1)} THEN {Text(depth + 1)} END",
        6 => $"formatDateTime({Time(depth + 1)}, '%F %T')",
        7 => $"JSONExtractString({Text(depth + 1)}, 'a')",
        _ => $"coalesce({Text(depth + 1)}, {Text(depth + 1)})",
    };

    private string Number(int depth) => depth >= DepthMax || random.Next(3) == 0 ? Pick(s_numbers) : random.Next(11) switch
    {
        0 => $"({Number(depth + 1)} {Pick("+", "-")} {Number(depth + 1)})",
        9 => $"({Number(depth + 1)} / {random.Next(1, 9)})",
        8 => $"({Number(depth + 1)} * {random.Next(-2, 4)})",
        1 => $"{Pick("round", "floor", "ceil", "abs", "toFloat64", "toInt64")}({Number(depth + 1)})",
        2 => $"length({Pick(Text(depth + 1), Array(depth + 1))})",
        3 => $"if({Condition(depth + 1)}, {Number(depth + 1)}, {Number(depth + 1)})",
        4 => $"toInt64({Time(depth + 1)})",
        5 => $"(-{Number(depth + 1)})",
        7 => $"(toInt64({Number(depth + 1)}) % {random.Next(1, 9)})",
        6 => $"(SELECT max(spent_credits) FROM key_verifications_v1 WHERE {Condition(depth + 1)})",
        _ => $"coalesce(NULL, {Number(depth + 1)})",
    };

    private string Time(int depth) => depth >= DepthMax || random.Next(3) == 0 ? Pick(s_times) : random.Next(4) switch
    {
        0 => $"({Time(depth + 1)} {Pick("+", "-")} INTERVAL {random.Next(-2, 40)} {Pick(s_units)})",
        1 => $"toStartOf{Pick(s_starts)}({Time(depth + 1)})",
        2 => $"{Pick("toDate", "toDateTime")}({Time(depth + 1)})",
        _ => $"date_trunc('{Pick("hour", "day", "week", "month")}', {Time(depth + 1)})",
    };

    private string Array(int depth) => depth >= DepthMax || random.Next(2) == 0
        ? Pick(s_arrays)
        : $"arrayFilter(x -> {Pick($"startsWith(x, {Text(depth + 1)})", $"x = {Text(depth + 1)}", Condition(depth + 1))}, {Array(depth + 1)})";

    private string Condition(int depth) => random.Next(depth >= DepthMax ? 4 : 11) switch
    {
        0 => "outcome = 'VALID'",
        1 => "spent_credits > 1",
        2 => "time >= now() - INTERVAL 1 DAY",
        3 => "has(tags, 'path=/a')",
        4 => $"({Condition(depth + 1)} {Pick("AND", "OR")} {Condition(depth + 1)})",
        5 => $"NOT {Condition(depth + 1)}",
        6 => $"{Text(depth + 1)} {Pick("=", "!=", "<", ">=", "LIKE", "ILIKE")} {Text(depth + 1)}",
        7 => $"{Number(depth + 1)} {Pick("=", "!=", "<", "<=", ">", ">=")} {Number(depth + 1)}",
        8 => $"{Time(depth + 1)} {Pick("=", "!=", "<", "<=", ">")} {Time(depth + 1)}",
        9 => $"{Pick("hasAny", "hasAll")}({Array(depth + 1)}, {Array(depth + 1)})",
        _ => $"{Text(depth + 1)} {Pick("IN", "NOT IN")} ({Pick("'VALID', 'EXPIRED'", "SELECT outcome FROM key_verifications_v1", "''")})",
    };

    private string Aggregate() => random.Next(9) switch
    {
        0 => "count()",
        1 => $"count(DISTINCT {Text(1)})",
        2 => $"{Pick("sum", "avg", "min", "max")}({Number(2)})",
        3 => $"{Pick("min", "max")}({Pick(Text(2), Time(2))})",
        4 => $"sumIf({Number(2)}, {Condition(2)})",
        5 => $"countIf({Condition(2)})",
        6 => $"{Pick("uniq", "uniqExact")}({Text(2)}, toInt64({Number(2)}))",
        7 => $"quantile(0.{random.Next(1, 10)})({Number(2)})",
        _ => "toStartOfHour(max(toDateTime(time)))",
    };
}
