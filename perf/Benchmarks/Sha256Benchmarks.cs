using System.Security.Cryptography;
using System.Text;
using BenchmarkDotNet.Attributes;
using Unkey.Engine.Keys;

namespace Unkey.Perf;

/// <summary>The digest of one key of 22 bytes.</summary>
public class Sha256Benchmarks
{
    private readonly byte[] _key = Encoding.UTF8.GetBytes(SampleRequests.Key);
    private readonly byte[] _digest = new byte[32];

    [GlobalSetup]
    public void Setup() => Validate.That(Direct() == KeyDigest.FromBytes(SHA256.HashData(_key)));

    [Benchmark]
    public KeyDigest Direct() => KeyDigest.Of(_key);

    [Benchmark(Baseline = true)]
    public byte Framework()
    {
        SHA256.HashData(_key, _digest);
        return _digest[0];
    }
}
