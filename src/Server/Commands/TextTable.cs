using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;

namespace Unkey.Server.Commands;

/// <summary>Prints rows in columns that are as wide as they must be. One thread.</summary>
internal static class TextTable
{
    /// <summary>Prints the rows.</summary>
    /// <param name="output">Where to print.</param>
    /// <param name="rows">Cells that are safe on a terminal; all rows have as many as the first, which is the heading.</param>
    public static void Write(TextWriter output, IReadOnlyList<string[]> rows)
    {
        int[] widths = new int[rows[0].Length];
        foreach (string[] row in rows)
        {
            for (int i = 0; i < row.Length; i++)
            {
                widths[i] = Math.Max(widths[i], row[i].Length);
            }
        }

        foreach (string[] row in rows)
        {
            output.WriteLine(string.Join("  ", row.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd());
        }
    }

    /// <summary>A time as the tables show it.</summary>
    /// <param name="unixMs">Unix milliseconds.</param>
    public static string Time(long unixMs) =>
        DateTimeOffset.FromUnixTimeMilliseconds(unixMs).ToString("yyyy-MM-dd HH:mm:ssZ", CultureInfo.InvariantCulture);
}
