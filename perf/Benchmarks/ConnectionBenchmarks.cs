using System;
using System.Text;
using BenchmarkDotNet.Attributes;

namespace Unkey.Perf;

/// <summary>A whole verification over a connection in memory: everything from recv to send but the kernel.</summary>
public class ConnectionBenchmarks
{
    /// <summary>Requests that one receive of the pipelined case brings.</summary>
    private const int Pipelined = 16;

    private const int RequestsMask = (1 << 16) - 1;

    private const int BatchesMask = ((RequestsMask + 1) / Pipelined) - 1;

    private readonly byte[][] _requests = new byte[RequestsMask + 1][];
    private readonly byte[][] _batches = new byte[BatchesMask + 1][];
    private SampleEngine _engine = null!;
    private MemoryReactor _reactor = null!;
    private int _next;

    [Params(100_000, 1_000_000)]
    public int Keys { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _engine = new SampleEngine(Keys);
        _reactor = new MemoryReactor(_engine);
        Random random = new(1);
        string request = Encoding.UTF8.GetString(SampleRequests.Verify);
        for (int i = 0; i < _requests.Length; i++)
        {
            string secret = Encoding.ASCII.GetString(SampleEngine.SecretOf(random.Next(Keys)));
            _requests[i] = Encoding.UTF8.GetBytes(request.Replace(SampleRequests.Key, secret, StringComparison.Ordinal));
        }

        for (int i = 0; i < _batches.Length; i++)
        {
            string[] texts = Array.ConvertAll(_requests[(i * Pipelined)..((i + 1) * Pipelined)], Encoding.UTF8.GetString);
            _batches[i] = Encoding.UTF8.GetBytes(string.Concat(texts));
        }

        Validate.That(One() > 300 && Count(_reactor.Sent, "\"valid\":true"u8) == 1);
        Validate.That(PipelinedBatch() > 300 * Pipelined && Count(_reactor.Sent, "\"valid\":true"u8) == Pipelined);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _reactor.Dispose();
        _engine.Dispose();
    }

    [Benchmark]
    public int One() => _reactor.Serve(_requests[_next++ & RequestsMask]);

    /// <summary>Sixteen requests in one receive, answered by one send.</summary>
    [Benchmark(OperationsPerInvoke = Pipelined)]
    public int PipelinedBatch() => _reactor.Serve(_batches[_next++ & BatchesMask]);

    private static int Count(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> word)
    {
        int count = 0;
        for (int at = bytes.IndexOf(word); at >= 0; at = bytes.IndexOf(word))
        {
            count++;
            bytes = bytes[(at + 1)..];
        }

        return count;
    }
}
