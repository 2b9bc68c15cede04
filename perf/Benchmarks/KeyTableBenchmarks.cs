using System;
using BenchmarkDotNet.Attributes;
using Unkey.Engine.Keys;

namespace Unkey.Perf;

/// <summary>Lookups of random keys: cache misses, not instructions, are what they cost.</summary>
public class KeyTableBenchmarks
{
    private const int QueriesMask = (1 << 20) - 1;

    private readonly KeyDigest[] _hits = new KeyDigest[QueriesMask + 1];
    private readonly KeyDigest[] _misses = new KeyDigest[QueriesMask + 1];
    private SampleEngine _engine = null!;
    private int _next;

    [Params(1_000_000, 10_000_000)]
    public int Keys { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _engine = new SampleEngine(Keys);
        Random random = new(1);
        for (int i = 0; i < _hits.Length; i++)
        {
            _hits[i] = KeyDigest.Of(SampleEngine.SecretOf(random.Next(Keys)));
            _misses[i] = KeyDigest.Of(SampleEngine.SecretOf(Keys + i));
        }

        Validate.That(_engine.State.Keys.Count == Keys + 1);
        Validate.That(FindRandomKey() && !MissRandomKey());
    }

    [GlobalCleanup]
    public void Cleanup() => _engine.Dispose();

    /// <summary>Finds the record and reads its first and last cache line, as an answer does.</summary>
    [Benchmark]
    public bool FindRandomKey()
    {
        return _engine.State.Keys.TryFind(in _hits[_next++ & QueriesMask], out KeyRecord record) && record.Fragment[^1] == (byte)']';
    }

    [Benchmark]
    public bool MissRandomKey() => _engine.State.Keys.TryFind(in _misses[_next++ & QueriesMask], out _);
}
