using System;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Unkey.Perf;

/// <summary>Entry point: BenchmarkDotNet's switcher; <c>--check</c> for the allocation budgets alone; <c>--quick [name]</c> for rough timings;
/// <c>--sinks SECONDS [clickhouse-url]</c> for the rate that an event store sustains; <c>--stalls SECONDS [directory]</c> for what a busy disk does to publishing;
/// <c>--growth KEYS</c> for what the growth of the key table does to lookups; <c>--threads N</c> for what N threads decide beside each other.</summary>
public static class Program
{
    public static int Main(string[] arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        if (arguments.Length == 1 && arguments[0] == "--check")
        {
            return AllocationCheck.Run(Console.Out);
        }

        if (arguments.Length is 1 or 2 && arguments[0] == "--quick")
        {
            return QuickTimings.Run(Console.Out, arguments.Length == 2 ? arguments[1] : "");
        }

        if (arguments.Length is 2 or 3 && arguments[0] == "--sinks" && int.TryParse(arguments[1], out int seconds))
        {
            return SinkRates.RunAsync(Console.Out, TimeSpan.FromSeconds(seconds), arguments.Length == 3 ? arguments[2] : null).GetAwaiter().GetResult();
        }

        if (arguments.Length is 2 or 3 && arguments[0] == "--stalls" && int.TryParse(arguments[1], out int secondsOfStalls))
        {
            return DiskStalls.Run(Console.Out, TimeSpan.FromSeconds(secondsOfStalls), arguments.Length == 3 ? arguments[2] : ".");
        }

        if (arguments.Length == 2 && arguments[0] == "--growth" && int.TryParse(arguments[1], out int keys))
        {
            return GrowthPauses.Run(Console.Out, keys);
        }

        if (arguments.Length == 2 && arguments[0] == "--threads" && int.TryParse(arguments[1], out int threads) && threads > 0)
        {
            return ThreadScaling.Run(Console.Out, threads);
        }

        // In process: the repository pins packages and folders in ways that a generated project does not inherit.
        IConfig config = DefaultConfig.Instance
            .AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(3).WithIterationCount(10))
            .AddDiagnoser(MemoryDiagnoser.Default);
        BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(arguments, config);
        return 0;
    }
}
