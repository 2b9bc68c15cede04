using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Text;
using System.Threading;
using HdrHistogram;
using Unkey.Engine;
using Unkey.Engine.Keys;
using Unkey.Engine.Memory;

namespace Unkey.Perf;

/// <summary>How long a lookup waits, and an insertion, while the key table grows from a hundred thousand keys to a number of them.</summary>
/// <remarks>
/// One thread looks keys up in turn in the table that grows and in one that rests: what the second shows is the machine (other processes, interrupts, collections), and
/// only the difference is the growth's. Another thread inserts, as fast as it can; its times are also given as CPU time of the thread, which other processes do not lengthen.
/// </remarks>
internal sealed class GrowthPauses : IDisposable
{
    private const int KeysBefore = 100_000;
    private const int LookupsPerTurn = 16;
    private const long NsMax = 60_000_000_000;

    private static readonly double s_nsPerTick = 1e9 / Stopwatch.Frequency;
    private static readonly byte[] s_fragment = Encoding.ASCII.GetBytes("\"keyId\":\"key_000000000000\",\"name\":\"a key\",\"enabled\":true");

    private readonly EngineState _growing = new();
    private readonly EngineState _resting = new();
    private readonly KeyDigest[] _digests = new KeyDigest[KeysBefore];
    private readonly LongHistogram _lookups = new(NsMax, 3);
    private readonly LongHistogram _lookupsAtRest = new(NsMax, 3);
    private readonly LongHistogram _inserts = new(NsMax, 3);
    private readonly LongHistogram _insertsCpu = new(NsMax, 3);
    private volatile bool _isDone;

    private GrowthPauses()
    {
        for (int i = 0; i < KeysBefore; i++)
        {
            KeySpec spec = SpecOf(i);
            _digests[i] = spec.Digest;
            Insert(_growing, spec);
            Insert(_resting, spec);
        }
    }

    public void Dispose()
    {
        _growing.Dispose();
        _resting.Dispose();
    }

    internal static int Run(TextWriter output, int keys)
    {
        using GrowthPauses pauses = new();
        int collections = GC.CollectionCount(0);
        long slots = pauses._growing.Keys.Capacity;
        Thread reader = new(pauses.LookUp);
        reader.Start();
        pauses.Grow(output, keys);
        pauses._isDone = true;
        reader.Join();
        output.WriteLine(
            $"{KeysBefore:#,0} to {keys:#,0} keys, {slots:#,0} to {pauses._growing.Keys.Capacity:#,0} slots, {GC.CollectionCount(0) - collections} collections of this process; ns");
        Report(output, "lookup, table that grows", pauses._lookups);
        Report(output, "lookup, table at rest", pauses._lookupsAtRest);
        Report(output, "insertion", pauses._inserts);
        Report(output, "insertion, CPU", pauses._insertsCpu);
        return 0;
    }

    private static void Insert(EngineState engine, KeySpec spec)
    {
        lock (engine.WriterLock)
        {
            engine.Keys.Upsert(spec);
        }
    }

    private static KeySpec SpecOf(int index)
    {
        Span<byte> secret = stackalloc byte[16];
        secret.Fill((byte)'k');
        index.TryFormat(secret, out _, "D12", CultureInfo.InvariantCulture);
        return new KeySpec
        {
            Digest = KeyDigest.Of(secret),
            KeyId = Encoding.ASCII.GetString(secret),
            WorkspaceIndex = 0,
            Fragment = s_fragment,
        };
    }

    private static void Record(LongHistogram histogram, long ns) => histogram.RecordValue(Math.Clamp(ns, 1, NsMax));

    private static void Report(TextWriter output, string name, LongHistogram histogram)
    {
        string At(double percentile) => histogram.GetValueAtPercentile(percentile).ToString("#,0", CultureInfo.InvariantCulture);
        output.WriteLine($"{name,-26} p50 {At(50)}  p99 {At(99)}  p99.9 {At(99.9)}  p99.99 {At(99.99)}  max {At(100)}  ({histogram.TotalCount:#,0})");
    }

    private void Grow(TextWriter output, int keys)
    {
        long slots = _growing.Keys.Capacity;
        for (int i = KeysBefore; i < keys; i++)
        {
            KeySpec spec = SpecOf(i);
            long start = Stopwatch.GetTimestamp();
            long startCpu = ThreadClock.Nanoseconds();
            Insert(_growing, spec);
            Record(_insertsCpu, ThreadClock.Nanoseconds() - startCpu);
            Record(_inserts, (long)((Stopwatch.GetTimestamp() - start) * s_nsPerTick));
            if (_growing.Keys.Capacity != slots)
            {
                slots = _growing.Keys.Capacity;
                output.WriteLine($"{slots:#,0} slots from {i + 1:#,0} keys on; longest insertion until then {_insertsCpu.GetMaxValue():#,0} ns of CPU");
            }
        }
    }

    private void LookUp()
    {
        using Participant inGrowing = _growing.Reclaimer.Register();
        using Participant inResting = _resting.Reclaimer.Register();
        inGrowing.Enter();
        inResting.Enter();
        Random random = new(1);
        while (!_isDone)
        {
            for (int i = 0; i < LookupsPerTurn; i++)
            {
                ref readonly KeyDigest digest = ref _digests[random.Next(KeysBefore)];
                LookUp(_growing, in digest, _lookups);
                LookUp(_resting, in digest, _lookupsAtRest);
            }

            inGrowing.Quiescent();
            inResting.Quiescent();
        }
    }

    private static void LookUp(EngineState engine, in KeyDigest digest, LongHistogram histogram)
    {
        long start = Stopwatch.GetTimestamp();
        bool isFound = engine.Keys.TryFind(in digest, out _);
        Record(histogram, (long)((Stopwatch.GetTimestamp() - start) * s_nsPerTick));
        Validate.That(isFound);
    }
}
