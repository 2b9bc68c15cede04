using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using Unkey.Engine;
using Unkey.Engine.Keys;
using Unkey.Engine.Memory;

namespace Unkey.Perf;

/// <summary>What a verification costs a thread when others verify beside it, over the same tables: a line that they share is paid for in CPU time.</summary>
/// <remarks>CPU time of the threads, not wall time, so that other processes matter little.
/// Every round measures one thread and several in turn; a verification is the decision with its limit.</remarks>
internal sealed class ThreadScaling : IDisposable
{
    private const int Keys = 100_000;
    private const int CallsPerThread = 1_000_000;
    private const int Rounds = 7;

    // A millisecond for a few calls of each thread, so that the one key of the last row stays within its limit.
    private const int CallsPerMs = 4;

    private readonly SampleEngine _engine = new(Keys);
    private readonly KeyDigest[] _digests = new KeyDigest[Keys];
    private readonly byte[] _query = Encoding.ASCII.GetBytes(SampleRequests.Query);
    private long _nowMs = 1_800_000_000_000;

    private ThreadScaling()
    {
        for (int i = 0; i < Keys; i++)
        {
            _digests[i] = KeyDigest.Of(SampleEngine.SecretOf(i));
        }
    }

    /// <summary>Which of all keys a thread verifies.</summary>
    private delegate int Choice(int thread, int threads, int random);

    public void Dispose() => _engine.Dispose();

    internal static int Run(TextWriter output, int threads)
    {
        using ThreadScaling scaling = new();
        output.WriteLine($"ns of CPU a verification, median of {Rounds} rounds: one thread, {threads} threads beside each other");
        scaling.Compare(output, threads, "keys of its own", static (thread, threads, random) => (random / threads * threads) + thread is var own && own < Keys ? own : thread);
        scaling.Compare(output, threads, "any of all keys", static (_, _, random) => random);
        scaling.Compare(output, threads, "one key for all", static (_, _, _) => 1);
        return 0;
    }

    private void Compare(TextWriter output, int threads, string name, Choice choice)
    {
        // The first turn is for the compiler.
        Measure(1, choice);
        double[] alone = new double[Rounds];
        double[] beside = new double[Rounds];
        for (int round = 0; round < Rounds; round++)
        {
            alone[round] = Measure(1, choice);
            beside[round] = Measure(threads, choice);
        }

        double[] ratios = [.. alone.Zip(beside, static (one, several) => several / one).Order()];
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-18} {Median(alone),8:0} {Median(beside),8:0}   times {ratios[Rounds / 2]:0.00} ({ratios[0]:0.00}–{ratios[^1]:0.00})"));
    }

    private static double Median(double[] values) => values.Order().ElementAt(Rounds / 2);

    private double Measure(int threads, Choice choice)
    {
        _nowMs += CallsPerThread;
        double[] ns = new double[threads];
        using Barrier start = new(threads);
        Thread[] running = new Thread[threads];
        for (int i = 0; i < threads; i++)
        {
            int thread = i;
            running[i] = new Thread(() => ns[thread] = Verify(thread, threads, choice, start));
            running[i].Start();
        }

        foreach (Thread thread in running)
        {
            thread.Join();
        }

        return ns.Average();
    }

    private double Verify(int thread, int threads, Choice choice, Barrier start)
    {
        using Participant participant = _engine.State.Reclaimer.Register();
        Verifier verifier = new(_engine.State);
        VerifyResult result = new();
        Random random = new(thread);
        start.SignalAndWait();
        participant.Enter();
        long begin = ThreadClock.Nanoseconds();
        for (int i = 0; i < CallsPerThread; i++)
        {
            int key = choice(thread, threads, random.Next(Keys));
            Validate.That(Verify(verifier, result, in _digests[key], _nowMs + (i / CallsPerMs)) == VerifyOutcome.Valid);
            participant.Quiescent();
        }

        return (ThreadClock.Nanoseconds() - begin) / (double)CallsPerThread;
    }

    private VerifyOutcome Verify(Verifier verifier, VerifyResult result, in KeyDigest digest, long nowMs)
    {
        if (!_engine.State.Keys.TryFind(_engine.RootDigest, out KeyRecord caller))
        {
            return VerifyOutcome.Forbidden;
        }

        VerifyInput input = new() { Caller = caller, Key = digest, Permissions = _query, Cost = -1, NowMs = nowMs };
        return verifier.Verify(in input, result);
    }
}
