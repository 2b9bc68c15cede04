using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;

namespace Unkey.Load.Report;

/// <summary>Reads the result files of one machine: every <c>*.json</c> holds an array of runs.</summary>
internal static class ResultsReader
{
    internal static List<Row> Read(string directory)
    {
        List<Row> rows = [];
        string[] files = Directory.GetFiles(directory, "*.json");
        Array.Sort(files, StringComparer.Ordinal);
        foreach (string file in files)
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
            foreach (JsonElement run in document.RootElement.EnumerateArray())
            {
                Add(rows, run);
            }
        }

        return rows;
    }

    private static void Add(List<Row> rows, JsonElement run)
    {
        string scenario = run.GetProperty("scenario").GetString() ?? "";
        string server = run.GetProperty("server").GetString() ?? "";
        Row? row = rows.Find(r => r.Scenario == scenario && r.Server == server);
        if (row is null)
        {
            rows.Add(row = new Row(scenario, server));
        }

        int round = run.TryGetProperty("round", out JsonElement number) ? number.GetInt32() : 0;
        foreach (JsonProperty member in run.EnumerateObject())
        {
            switch (member.Value.ValueKind)
            {
                case JsonValueKind.Number:
                    row.Add(member.Name, round, member.Value.GetDouble());
                    break;
                case JsonValueKind.Object:
                    foreach (JsonProperty inner in member.Value.EnumerateObject())
                    {
                        row.Add(member.Name + "." + inner.Name, round, inner.Value.GetDouble());
                    }

                    break;
                case JsonValueKind.Array:
                    foreach (JsonElement item in member.Value.EnumerateArray())
                    {
                        row.Add(member.Name, round, item.GetDouble());
                    }

                    break;
            }
        }
    }
}
