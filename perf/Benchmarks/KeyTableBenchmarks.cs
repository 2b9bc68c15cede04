using System;
using System.Globalization;
using System.Text;
using BenchmarkDotNet.Attributes;
using Unkey.Engine;
using Unkey.Engine.Keys;

namespace Unkey.Perf;

/// <summary>Lookups of random keys: cache misses, not instructions, are what they cost.</summary>
public class KeyTableBenchmarks
{
    private const int QueriesMask = (1 << 20) - 1;

    private readonly KeyDigest[] _hits = new KeyDigest[QueriesMask + 1];
    private readonly KeyDigest[] _misses = new KeyDigest[QueriesMask + 1];
    private EngineState _engine = null!;
    private int _next;

    [Params(1_000_000, 10_000_000)]
    public int Keys { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _engine = new EngineState(Keys);
        lock (_engine.WriterLock)
        {
            for (int i = 0; i < Keys; i++)
            {
                _engine.Keys.Upsert(SpecOf(i));
            }
        }

        Random random = new(1);
        for (int i = 0; i < _hits.Length; i++)
        {
            _hits[i] = DigestOf(random.Next(Keys));
            _misses[i] = DigestOf(Keys + i);
        }

        Validate.That(_engine.Keys.Count == Keys);
        Validate.That(FindRandomKey() && !MissRandomKey());
    }

    [GlobalCleanup]
    public void Cleanup() => _engine.Dispose();

    /// <summary>Finds the record and reads its first and last cache line, as an answer does.</summary>
    [Benchmark]
    public bool FindRandomKey()
    {
        return _engine.Keys.TryFind(in _hits[_next++ & QueriesMask], out KeyRecord record) && record.Fragment[^1] == (byte)']';
    }

    [Benchmark]
    public bool MissRandomKey() => _engine.Keys.TryFind(in _misses[_next++ & QueriesMask], out _);

    private static KeySpec SpecOf(int index)
    {
        string id = "key_" + index.ToString("D12", CultureInfo.InvariantCulture);
        return new KeySpec
        {
            Digest = DigestOf(index),
            KeyId = id,
            WorkspaceIndex = 0,
            ApiIndex = 0,
            Permissions = ["documents.read", "documents.write"],
            Fragment = Encoding.UTF8.GetBytes(
                $"\"keyId\":\"{id}\",\"enabled\":true,\"permissions\":[\"documents.read\",\"documents.write\"]"),
        };
    }

    private static KeyDigest DigestOf(int index)
    {
        Span<byte> bytes = stackalloc byte[32];
        ulong state = (ulong)index;
        for (int word = 0; word < 4; word++)
        {
            // SplitMix64: uniform like a real digest, and made again from the index.
            state += 0x9E3779B97F4A7C15;
            ulong mixed = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
            BitConverter.TryWriteBytes(bytes[(word * 8)..], mixed ^ (mixed >> 31));
        }

        return KeyDigest.FromBytes(bytes);
    }
}
