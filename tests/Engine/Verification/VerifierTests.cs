using System;
using System.Threading;
using Unkey.Engine.Keys;
using Unkey.Engine.Memory;
using Xunit;

namespace Unkey.Engine.Tests.Verification;

/// <summary>Everything but limits: who is found, credits, addresses, permissions.</summary>
public sealed class VerifierTests : IDisposable
{
    private readonly VerifyHarness _engine = new();

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void PlainKeyIsValid()
    {
        _engine.PutKey("k");
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k"));
        Assert.True(_engine.Result.Record.KeyId.SequenceEqual("key_k"u8));
        Assert.False(_engine.Result.HasCredits);
        Assert.True(_engine.Result.Limits.IsEmpty);
    }

    [Fact]
    public void AKeyWhoseChecksumDoesNotFitIsNotLookedUp()
    {
        const string Broken = "k_uk1_123456";
        _engine.PutKey(Broken);
        Assert.Equal(VerifyOutcome.NotFound, _engine.Verify(Broken));
        Assert.True(_engine.Result.Record.IsNull);
    }

    [Fact]
    public void KeyIsValidInItsLastMillisecondAndExpiredAfterIt()
    {
        _engine.PutKey("k", expiresAtMs: _engine.NowMs + 3_000);
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k"));
        _engine.NowMs += 3_000;
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k"));
        _engine.NowMs += 1;
        Assert.Equal(VerifyOutcome.Expired, _engine.Verify("k"));
    }

    [Fact]
    public void DisabledBeatsExpired()
    {
        _engine.PutKey("k", enabled: false, expiresAtMs: _engine.NowMs - 1);
        Assert.Equal(VerifyOutcome.Disabled, _engine.Verify("k"));
        Assert.False(_engine.Result.Record.IsNull);
    }

    [Fact]
    public void UnknownDeletedForeignAndRootKeysAreNotFoundAlike()
    {
        Assert.Equal(VerifyOutcome.NotFound, _engine.Verify("unknown"));
        _engine.PutKey("deleted");
        _engine.RemoveKey("deleted");
        Assert.Equal(VerifyOutcome.NotFound, _engine.Verify("deleted"));
        _engine.PutKey("foreign", workspace: _engine.Other);
        Assert.Equal(VerifyOutcome.NotFound, _engine.Verify("foreign"));
        Assert.Equal(VerifyOutcome.NotFound, _engine.Verify("root"));
        _engine.PutRootKey("operator", _engine.Other, "api.*.verify_key");
        _engine.Caller = "operator";
        Assert.Equal(VerifyOutcome.NotFound, _engine.Verify("root"));
        Assert.True(_engine.Result.Record.IsNull);
    }

    [Fact]
    public void KeyOfADeletedApiIsNotFound()
    {
        _engine.PutKey("k");
        _engine.PutApi(deleted: true);
        Assert.Equal(VerifyOutcome.NotFound, _engine.Verify("k"));
    }

    [Theory]
    [InlineData(true, "api.*.verify_key")]
    [InlineData(true, "api.api_1.verify_key")]
    [InlineData(true, "api.api_2.verify_key", "api.api_1.verify_key")]
    [InlineData(true, "unkey:v1:ws_1:keyspaces/ks_1/keys/key_k#verify_key")]
    [InlineData(true, "unkey:v1:ws_1:keyspaces/*/keys/*#verify_key")]
    [InlineData(true, "x", "unkey:v1:ws_2:**#*", "unkey:v1:ws_1:keyspaces/ks_1/**#verify_key")]
    [InlineData(true, "unkey:v1:ws_1:**#*")]
    [InlineData(false)]
    [InlineData(false, "api.api_2.verify_key")]
    [InlineData(false, "api.*.read_key", "api.api_1.create_key")]
    [InlineData(false, "api.*.*", "*.*.*", "*", "api.verify_key", "api..verify_key")]
    [InlineData(false, "api.ks_1.verify_key")]
    [InlineData(false, "unkey:v1:ws_1:keyspaces/ks_1#verify_key")]
    [InlineData(false, "unkey:v1:ws_1:keyspaces/api_1/keys/key_k#verify_key")]
    [InlineData(false, "unkey:v1:ws_1:keyspaces/ks_1/keys/key_x#verify_key")]
    [InlineData(false, "unkey:v1:ws_1:keyspaces/ks_1/keys/key_k#read_key")]
    [InlineData(false, "unkey:v1:ws_2:**#*")]
    [InlineData(false, "unkey:v1:ws_1:keyspaces/*#*")]
    public void RootKeyWithoutTheRightSeesNoKey(bool isAllowed, params string[] permissions)
    {
        _engine.PutKey("k");
        _engine.PutRootKey("caller", _engine.Workspace, permissions);
        _engine.Caller = "caller";
        Assert.Equal(isAllowed ? VerifyOutcome.Valid : VerifyOutcome.NotFound, _engine.Verify("k"));
    }

    [Fact]
    public void OrdinaryKeyWithTheSamePermissionsSeesNothing()
    {
        _engine.PutKey("k");
        _engine.PutKey("customer", permissions: ["api.*.verify_key"]);
        _engine.Caller = "customer";
        Assert.Equal(VerifyOutcome.NotFound, _engine.Verify("k"));
    }

    [Theory]
    [InlineData(5, -1, VerifyOutcome.Valid, 4, 1)]
    [InlineData(0, -1, VerifyOutcome.UsageExceeded, 0, 0)]
    [InlineData(5, 5, VerifyOutcome.Valid, 0, 5)]
    [InlineData(5, 15, VerifyOutcome.UsageExceeded, 5, 0)]
    [InlineData(0, 0, VerifyOutcome.Valid, 0, 0)]
    [InlineData(5, 1_000_000_000_000, VerifyOutcome.UsageExceeded, 5, 0)]
    public void CreditsAreTakenWhenTheyCoverTheCost(long balance, long cost, VerifyOutcome outcome, long after, long spent)
    {
        _engine.PutKey("k", credits: balance);
        Assert.Equal(outcome, _engine.Verify("k", cost: cost));
        Assert.Equal((true, after, spent), (_engine.Result.HasCredits, _engine.Result.Credits, _engine.Result.SpentCredits));
    }

    [Fact]
    public void TenCreditsLastForTenVerifications()
    {
        _engine.PutKey("k", credits: 10);
        for (int left = 9; left >= 0; left--)
        {
            Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k"));
            Assert.Equal(left, _engine.Result.Credits);
        }

        Assert.Equal(VerifyOutcome.UsageExceeded, _engine.Verify("k"));
    }

    [Fact]
    public void BalanceThatWasSetCountsAtOnceAndOtherUpdatesKeepIt()
    {
        _engine.PutKey("k", credits: 10);
        _engine.Verify("k");
        _engine.PutKey("k", credits: 10, setsCredits: false, permissions: ["a"]);
        _engine.Verify("k");
        Assert.Equal(8, _engine.Result.Credits);
        _engine.PutKey("k", credits: 50);
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k"));
        Assert.Equal(49, _engine.Result.Credits);
    }

    [Fact]
    public void CostOfAnUnlimitedKeyIsIgnored()
    {
        _engine.PutKey("k");
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k", cost: 1_000_000));
        Assert.Equal((false, 0L), (_engine.Result.HasCredits, _engine.Result.SpentCredits));
    }

    [Fact]
    public void ConcurrentVerificationsSpendEveryCreditOnce()
    {
        const int Threads = 10;
        _engine.PutKey("k", credits: 2_503);
        int valid = 0;
        using Barrier barrier = new(Threads);
        Thread[] threads = new Thread[Threads];
        for (int i = 0; i < Threads; i++)
        {
            threads[i] = new Thread(() =>
            {
                using Participant participant = _engine.State.Reclaimer.Register();
                participant.Enter();
                VerifyResult result = new();
                _engine.State.Keys.TryFind(KeyDigest.Of("root"u8), out KeyRecord caller);
                VerifyInput input = new() { Caller = caller, Key = KeyDigest.Of("k"u8), Cost = 5, NowMs = _engine.NowMs };
                barrier.SignalAndWait();
                for (int n = 0; n < 200; n++)
                {
                    Interlocked.Add(ref valid, _engine.Verifier.Verify(input, result) == VerifyOutcome.Valid ? 1 : 0);
                }
            });
            threads[i].Start();
        }

        foreach (Thread thread in threads)
        {
            Assert.True(thread.Join(TimeSpan.FromMinutes(1)));
        }

        Assert.Equal(500, valid);
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k", cost: 3));
        Assert.Equal(0, _engine.Result.Credits);
    }

    [Theory]
    [InlineData("192.168.1.1", VerifyOutcome.Forbidden)]
    [InlineData("123.123.123.123", VerifyOutcome.Valid)]
    [InlineData("123.123.123.12", VerifyOutcome.Forbidden)]
    [InlineData("", VerifyOutcome.Forbidden)]
    public void AddressHasToBeOnTheList(string address, VerifyOutcome outcome)
    {
        _engine.PutApi(false, "10.1.1.1", "123.123.123.123");
        _engine.PutKey("k");
        _engine.Ip = address;
        Assert.Equal(outcome, _engine.Verify("k"));
    }

    [Theory]
    [InlineData("api.read", VerifyOutcome.Valid)]
    [InlineData("api.read AND api.write", VerifyOutcome.Valid)]
    [InlineData("api.read AND api.delete", VerifyOutcome.InsufficientPermissions)]
    [InlineData("api.delete", VerifyOutcome.InsufficientPermissions)]
    [InlineData("api.* OR api.edit", VerifyOutcome.InsufficientPermissions)]
    [InlineData("docs.* OR api.edit", VerifyOutcome.Valid)]
    [InlineData("docs.read", VerifyOutcome.InsufficientPermissions)]
    [InlineData("unkey:v1:ws_1:keyspaces/ks_1", VerifyOutcome.InsufficientPermissions)]
    public void QueryIsHeldAgainstTheSlugsOfTheKey(string query, VerifyOutcome outcome)
    {
        _engine.PutKey("k", permissions: ["api.read", "api.write", "docs.*", "unkey:v1:ws_1:**#*"]);
        Assert.Equal(outcome, _engine.Verify("k", query));
    }

    [Fact]
    public void AQueryThatIsKeptIsHeldAgainstEachKeyAnewAndGivesWayToOthersOfItsLength()
    {
        _engine.PutKey("reader", permissions: ["read"]);
        _engine.PutKey("writer", permissions: ["post", "read"]);
        (string Query, string Key, VerifyOutcome Expected)[] asked =
        [
            ("read AND post", "reader", VerifyOutcome.InsufficientPermissions),
            ("read AND post", "writer", VerifyOutcome.Valid),
            ("read  OR post", "reader", VerifyOutcome.Valid),
            ("read AND (post)", "reader", VerifyOutcome.InsufficientPermissions),
            ("read AND posts", "writer", VerifyOutcome.InsufficientPermissions),
            ("read AND post", "writer", VerifyOutcome.Valid),
            ("read AND post(", "writer", VerifyOutcome.BadQuery),
            ("read AND post", "reader", VerifyOutcome.InsufficientPermissions),
        ];
        foreach ((string query, string key, VerifyOutcome expected) in asked)
        {
            Assert.Equal(expected, _engine.Verify(key, query));
            Assert.Equal(expected, _engine.Verify(key, query));
        }

        _engine.PutKey("reader", permissions: ["read", "post"]);
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("reader", "read AND post"));
    }

    [Fact]
    public void DeletedIdentityIsAsIfAbsent()
    {
        _engine.PutIdentity("id_1", _engine.Limit("id_1", "requests", 1, 60_000));
        _engine.PutKey("k", identityId: "id_1");
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k"));
        Assert.True(_engine.Result.Identity.Id.SequenceEqual("id_1"u8));
        Assert.Equal(VerifyOutcome.RateLimited, _engine.Verify("k"));

        _engine.RemoveIdentity("id_1");
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k"));
        Assert.True(_engine.Result.Identity.IsNull);
        Assert.True(_engine.Result.Limits.IsEmpty);
    }
}
