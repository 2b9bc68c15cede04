using System;
using Unkey.Engine.Permissions;
using Xunit;

namespace Unkey.Engine.Tests.Verification;

/// <summary>Which check decides when several would fail, and what a refusal takes. One key that fails everything is repaired check by check.</summary>
public sealed class VerifierOrderTests : IDisposable
{
    private readonly VerifyHarness _engine = new();

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void FirstFailingCheckDecidesAndLaterOnesTakeNothing()
    {
        _engine.PutApi(deleted: true, "10.9.9.9");
        _engine.PutRootKey("weak", _engine.Workspace, "api.api_2.verify_key");
        _engine.Caller = "weak";
        _engine.PutWorkspace(enabled: false);
        Asked[] unknown = [new("unknown")];
        Put(enabled: false, expired: true, permissions: [], limit: 0, credits: 0);

        Assert.Equal(VerifyOutcome.NotFound, _engine.Verify("k", "@", -1, unknown));
        _engine.PutApi(deleted: false, "10.9.9.9");
        Assert.Equal(VerifyOutcome.NotFound, _engine.Verify("k", "@", -1, unknown));
        _engine.Caller = "root";
        Assert.Equal(VerifyOutcome.BadQuery, _engine.Verify("k", "@", -1, unknown));
        Assert.Equal(QueryErrorKind.InvalidCharacter, _engine.Result.QueryError.Kind);
        Assert.Equal(VerifyOutcome.WorkspaceDisabled, _engine.Verify("k", "a", -1, unknown));
        _engine.PutWorkspace(enabled: true);
        Assert.Equal(VerifyOutcome.Disabled, _engine.Verify("k", "a", -1, unknown));
        Put(enabled: true, expired: true, permissions: [], limit: 0, credits: 0);
        Assert.Equal(VerifyOutcome.Expired, _engine.Verify("k", "a", -1, unknown));
        Put(enabled: true, expired: false, permissions: [], limit: 0, credits: 0);
        Assert.Equal(VerifyOutcome.Forbidden, _engine.Verify("k", "a", -1, unknown));
        _engine.PutApi();
        Assert.Equal(VerifyOutcome.InsufficientPermissions, _engine.Verify("k", "a", -1, unknown));
        Put(enabled: true, expired: false, permissions: ["a"], limit: 0, credits: 0);
        Assert.Equal(VerifyOutcome.UnknownLimit, _engine.Verify("k", "a", -1, unknown));
        Assert.Equal((0, true), (_engine.Result.UnknownLimitIndex, _engine.Result.Limits.IsEmpty));
        Assert.Equal(VerifyOutcome.RateLimited, _engine.Verify("k", "a"));
        Put(enabled: true, expired: false, permissions: ["a"], limit: 3, credits: 0);
        Assert.Equal(VerifyOutcome.UsageExceeded, _engine.Verify("k", "a"));
        Assert.Equal((2L, false), _engine.Evaluated("requests"));
        Put(enabled: true, expired: false, permissions: ["a"], limit: 3, credits: 1);
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k", "a"));
        // The tokens of the refusal for want of credits stayed taken.
        Assert.Equal((1L, false), _engine.Evaluated("requests"));
    }

    [Fact]
    public void DisabledKeyStillAnswersAMalformedQueryWithAnError()
    {
        _engine.PutKey("k", enabled: false);
        Assert.Equal(VerifyOutcome.BadQuery, _engine.Verify("k", "a AND"));
        Assert.Equal((QueryErrorKind.UnexpectedEnd, 5), (_engine.Result.QueryError.Kind, _engine.Result.QueryError.Position));
        Assert.True(_engine.Result.Record.IsNull);
    }

    [Fact]
    public void RefusalsBeforeTheLimitsTakeNeitherTokensNorCredits()
    {
        _engine.PutApi(false, "10.9.9.9");
        Put(enabled: true, expired: false, permissions: [], limit: 3, credits: 5);
        Assert.Equal(VerifyOutcome.Forbidden, _engine.Verify("k"));
        _engine.PutApi();
        Assert.Equal(VerifyOutcome.InsufficientPermissions, _engine.Verify("k", "missing"));
        Assert.Equal(VerifyOutcome.UnknownLimit, _engine.Verify("k", "", -1, new Asked("unknown")));
        Assert.Equal(5, _engine.Result.Credits);
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k"));
        Assert.Equal((2L, false), _engine.Evaluated("requests"));
        Assert.Equal(4, _engine.Result.Credits);
    }

    [Fact]
    public void RateLimitedRequestTakesNoCreditsAndShowsTheBalance()
    {
        Put(enabled: true, expired: false, permissions: [], limit: 1, credits: 5);
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k"));
        Assert.Equal(VerifyOutcome.RateLimited, _engine.Verify("k"));
        Assert.Equal((true, 4L, 0L), (_engine.Result.HasCredits, _engine.Result.Credits, _engine.Result.SpentCredits));
    }

    [Fact]
    public void ResultOfAnEarlierRequestDoesNotShowThrough()
    {
        Put(enabled: true, expired: false, permissions: [], limit: 1, credits: 5);
        _engine.Verify("k");
        Assert.Equal(VerifyOutcome.NotFound, _engine.Verify("nobody"));
        Assert.True(_engine.Result.Record.IsNull);
        Assert.True(_engine.Result.Identity.IsNull);
        Assert.False(_engine.Result.HasCredits);
        Assert.Equal((0L, 0L, 0), (_engine.Result.Credits, _engine.Result.SpentCredits, _engine.Result.Limits.Length));
    }

    private void Put(bool enabled, bool expired, string[] permissions, long limit, long credits) => _engine.PutKey(
        "k",
        enabled,
        expired ? _engine.NowMs - 1 : null,
        credits,
        permissions: permissions,
        limits: _engine.Limit("key_k", "requests", limit, 60_000));
}
