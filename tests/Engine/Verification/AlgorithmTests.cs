using System;
using System.Text;
using Unkey.Engine.Keys;
using Unkey.Engine.Limits;
using Unkey.Engine.Namespaces;
using Xunit;

namespace Unkey.Engine.Tests.Verification;

/// <summary>Where the sliding window is in effect: every limit of a verification when the server says so, and a namespace that has its own.</summary>
public sealed class AlgorithmTests : IDisposable
{
    private const long Minute = 60_000;

    /// <summary>The start of a window of a minute.</summary>
    private const long Edge = 1_790_000_040_000;

    private readonly VerifyHarness _engine = new(LimitAlgorithm.SlidingWindow);
    private readonly RatelimitDecider _decider;
    private readonly RatelimitResult _result = new();
    private readonly RatelimitRequest[] _check = new RatelimitRequest[1];
    private readonly byte[] _texts = new byte[64];

    public AlgorithmTests() => _decider = new RatelimitDecider(_engine.State);

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void LimitsOfKeysAndIdentitiesAndOfTheRequestCountByTheServersAlgorithm()
    {
        _engine.PutIdentity("id_1", _engine.Limit("id_1", "identity", 20, Minute));
        _engine.PutKey("k", identityId: "id_1", limits: _engine.Limit("key_k", "key", 10, Minute));
        Asked adHoc = new("adhoc", 1, 30, Minute);
        _engine.NowMs = Edge + 15_000;
        for (int i = 1; i <= 8; i++)
        {
            Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k", "", -1, adHoc));
            Assert.Equal((10L - i, 20L - i, 30L - i), Remaining());
            foreach (EvaluatedLimit limit in _engine.Result.Limits)
            {
                Assert.Equal(Edge + Minute, limit.ResetMs);
            }
        }

        // A token bucket would have six tokens more by now; the window before counts with three quarters.
        _engine.NowMs = Edge + Minute + 15_000;
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k", "", -1, adHoc));
        Assert.Equal((3L, 13L, 23L), Remaining());
    }

    [Fact]
    public void ANamespaceCountsByItsOwnAlgorithm()
    {
        Put(LimitAlgorithm.SlidingWindow);
        _engine.NowMs = Edge + 15_000;
        Assert.Equal((true, 9L, Edge + Minute), Limit("emails"));

        // The other algorithm has a bucket of its own, and the first one is found again where it was.
        Put(LimitAlgorithm.TokenBucket);
        Assert.Equal((true, 9L, _engine.NowMs + 6_000), Limit("emails"));
        Assert.Equal((true, 8L, _engine.NowMs + 12_000), Limit("rlns_1"));
        Put(LimitAlgorithm.SlidingWindow);
        Assert.Equal((true, 8L, Edge + Minute), Limit("rlns_1"));
    }

    [Fact]
    public void DecidingAllocatesNothing()
    {
        Put(LimitAlgorithm.SlidingWindow);
        _engine.PutIdentity("id_1", _engine.Limit("id_1", "hour", 1_000_000, 60 * Minute));
        _engine.PutKey("k", identityId: "id_1", limits: _engine.Limit("key_k", "minute", 7, Minute));
        _engine.State.Keys.TryFind(KeyDigest.Of("root"u8), out KeyRecord caller);
        KeyDigest key = KeyDigest.Of("k"u8);
        Run(1_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(10_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Run(int calls)
        {
            for (int i = 0; i < calls; i++)
            {
                _engine.NowMs += 997;
                VerifyInput input = new() { Caller = caller, Key = key, Cost = -1, CallerIp = "10.0.0.1"u8, NowMs = _engine.NowMs };
                _engine.Verifier.Verify(in input, _engine.Result);
                Limit("emails");
            }
        }
    }

    private (bool Passed, long Remaining, long ResetMs) Limit(string space)
    {
        int length = Encoding.UTF8.GetBytes(space, _texts);
        _texts[^1] = (byte)'u';
        _check[0] = new RatelimitRequest(0, length, _texts.Length - 1, 1, 10, Minute, 1);
        _engine.State.Keys.TryFind(KeyDigest.Of("limiter"u8), out KeyRecord caller);
        var input = new RatelimitInput { Caller = caller, Checks = _check, Texts = _texts, NowMs = _engine.NowMs };
        Assert.True(_decider.Decide(in input, isBatch: false, _result) == RatelimitOutcome.Decided);
        ref readonly BucketTake check = ref _result.Check(0);
        return (check.Passed, check.Remaining, check.ResetMs);
    }

    private void Put(LimitAlgorithm algorithm)
    {
        _engine.PutRootKey("limiter", _engine.Workspace, "ratelimit.*.limit");
        lock (_engine.State.WriterLock)
        {
            _engine.State.Namespaces.Put(new RatelimitNamespace(_engine.Workspace.Index, "rlns_1", "emails", deleted: false, algorithm, new OverrideSet()));
        }
    }

    private (long Key, long Identity, long AdHoc) Remaining()
    {
        long adHoc = -1;
        foreach (EvaluatedLimit limit in _engine.Result.Limits)
        {
            adHoc = limit.Configured.IsNull ? limit.Remaining : adHoc;
        }

        return (_engine.Evaluated("key").Remaining, _engine.Evaluated("identity").Remaining, adHoc);
    }
}
