using System;
using System.Globalization;
using System.Text;
using Xunit;

namespace Unkey.Engine.Tests.Verification;

/// <summary>Which limits are checked, which bucket they count on, and what the entries of the answer say.</summary>
public sealed class VerifierLimitTests : IDisposable
{
    private const long Minute = 60_000;
    private const long Hour = 60 * Minute;
    private const long Month = 30 * 24 * Hour;

    private readonly VerifyHarness _engine = new();

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void AutoAppliedLimitIsCheckedByItself()
    {
        _engine.PutKey("k", limits: _engine.Limit("key_k", "requests", 5, Minute));
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k"));
        EvaluatedLimit entry = Assert.Single(_engine.Result.Limits.ToArray());
        Assert.Equal((5L, Minute, 4L, false, true, -1), (entry.Limit, entry.DurationMs, entry.Remaining, entry.Exceeded, entry.AutoApply, entry.RequestIndex));
        Assert.Equal(_engine.NowMs + 12_000, entry.ResetMs);
    }

    [Fact]
    public void SecondCallOnALimitOfOneIsRateLimited()
    {
        _engine.PutKey("k", limits: _engine.Limit("key_k", "requests", 1, Minute));
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k"));
        Assert.Equal(VerifyOutcome.RateLimited, _engine.Verify("k"));
        Assert.Equal((0L, true), _engine.Evaluated("requests"));
        Assert.Equal(_engine.NowMs + Minute, _engine.Result.Limits[0].ResetMs);
    }

    [Fact]
    public void LimitWithoutAutoApplyIsCheckedOnlyWhenNamed()
    {
        _engine.PutKey("k", limits: _engine.Limit("key_k", "requests", 1, Minute, autoApply: false));
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k", "", -1, new Asked("requests")));
        Assert.False(_engine.Result.Limits[0].AutoApply);
        Assert.Equal(0, _engine.Result.Limits[0].RequestIndex);
        Assert.Equal(VerifyOutcome.RateLimited, _engine.Verify("k", "", -1, new Asked("requests")));
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k"));
        Assert.True(_engine.Result.Limits.IsEmpty);
    }

    [Fact]
    public void AdHocLimitIsCountedForTheKey()
    {
        _engine.PutKey("k");
        _engine.PutKey("other");
        Asked asked = new("requests", 15, 20, Minute);
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k", "", -1, asked));
        Assert.Equal(VerifyOutcome.RateLimited, _engine.Verify("k", "", -1, asked));
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("other", "", -1, asked));
    }

    [Fact]
    public void AdHocLimitReportsItsOwnNumbersAndNoAutoApply()
    {
        _engine.PutKey("k", limits: _engine.Limit("key_k", "requests", 1, Hour));
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k", "", -1, new Asked("requests", 3, 10, Minute)));
        EvaluatedLimit entry = Assert.Single(_engine.Result.Limits.ToArray());
        Assert.True(entry.Configured.IsNull);
        Assert.Equal((10L, Minute, 7L, false, 3L), (entry.Limit, entry.DurationMs, entry.Remaining, entry.AutoApply, entry.Cost));
    }

    [Fact]
    public void AdHocLimitSharesTheBucketOfAKeyLimitOfItsNameAndDuration()
    {
        _engine.PutKey("k", limits: _engine.Limit("key_k", "requests", 10, Minute));
        _engine.Verify("k", "", -1, new Asked("requests", 3, 10, Minute));
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k"));
        Assert.Equal((6L, false), _engine.Evaluated("requests"));
    }

    [Theory]
    [InlineData(5, -1)]
    [InlineData(-1, 1_000)]
    public void LoneLimitOrLoneDurationIsIgnored(long limit, long durationMs)
    {
        _engine.PutKey("k", limits: _engine.Limit("key_k", "requests", 10, Minute, autoApply: false));
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k", "", -1, new Asked("requests", 1, limit, durationMs)));
        Assert.Equal((9L, false), _engine.Evaluated("requests"));
        Assert.Equal(VerifyOutcome.UnknownLimit, _engine.Verify("k", "", -1, new Asked("requests"), new Asked("else", 1, limit, durationMs)));
        Assert.Equal(1, _engine.Result.UnknownLimitIndex);
    }

    [Fact]
    public void UnknownNameTakesNothingFromTheKnownOnes()
    {
        _engine.PutIdentity("id_1");
        _engine.PutKey("k", identityId: "id_1", limits: _engine.Limit("key_k", "requests", 10, Minute));
        Assert.Equal(VerifyOutcome.UnknownLimit, _engine.Verify("k", "", -1, new Asked("requests"), new Asked("missing", 4)));
        Assert.Equal(1, _engine.Result.UnknownLimitIndex);
        Assert.False(_engine.Result.Identity.IsNull);
        _engine.Verify("k");
        Assert.Equal((9L, false), _engine.Evaluated("requests"));
    }

    [Fact]
    public void RequestedEntryReplacesTheAutoAppliedOne()
    {
        _engine.PutKey("k", limits: _engine.Limit("key_k", "requests", 10, Minute));
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k", "", -1, new Asked("requests", 4)));
        Assert.Equal(1, _engine.Result.Limits.Length);
        Assert.Equal((6L, false), _engine.Evaluated("requests"));
        Assert.True(_engine.Result.Limits[0].AutoApply);
    }

    [Fact]
    public void LaterEntryOfANameReplacesTheEarlierOne()
    {
        _engine.PutKey("k", limits: _engine.Limit("key_k", "requests", 10, Minute));
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k", "", -1, new Asked("requests", 99), new Asked("requests", 2)));
        Assert.Equal((8L, false), _engine.Evaluated("requests"));

        // Also when the earlier one would have been unknown.
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k", "", -1, new Asked("other"), new Asked("other", 1, 5, Minute)));
        Assert.Equal(VerifyOutcome.UnknownLimit, _engine.Verify("k", "", -1, new Asked("other", 1, 5, Minute), new Asked("other")));
    }

    [Theory]
    [InlineData(9)]
    [InlineData(300)]
    public void ManyEntriesAreToldApartByName(int count)
    {
        _engine.PutKey("k", limits: [_engine.Limit("key_k", "auto", 10, Minute), _engine.Limit("key_k", "name0", 10, Minute)]);
        Asked[] asked = new Asked[(2 * count) + 1];
        for (int i = 0; i < count; i++)
        {
            string name = "name" + i.ToString(CultureInfo.InvariantCulture);
            asked[i] = new Asked(name, 1_000, 5, Minute);
            asked[count + i] = new Asked(name, 2, 5, Minute);
        }

        asked[^1] = new Asked("name0", 3);
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k", "", -1, asked));
        Assert.Equal(count + 1, _engine.Result.Limits.Length);
        Assert.Equal((7L, false), _engine.Evaluated("name0"));
        Assert.Equal((9L, false), _engine.Evaluated("auto"));

        asked[^1] = new Asked("missing");
        Assert.Equal(VerifyOutcome.UnknownLimit, _engine.Verify("k", "", -1, asked));
        Assert.Equal(asked.Length - 1, _engine.Result.UnknownLimitIndex);

        // A short list after a long one is not confused by it.
        Assert.Equal(VerifyOutcome.UnknownLimit, _engine.Verify("k", "", -1, new Asked("name1")));
    }

    [Fact]
    public void TwoLimitsAreTakenTogetherOrNotAtAll()
    {
        _engine.PutKey("k", limits: [_engine.Limit("key_k", "fast", 10, 10_000, false), _engine.Limit("key_k", "slow", 1, Minute, false)]);
        Assert.Equal(VerifyOutcome.RateLimited, _engine.Verify("k", "", -1, new Asked("fast", 4), new Asked("slow", 2)));
        Assert.Equal(((10L, false), (0L, true)), (_engine.Evaluated("fast"), _engine.Evaluated("slow")));
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k", "", -1, new Asked("fast", 4), new Asked("slow", 1)));
        Assert.Equal(((6L, false), (0L, false)), (_engine.Evaluated("fast"), _engine.Evaluated("slow")));
    }

    [Theory]
    [InlineData(4, 1, 3, VerifyOutcome.Valid)]
    [InlineData(1, 10, 2, VerifyOutcome.RateLimited)]
    public void LimitOfTheKeyReplacesTheIdentitysOfTheSameName(long keyLimit, long identityLimit, int calls, VerifyOutcome last)
    {
        _engine.PutIdentity("id_1", _engine.Limit("id_1", "limit1", identityLimit, Minute), _engine.Limit("id_1", "limit2", 10, Minute));
        _engine.PutKey("k", identityId: "id_1", limits: _engine.Limit("key_k", "limit1", keyLimit, Minute));
        Asked[] both = [new("limit1"), new("limit2")];
        for (int i = 1; i < calls; i++)
        {
            Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k", "", -1, both));
        }

        Assert.Equal(last, _engine.Verify("k", "", -1, both));
        Assert.Equal(2, _engine.Result.Limits.Length);
        Assert.True(_engine.Result.IsShadowed(_engine.Result.Identity.Limit(0)));
        Assert.False(_engine.Result.IsShadowed(_engine.Result.Identity.Limit(1)));
    }

    [Fact]
    public void IdentitysOtherLimitStillCounts()
    {
        _engine.PutIdentity("id_1", _engine.Limit("id_1", "limit2", 2, Minute));
        _engine.PutKey("k", identityId: "id_1", limits: _engine.Limit("key_k", "limit1", 4, Minute));
        Asked[] both = [new("limit1"), new("limit2")];
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k", "", -1, both));
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k", "", -1, both));
        Assert.Equal(VerifyOutcome.RateLimited, _engine.Verify("k", "", -1, both));
        Assert.Equal(((2L, false), (0L, true)), (_engine.Evaluated("limit1"), _engine.Evaluated("limit2")));
    }

    [Fact]
    public void ShadowedIdentityLimitIsNotAppliedByItself()
    {
        _engine.PutIdentity("id_1", _engine.Limit("id_1", "requests", 1, Minute));
        _engine.PutKey("k", identityId: "id_1", limits: _engine.Limit("key_k", "requests", 5, Minute, autoApply: false));
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k"));
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k"));
        Assert.True(_engine.Result.Limits.IsEmpty);
    }

    [Fact]
    public void KeysOfAnIdentityShareItsBucket()
    {
        _engine.PutIdentity("id_1", _engine.Limit("id_1", "requests", 5, Minute));
        _engine.PutIdentity("id_2", _engine.Limit("id_2", "requests", 5, Minute));
        _engine.PutKey("k1", identityId: "id_1");
        _engine.PutKey("k2", identityId: "id_1");
        _engine.PutKey("stranger", identityId: "id_2");
        Repeat(3, "k1", VerifyOutcome.Valid);
        Repeat(2, "k2", VerifyOutcome.Valid);
        Repeat(1, "k2", VerifyOutcome.RateLimited);
        Repeat(5, "stranger", VerifyOutcome.Valid);
    }

    [Fact]
    public void CostsOfAnIdentityLimitAddUp()
    {
        _engine.PutIdentity("id_1", _engine.Limit("id_1", "tokens", 10, 10_000, autoApply: false));
        _engine.PutKey("k", identityId: "id_1");
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k", "", -1, new Asked("tokens", 4)));
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k", "", -1, new Asked("tokens", 6)));
        Assert.Equal(VerifyOutcome.RateLimited, _engine.Verify("k", "", -1, new Asked("tokens", 1)));
    }

    [Fact]
    public void IdentityLimitUsedUpAtOnceRefusesTheNextCall()
    {
        _engine.PutIdentity("id_1", _engine.Limit("id_1", "tokens", 4, 30 * Minute, autoApply: false));
        _engine.PutKey("k", identityId: "id_1");
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k", "", -1, new Asked("tokens", 4)));
        Assert.Equal(VerifyOutcome.RateLimited, _engine.Verify("k", "", -1, new Asked("tokens", 4)));
    }

    [Fact]
    public void PairOfMinuteAndHourCountsDownTogether()
    {
        _engine.PutKey("k", limits: [_engine.Limit("key_k", "minute", 3, Minute), _engine.Limit("key_k", "hour", 10, Hour)]);
        foreach ((long minute, long hour) in new[] { (2L, 9L), (1L, 8L), (0L, 7L) })
        {
            Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k"));
            Assert.Equal(((minute, false), (hour, false)), (_engine.Evaluated("minute"), _engine.Evaluated("hour")));
        }

        Assert.Equal(VerifyOutcome.RateLimited, _engine.Verify("k"));
        Assert.Equal(((0L, true), (7L, false)), (_engine.Evaluated("minute"), _engine.Evaluated("hour")));
    }

    [Fact]
    public void PairOfMinuteAndMonthChargesTheMonthForAdmittedCallsOnly()
    {
        _engine.PutKey("k", limits: [_engine.Limit("key_k", "minute", 12, Minute), _engine.Limit("key_k", "month", 200, Month)]);
        Repeat(12, "k", VerifyOutcome.Valid);
        Repeat(3, "k", VerifyOutcome.RateLimited);
        Assert.Equal((188L, false), _engine.Evaluated("month"));
    }

    [Fact]
    public void MonthlyLimitAdmitsFiftyCallsHoweverLongTheyTake()
    {
        _engine.PutKey("k", limits: [_engine.Limit("key_k", "minute", 5, Minute), _engine.Limit("key_k", "month", 50, Month)]);
        int valid = 0;
        for (int i = 0; i < 200 && valid < 50; i++)
        {
            if (_engine.Verify("k") == VerifyOutcome.Valid)
            {
                valid++;
            }
            else
            {
                _engine.NowMs += 2 * Minute;
            }
        }

        Assert.Equal(50, valid);
        _engine.NowMs += 2 * Minute;
        Assert.Equal(VerifyOutcome.RateLimited, _engine.Verify("k"));
        Assert.Equal(((5L, false), (0L, true)), (_engine.Evaluated("minute"), _engine.Evaluated("month")));
    }

    [Fact]
    public void EqualNumbersUnderDifferentNamesCountApart()
    {
        _engine.PutIdentity("id_1", _engine.Limit("id_1", "first", 5, Minute), _engine.Limit("id_1", "second", 5, Minute));
        _engine.PutKey("k", identityId: "id_1");
        for (long left = 4; left >= 0; left--)
        {
            Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k"));
            Assert.Equal(((left, false), (left, false)), (_engine.Evaluated("first"), _engine.Evaluated("second")));
        }

        Assert.Equal(VerifyOutcome.RateLimited, _engine.Verify("k"));
        Assert.Equal(((0L, true), (0L, true)), (_engine.Evaluated("first"), _engine.Evaluated("second")));
        Assert.Equal(VerifyOutcome.RateLimited, _engine.Verify("k", "", -1, new Asked("second", 0)));
        Assert.Equal(((0L, true), (0L, false)), (_engine.Evaluated("first"), _engine.Evaluated("second")));
    }

    [Fact]
    public void LimitZeroIsAlwaysExceeded()
    {
        _engine.PutKey("k", limits: _engine.Limit("key_k", "requests", 5, Minute));
        Assert.Equal(VerifyOutcome.RateLimited, _engine.Verify("k", "", -1, new Asked("block", 1, 0, Minute)));
        Assert.Equal((5L, false), _engine.Evaluated("requests"));
        Assert.Equal(VerifyOutcome.RateLimited, _engine.Verify("k", "", -1, new Asked("block", 0, 0, Minute)));
    }

    [Fact]
    public void DurationBelowASecondActsAsASecond()
    {
        _engine.PutKey("k");
        Asked asked = new("requests", 1, 1, 0);
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k", "", -1, asked));
        Assert.Equal(VerifyOutcome.RateLimited, _engine.Verify("k", "", -1, asked));
        _engine.NowMs += 1_000;
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k", "", -1, asked));
    }

    [Fact]
    public void LimitWithoutConfiguredEntryIsFoundByItsBytes()
    {
        string name = "größe \u2603";
        _engine.PutKey("k", limits: _engine.Limit("key_k", name, 2, Minute, autoApply: false));
        Assert.Equal(VerifyOutcome.Valid, _engine.Verify("k", "", -1, new Asked(name)));
        Assert.Equal(name, Encoding.UTF8.GetString(_engine.Result.Limits[0].Configured.Name));
        Assert.Equal(VerifyOutcome.UnknownLimit, _engine.Verify("k", "", -1, new Asked(name.ToUpperInvariant())));
    }

    private void Repeat(int calls, string secret, VerifyOutcome outcome)
    {
        for (int i = 0; i < calls; i++)
        {
            Assert.Equal(outcome, _engine.Verify(secret));
        }
    }
}
