using System;
using System.IO;
using System.Text;
using Unkey.Load.Report;

namespace Unkey.Load;

/// <summary><c>unkey-load report</c>: replaces the generated part of the benchmark page by tables, and the charts beside it, drawn from the result files.</summary>
internal static class ReportCommand
{
    private const string Begin = "<!-- begin: drawn by ./bench from perf/results -->\n";
    private const string End = "<!-- end -->";

    internal static int Execute(string results, string markdown)
    {
        string page = File.ReadAllText(markdown);
        int begin = page.IndexOf(Begin, StringComparison.Ordinal);
        int end = page.IndexOf(End, StringComparison.Ordinal);
        if (begin < 0 || end < begin)
        {
            throw new FormatException($"{markdown}: the two marker lines are missing");
        }

        StringBuilder text = new(page[..(begin + Begin.Length)]);
        string[] machines = Directory.Exists(results) ? Directory.GetDirectories(results) : [];
        Array.Sort(machines, StringComparer.Ordinal);
        if (machines.Length == 0)
        {
            text.Append("\nNo results are kept for this job yet; `./bench` makes them.\n");
        }

        foreach (string machine in machines)
        {
            MarkdownTables.Write(text, machine, markdown);
        }

        File.WriteAllText(markdown, text.Append('\n').Append(page.AsSpan(end)).ToString());
        return 0;
    }
}
