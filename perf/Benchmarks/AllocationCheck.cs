using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection;
using BenchmarkDotNet.Attributes;

namespace Unkey.Perf;

/// <summary>Runs every benchmark method 10,000 times and compares the bytes it allocates with <c>allocations.txt</c>.</summary>
/// <remarks>Takes seconds where timing takes minutes, and its answer does not depend on what else the machine does.</remarks>
internal static class AllocationCheck
{
    private const int Calls = 10_000;

    internal static int Run(TextWriter output)
    {
        Dictionary<string, long> budgets = ReadBudgets(Path.Combine(AppContext.BaseDirectory, "allocations.txt"));
        int failures = 0;
        foreach (Type type in typeof(AllocationCheck).Assembly.GetTypes().OrderBy(static t => t.Name))
        {
            List<MethodInfo> methods = [.. type.GetMethods().Where(static m => m.GetCustomAttribute<BenchmarkAttribute>() is not null)];
            if (methods.Count == 0)
            {
                continue;
            }

            object instance = Activator.CreateInstance(type)!;
            SetSmallestParameters(instance);
            Invoke<GlobalSetupAttribute>(instance);
            foreach (MethodInfo method in methods)
            {
                string name = $"{type.Name}.{method.Name}";
                long bytes = Measure(instance, method);
                bool known = budgets.TryGetValue(name, out long budget);
                bool good = known && bytes <= budget;
                failures += good ? 0 : 1;
                output.WriteLine($"{(good ? "ok  " : "FAIL")} {name}: {bytes} bytes, budget {(known ? budget : "none")}");
            }

            Invoke<GlobalCleanupAttribute>(instance);
        }

        return failures == 0 ? 0 : 1;
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

    private static void SetSmallestParameters(object instance)
    {
        foreach (PropertyInfo property in instance.GetType().GetProperties())
        {
            if (property.GetCustomAttribute<ParamsAttribute>() is { } parameters)
            {
                property.SetValue(instance, parameters.Values.Min());
            }
        }
    }

    private static void Invoke<TAttribute>(object instance)
        where TAttribute : Attribute
    {
        foreach (MethodInfo method in instance.GetType().GetMethods())
        {
            if (method.GetCustomAttribute<TAttribute>() is not null)
            {
                method.Invoke(instance, null);
            }
        }
    }

    private static long Measure(object instance, MethodInfo method)
    {
        MethodInfo generic = typeof(AllocationCheck).GetMethod(nameof(MeasureTyped), BindingFlags.NonPublic | BindingFlags.Static)!;
        return (long)generic.MakeGenericMethod(method.ReturnType).Invoke(null, [instance, method])!;
    }

    private static long MeasureTyped<T>(object instance, MethodInfo method)
    {
        Func<T> call = method.CreateDelegate<Func<T>>(instance);
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
}
