using System;
using System.Buffers.Binary;
using BenchmarkDotNet.Attributes;
using Unkey.Engine;
using Unkey.Engine.Limits;

namespace Unkey.Perf;

/// <summary>Tokens taken from one bucket that stays in the cache, from one of a million, and from two at once.</summary>
public class BucketBenchmarks
{
    private const int BucketsMask = (1 << 20) - 1;
    private const long StartMs = 1_800_000_000_000;

    private readonly BucketTable _table = new(1 << 22);
    private readonly UInt128[] _keys = new UInt128[BucketsMask + 1];
    private readonly BucketTake[] _two = new BucketTake[2];
    private int _next;

    [GlobalSetup]
    public void Setup()
    {
        KeyedHash hash = KeyedHash.CreateRandom();
        Span<byte> identifier = stackalloc byte[4];
        for (int i = 0; i < _keys.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(identifier, i);
            _keys[i] = BucketKey.OfKeyLimit(hash, LimitAlgorithm.TokenBucket, identifier, "requests"u8, 60_000);
            Validate.That(Take(_keys[i]));
        }

        Validate.That(_table.CountActive(StartMs) == _keys.Length);
        Validate.That(OneBucket() && RandomBucket() && TwoBuckets());
    }

    [GlobalCleanup]
    public void Cleanup() => _table.Dispose();

    [Benchmark]
    public bool OneBucket() => Take(_keys[0]);

    [Benchmark]
    public bool RandomBucket() => Take(_keys[((_next++ * 0x9E3779B1L) >> 7) & BucketsMask]);

    [Benchmark]
    public bool TwoBuckets()
    {
        _two[0] = RequestOf(_keys[1]);
        _two[1] = RequestOf(_keys[2]);
        return _table.TakeAll(_two, StartMs);
    }

    private bool Take(UInt128 key)
    {
        BucketTake take = RequestOf(key);
        return _table.Take(ref take, StartMs);
    }

    /// <summary>A limit so high that no benchmark exhausts it within the one instant in which all of them happen.</summary>
    private static BucketTake RequestOf(UInt128 key) => new() { Key = key, Limit = 10_000_000_000, DurationMs = 60_000, Cost = 1 };
}
