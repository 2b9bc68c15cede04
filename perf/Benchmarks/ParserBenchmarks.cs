using System;
using System.Buffers;
using BenchmarkDotNet.Attributes;
using Unkey.Protocol;

namespace Unkey.Perf;

/// <summary>Request heads: the one that is measured from outside, a large one, and one that came in two reads.</summary>
public class ParserBenchmarks
{
    private readonly HttpParser _parser = new(new HttpLimits());
    private ReadOnlySequence<byte> _verify;
    private ReadOnlySequence<byte> _large;
    private ReadOnlySequence<byte> _split;

    [GlobalSetup]
    public void Setup()
    {
        _verify = new ReadOnlySequence<byte>(SampleRequests.Verify);
        _large = new ReadOnlySequence<byte>(SampleRequests.LargeHead);
        _split = TwoSegments.Of(SampleRequests.Verify, SampleRequests.VerifyHead.Length / 2);
        Validate.That(VerifyHead() == SampleRequests.VerifyHead.Length);
        Validate.That(_parser.Head.Path.SequenceEqual("/v2/keys.verifyKey"u8));
        Validate.That(_parser.Head.ContentLength == SampleRequests.VerifyBody.Length);
        Validate.That(VerifyHeadInTwoSegments() == SampleRequests.VerifyHead.Length);
        Validate.That(LargeHead() == SampleRequests.LargeHead.Length);
    }

    [Benchmark]
    public int VerifyHead() => Parse(_verify);

    [Benchmark]
    public int LargeHead() => Parse(_large);

    [Benchmark]
    public int VerifyHeadInTwoSegments() => Parse(_split);

    private int Parse(in ReadOnlySequence<byte> input)
    {
        HeadScan scan = default;
        return _parser.ParseHead(input, ref scan, out _) == ParseStatus.Done ? _parser.Head.ByteCount : -1;
    }
}
