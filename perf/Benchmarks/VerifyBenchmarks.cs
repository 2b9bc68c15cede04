using System;
using System.Text;
using BenchmarkDotNet.Attributes;
using Unkey.Engine;
using Unkey.Engine.Keys;
using Unkey.Protocol;

namespace Unkey.Perf;

/// <summary>What a verification costs above the HTTP head: body, digest, decision, answer; random keys, each with an auto-applied limit.</summary>
public class VerifyBenchmarks
{
    private const int SecretsMask = (1 << 18) - 1;
    private const long NowMs = 1_800_000_000_000;

    private readonly byte[][] _bodies = new byte[SecretsMask + 1][];
    private readonly KeyDigest[] _digests = new KeyDigest[SecretsMask + 1];
    private readonly byte[] _query = Encoding.ASCII.GetBytes(SampleRequests.Query);
    private readonly byte[] _answer = new byte[4096];
    private readonly VerifyKeyRequestReader _reader = new();
    private readonly VerifyResult _result = new();
    private SampleEngine _engine = null!;
    private Verifier _verifier = null!;
    private int _next;

    [Params(100_000, 1_000_000)]
    public int Keys { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _engine = new SampleEngine(Keys);
        _verifier = new Verifier(_engine.State);
        Random random = new(1);
        for (int i = 0; i < _bodies.Length; i++)
        {
            byte[] secret = SampleEngine.SecretOf(random.Next(Keys));
            string body = Encoding.UTF8.GetString(SampleRequests.VerifyBody)
                .Replace(SampleRequests.Key, Encoding.ASCII.GetString(secret), StringComparison.Ordinal);
            _bodies[i] = Encoding.UTF8.GetBytes(body);
            _digests[i] = KeyDigest.Of(secret);
        }

        Validate.That(ReadBody() == 22);
        Validate.That(Verify() == VerifyOutcome.Valid && _result.Limits.Length == 1);
        Validate.That(_answer.AsSpan(0, ReadVerifyWrite()).IndexOf("\"valid\":true"u8) > 0);
    }

    [GlobalCleanup]
    public void Cleanup() => _engine.Dispose();

    [Benchmark]
    public int ReadBody() => _reader.TryRead(_bodies[_next++ & SecretsMask], out VerifyKeyRequest request) ? request.Key.Length : -1;

    [Benchmark]
    public VerifyOutcome Verify() => Verify(_digests[_next++ & SecretsMask], _query);

    /// <summary>Everything between the head of the request and the send.</summary>
    [Benchmark]
    public int ReadVerifyWrite()
    {
        if (!_reader.TryRead(_bodies[_next++ & SecretsMask], out VerifyKeyRequest request))
        {
            return -1;
        }

        VerifyOutcome outcome = Verify(KeyDigest.Of(request.Key), request.Permissions);
        ResponseWriter writer = new(_answer);
        writer.WriteHead(200, ResponseWriter.ApplicationJson, "Thu, 01 Jan 1970 00:00:00 GMT"u8, ConnectionOption.None);
        if (outcome == VerifyOutcome.Valid)
        {
            VerifyKeyJson.WriteStart(ref writer, "req_123456789"u8, VerifyKeyCode.Valid, _result.Record.Fragment);
            EvaluatedLimit limit = _result.Limits[0];
            VerifyKeyJson.WriteLimit(ref writer, limit.Configured.IdFragment, limit.Remaining, limit.ResetMs, limit.Exceeded, isFirst: true);
            VerifyKeyJson.EndLimits(ref writer);
            VerifyKeyJson.WriteEnd(ref writer);
        }

        writer.Complete();
        return writer.Written;
    }

    private VerifyOutcome Verify(in KeyDigest digest, ReadOnlySpan<byte> query)
    {
        // A connection remembers the root key it used last; the lookup here stands for that and is in the cache.
        if (!_engine.State.Keys.TryFind(_engine.RootDigest, out KeyRecord caller))
        {
            return VerifyOutcome.Forbidden;
        }

        VerifyInput input = new() { Caller = caller, Key = digest, Permissions = query, Cost = -1, NowMs = NowMs + (_next >> 4) };
        return _verifier.Verify(in input, _result);
    }
}
