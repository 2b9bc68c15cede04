using System;
using System.Text;
using Unkey.Engine.Keys;
using Xunit;

namespace Unkey.Engine.Tests.Verification;

/// <summary>Verification without a caller, as v1 has it: the key itself says where it belongs.</summary>
public sealed class VerifierAnonymousTests : IDisposable
{
    private readonly VerifyHarness _engine = new();

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void AKeyOfAnyWorkspaceIsSeen()
    {
        _engine.PutKey("mine");
        _engine.PutKey("theirs", workspace: _engine.Other);
        Assert.Equal(VerifyOutcome.Valid, Verify("mine"));
        Assert.Equal(VerifyOutcome.Valid, Verify("theirs"));
        Assert.Equal(VerifyOutcome.NotFound, _engine.Verify("theirs"));
    }

    [Fact]
    public void UnknownKeysRootKeysAndKeysOfADeletedApiAreNotFound()
    {
        _engine.PutKey("k");
        Assert.Equal(VerifyOutcome.NotFound, Verify("unknown"));
        Assert.Equal(VerifyOutcome.NotFound, Verify("root"));
        _engine.PutApi(deleted: true);
        Assert.Equal(VerifyOutcome.NotFound, Verify("k"));
    }

    [Fact]
    public void TheOrderIsWorkspaceDisabledApiExpiryAddress()
    {
        _engine.PutApi(false, "10.9.9.9");
        _engine.PutWorkspace(enabled: false);
        _engine.PutKey("k", enabled: false, expiresAtMs: _engine.NowMs - 1);
        Assert.Equal(VerifyOutcome.WorkspaceDisabled, Verify("k", apiId: "api_2"));
        _engine.PutWorkspace(enabled: true);
        Assert.Equal(VerifyOutcome.Disabled, Verify("k", apiId: "api_2"));
        _engine.PutKey("k", expiresAtMs: _engine.NowMs - 1);
        Assert.Equal(VerifyOutcome.Forbidden, Verify("k", apiId: "api_2"));
        Assert.Equal(VerifyOutcome.Expired, Verify("k", apiId: VerifyHarness.ApiId));
        _engine.PutKey("k");
        Assert.Equal(VerifyOutcome.Forbidden, Verify("k", apiId: VerifyHarness.ApiId));
        _engine.PutApi();
        Assert.Equal(VerifyOutcome.Valid, Verify("k", apiId: VerifyHarness.ApiId));
    }

    [Fact]
    public void AWorkspaceWithALimitOfCallsIsDecidedOnlyWhenTheCallIsCounted()
    {
        _engine.PutKey("k", credits: 5);
        lock (_engine.State.WriterLock)
        {
            _engine.State.Workspaces.Upsert("ws_1", enabled: true, apiLimit: 1);
        }

        Assert.Equal(VerifyOutcome.NotCounted, Verify("k"));
        Assert.Equal((5L, _engine.Workspace.Index), (_engine.Result.Credits, _engine.Result.Record.WorkspaceIndex));
        Assert.Equal(VerifyOutcome.Valid, Verify("k", VerifyAccess.AnonymousCounted));
        Assert.Equal(4, _engine.Result.Credits);

        // The limit of a caller's workspace is counted before the verification.
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k"));
    }

    [Fact]
    public void OnlyLimitsThatApplyByThemselvesTakeTheCostOfTheRequest()
    {
        _engine.PutKey(
            "k",
            limits: [_engine.Limit("key_k", "default", 10, 60_000), _engine.Limit("key_k", "named", 10, 60_000, autoApply: false)]);
        Assert.Equal(VerifyOutcome.Valid, Verify("k", appliedCost: 4, asked: "named"));
        Assert.Equal((6L, false), _engine.Evaluated("default"));
        Assert.Equal((9L, false), _engine.Evaluated("named"));
        Assert.Equal(VerifyOutcome.Valid, Verify("k", appliedCost: 0));
        Assert.Equal((6L, false), _engine.Evaluated("default"));
        Assert.Equal(VerifyOutcome.RateLimited, Verify("k", appliedCost: 7));
        Assert.Equal(VerifyOutcome.Valid, Verify("k"));
        Assert.Equal((5L, false), _engine.Evaluated("default"));
    }

    private VerifyOutcome Verify(
        string secret, VerifyAccess access = VerifyAccess.Anonymous, string apiId = "", long? appliedCost = null, string asked = "")
    {
        VerifyInput input = new()
        {
            Access = access,
            Key = KeyDigest.Of(Encoding.UTF8.GetBytes(secret)),
            ApiId = Encoding.UTF8.GetBytes(apiId),
            Cost = -1,
            AppliedCost = appliedCost,
            Limits = asked.Length == 0 ? [] : new LimitRequest[] { new(0, asked.Length, -1, -1, -1) },
            LimitNames = Encoding.UTF8.GetBytes(asked),
            CallerIp = "10.0.0.1"u8,
            NowMs = _engine.NowMs,
        };
        return _engine.Verifier.Verify(in input, _engine.Result);
    }
}
