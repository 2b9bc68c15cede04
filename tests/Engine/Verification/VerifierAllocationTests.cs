using System;
using System.Text;
using Unkey.Engine.Keys;
using Unkey.Engine.Limits;
using Unkey.Engine.Permissions;
using Xunit;

namespace Unkey.Engine.Tests.Verification;

/// <summary>Ten thousand calls of everything that runs once a request move this thread's allocation counter by nothing.</summary>
public sealed class VerifierAllocationTests : IDisposable
{
    private readonly VerifyHarness _engine = new();

    public void Dispose() => _engine.Dispose();

    [Theory]
    [InlineData("plain", "", VerifyOutcome.Valid)]
    [InlineData("limited", "a AND (b OR c)", VerifyOutcome.RateLimited)]
    [InlineData("wide", "a AND (b OR c)", VerifyOutcome.Valid)]
    [InlineData("wide", "a AND (b OR", VerifyOutcome.BadQuery)]
    [InlineData("poor", "", VerifyOutcome.UsageExceeded)]
    [InlineData("nobody", "", VerifyOutcome.NotFound)]
    public void VerificationAllocatesNothing(string secret, string permissions, VerifyOutcome last)
    {
        _engine.PutRootKey("by urn", _engine.Workspace, "a", "unkey:v1:ws_1:keyspaces/*/keys/*#verify_key");
        _engine.PutIdentity("id_1", _engine.Limit("id_1", "hour", 1_000_000, 3_600_000));
        _engine.PutKey("plain");
        _engine.PutKey("poor", credits: 0);
        _engine.PutKey("limited", permissions: ["a", "c"], credits: 1_000_000, identityId: "id_1", limits: _engine.Limit("key_limited", "minute", 7, 60_000));
        _engine.PutKey("wide", permissions: ["a", "c"], credits: 1_000_000, identityId: "id_1", limits: _engine.Limit("key_wide", "minute", 999_983, 60_000));
        byte[] query = Encoding.UTF8.GetBytes(permissions);
        byte[] names = Encoding.UTF8.GetBytes("minuteadhoc");
        LimitRequest[] requests = secret == "wide" ? [new(0, 6, 1, -1, -1), new(6, 5, 1, 999_979, 60_000)] : [];
        _engine.State.Keys.TryFind(KeyDigest.Of("by urn"u8), out KeyRecord caller);
        KeyDigest key = KeyDigest.Of(Encoding.UTF8.GetBytes(secret));
        VerifyOutcome outcome = default;

        void Run(int calls)
        {
            VerifyInput input = new()
            {
                Caller = caller,
                Key = key,
                Permissions = query,
                Cost = -1,
                Limits = requests,
                LimitNames = names,
                CallerIp = "10.0.0.1"u8,
                NowMs = _engine.NowMs,
            };
            for (int i = 0; i < calls; i++)
            {
                outcome = _engine.Verifier.Verify(in input, _engine.Result);
            }
        }

        AssertAllocatesNothing(Run);
        Assert.Equal(last, outcome);
    }

    [Fact]
    public void AnonymousVerificationAllocatesNothing()
    {
        _engine.PutIdentity("id_1", _engine.Limit("id_1", "hour", 1_000_000, 3_600_000));
        _engine.PutKey("k", permissions: ["a", "b c"], credits: 1_000_000, identityId: "id_1");
        byte[] query = [(byte)'(', 0xFF, (byte)'a', 0xFF, .. "AND"u8, 0xFF, .. "b c"u8, 0xFF, (byte)')'];
        KeyDigest key = KeyDigest.Of("k"u8);
        VerifyOutcome outcome = default;
        AssertAllocatesNothing(calls =>
        {
            VerifyInput input = new()
            {
                Access = VerifyAccess.Anonymous,
                Key = key,
                ApiId = "api_1"u8,
                Permissions = query,
                Cost = 1,
                AppliedCost = 2,
                NowMs = _engine.NowMs,
            };
            for (int i = 0; i < calls; i++)
            {
                outcome = _engine.Verifier.Verify(in input, _engine.Result);
            }
        });
        Assert.Equal(VerifyOutcome.Valid, outcome);
    }

    [Theory]
    [InlineData(LimitAlgorithm.TokenBucket, 1)]
    [InlineData(LimitAlgorithm.SlidingWindow, 1)]
    [InlineData(LimitAlgorithm.SlidingWindow, 700)]
    public void TakingTokensAllocatesNothing(LimitAlgorithm algorithm, long stepMs)
    {
        KeyedHash hash = KeyedHash.CreateRandom();
        BucketTake[] takes = new BucketTake[20];
        byte[] identifier = new byte[8];
        AssertAllocatesNothing(calls =>
        {
            for (int i = 0; i < calls; i++)
            {
                for (int n = 0; n < takes.Length; n++)
                {
                    identifier[0] = (byte)n;
                    LimitAlgorithm own = n % 3 == 0 ? LimitAlgorithm.TokenBucket : algorithm;
                    takes[n] = new BucketTake
                    {
                        Key = BucketKey.OfNamespaceLimit(hash, own, "ns"u8, identifier, 60_000),
                        Algorithm = own,
                        Limit = 100_003,
                        DurationMs = 60_000,
                        Cost = 1,
                    };
                }

                _engine.State.Buckets.TakeAll(takes, _engine.NowMs + (i * stepMs));
                _engine.State.Buckets.Take(ref takes[i % takes.Length], _engine.NowMs + (i * stepMs));
                // A new identifier every time: insertion, reuse and refusal.
                takes[0].Key = hash.Hash(BitConverter.IsLittleEndian ? "x"u8 : "y"u8) + (UInt128)i;
                _engine.State.Buckets.Take(ref takes[0], _engine.NowMs + (i * stepMs));
            }
        });
    }

    [Fact]
    public void MatchingGrantsAllocatesNothing() => AssertAllocatesNothing(static calls =>
    {
        for (int i = 0; i < calls; i++)
        {
            ResourceGrant.Covers("unkey:v1:ws_1:keyspaces/*/**#verify_key"u8, "unkey:v1:ws_1:keyspaces/ks_1/keys/key_1#verify_key"u8);
        }
    });

    private static void AssertAllocatesNothing(Action<int> run)
    {
        run(1_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        run(10_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
