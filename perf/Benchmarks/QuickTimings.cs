using System;
using System.IO;
using System.Threading;

namespace Unkey.Perf;

/// <summary>CPU time of this thread per call, least and median of some passes: rough, but it survives a machine that does other things.</summary>
/// <remarks>BenchmarkDotNet measures wall time, which means nothing while other processes share the core. Caches are shared all the same.</remarks>
internal sealed class QuickTimings(TextWriter output) : BenchmarkMethods.IVisitor
{
    private const int Passes = 15;
    private const int WarmUpRoundsMax = 30;
    private const long WarmUpNs = 100_000_000;
    private const long PassNs = 30_000_000;

    internal static int Run(TextWriter output, string filter)
    {
        output.WriteLine($"{"ns of thread CPU",-50} {"least",10} {"median",10}");
        BenchmarkMethods.ForEach(filter, new QuickTimings(output));
        return 0;
    }

    public void Visit<T>(string name, Func<T> call)
    {
        // The JIT moves methods to their last tier on another thread, when this one has been quiet for a while: until it is done.
        double nsPerCall = double.MaxValue;
        int steady = 0;
        for (int round = 0; round < WarmUpRoundsMax && steady < 3; round++)
        {
            long begin = ThreadClock.Nanoseconds();
            long warmUpCalls = 0;
            long spent;
            do
            {
                for (int i = 0; i < 1000; i++)
                {
                    call();
                }

                warmUpCalls += 1000;
                spent = ThreadClock.Nanoseconds() - begin;
            }
            while (spent < WarmUpNs);

            double now = (double)spent / warmUpCalls;
            steady = now > nsPerCall * 0.9 ? steady + 1 : 0;
            nsPerCall = Math.Min(now, nsPerCall);
            Thread.Sleep(250);
        }

        int calls = (int)Math.Max(1, PassNs / nsPerCall);
        double[] passes = new double[Passes];
        for (int pass = 0; pass < Passes; pass++)
        {
            long start = ThreadClock.Nanoseconds();
            for (int i = 0; i < calls; i++)
            {
                call();
            }

            passes[pass] = (double)(ThreadClock.Nanoseconds() - start) / calls;
        }

        Array.Sort(passes);
        output.WriteLine($"{name,-50} {passes[0],10:0.0} {passes[Passes / 2],10:0.0}");
    }
}
