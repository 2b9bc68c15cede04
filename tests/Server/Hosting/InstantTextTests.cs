using System;
using Unkey.Server.Commands;
using Xunit;

namespace Unkey.Server.Tests.Hosting;

public sealed class InstantTextTests
{
    private static readonly DateTimeOffset s_now = new(2027, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("30m", "2027-01-31T11:30:00Z")]
    [InlineData("12h", "2027-01-31T00:00:00Z")]
    [InlineData("7d", "2027-01-24T12:00:00Z")]
    [InlineData("0m", "2027-01-31T12:00:00Z")]
    [InlineData("2027-01-01", "2027-01-01T00:00:00Z")]
    [InlineData("2027-01-01T01:00:00+01:00", "2027-01-01T00:00:00Z")]
    [InlineData("2030-01-01T00:00:00Z", "2030-01-01T00:00:00Z")]
    public void AMomentIsReadFromADurationOrATime(string text, string expected)
    {
        Assert.Null(InstantText.TryRead(text, s_now, out long unixMs));
        Assert.Equal(DateTimeOffset.Parse(expected, null), DateTimeOffset.FromUnixTimeMilliseconds(unixMs));
    }

    [Theory]
    [InlineData("9223372036854775807d")]
    [InlineData("1900-01-01")]
    public void WhatLiesBeforeTheEpochIsItsBeginning(string text)
    {
        Assert.Null(InstantText.TryRead(text, s_now, out long unixMs));
        Assert.InRange(unixMs, 0, 86_400_000);
    }

    [Theory]
    [InlineData("")]
    [InlineData("m")]
    [InlineData("-5m")]
    [InlineData("5w")]
    [InlineData("yesterday")]
    [InlineData("12:00")]
    public void AnythingElseIsAProblem(string text) => Assert.NotNull(InstantText.TryRead(text, s_now, out _));
}
