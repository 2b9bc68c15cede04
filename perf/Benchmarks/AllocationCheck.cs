using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;

namespace Unkey.Perf;

/// <summary>Runs every benchmark method 10,000 times and compares the bytes it allocates with <c>allocations.txt</c>.</summary>
/// <remarks>Takes seconds where timing takes minutes, and its answer does not depend on what else the machine does.</remarks>
internal sealed class AllocationCheck(TextWriter output) : BenchmarkMethods.IVisitor
{
    private const int Calls = 10_000;

    private readonly Dictionary<string, long> _budgets = ReadBudgets(Path.Combine(AppContext.BaseDirectory, "allocations.txt"));
    private int _failures;

    internal static int Run(TextWriter output)
    {
        AllocationCheck check = new(output);
        BenchmarkMethods.ForEach("", check);
        return check._failures == 0 ? 0 : 1;
    }

    public void Visit<T>(string name, Func<T> call)
    {
        long bytes = Measure(call);
        bool known = _budgets.TryGetValue(name, out long budget);
        bool good = known && bytes <= budget;
        _failures += good ? 0 : 1;
        output.WriteLine($"{(good ? "ok  " : "FAIL")} {name}: {bytes} bytes, budget {(known ? budget : "none")}");
    }

    private static long Measure<T>(Func<T> call)
    {
        long least = long.MaxValue;

        // The runtime itself allocates a little on this thread while methods move through its tiers; a real allocation shows in every pass.
        for (int pass = 0; pass < 4; pass++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Calls; i++)
            {
                call();
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        // Rounded up, so that one stray object in many calls shows as well.
        return (least + Calls - 1) / Calls;
    }

    private static Dictionary<string, long> ReadBudgets(string path)
    {
        Dictionary<string, long> budgets = [];
        foreach (string line in File.ReadLines(path).Where(static l => l.Length > 0 && l[0] != '#'))
        {
            string[] parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            budgets.Add(parts[0], long.Parse(parts[1], CultureInfo.InvariantCulture));
        }

        return budgets;
    }
}
