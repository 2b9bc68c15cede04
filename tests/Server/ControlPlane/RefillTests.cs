using System;
using System.Linq;
using System.Threading.Tasks;
using Unkey.Server.ControlPlane;
using Xunit;

namespace Unkey.Server.Tests.ControlPlane;

public sealed class RefillTests
{
    private const long DayMs = 86_400_000;

    [Theory]
    [InlineData(null, "2026-03-15", "2026-03-15")]
    [InlineData(1, "2026-03-01", "2026-03-01")]
    [InlineData(1, "2026-03-31", "2026-03-01")]
    [InlineData(31, "2026-04-29", "2026-03-31")]
    [InlineData(31, "2026-04-30", "2026-04-30")]
    [InlineData(29, "2026-02-28", "2026-02-28")]
    [InlineData(29, "2028-02-28", "2028-01-29")]
    [InlineData(30, "2028-02-29", "2028-02-29")]
    [InlineData(30, "2026-03-01", "2026-02-28")]
    [InlineData(15, "2026-01-14", "2025-12-15")]
    public void ADayBehindTheEndOfTheMonthMeansItsLast(int? day, string today, string due) =>
        Assert.Equal(DateOnly.Parse(due), RefillDates.LastDue(day, DateOnly.Parse(today)));

    [Fact]
    public async Task ADailyRefillSetsTheBalanceOnceADate()
    {
        await using ControlPlaneFixture cp = await StartAsync("2026-01-10T12:00:00Z");
        (string id, string key) = await CreateAsync(cp, 3, """{"interval":"daily","amount":10}""");
        Assert.Equal(0, await cp.Host.RefillAsync());
        Assert.Equal(3, await RemainingAsync(cp, id));

        cp.Clock.NowMs = Ms("2026-01-11T00:00:00Z");
        (await cp.VerifyAsync(key)).Ok();
        Assert.Equal(1, await cp.Host.RefillAsync());
        Assert.Equal(10, await RemainingAsync(cp, id));
        Assert.Equal(10L, cp.Scalar($"SELECT remaining FROM keys WHERE id = '{id}'"));
        Assert.Equal(cp.Clock.NowMs, (await cp.ShownKeyAsync(id)).GetProperty("updatedAt").GetInt64());
        Assert.Equal(9, (await cp.VerifyAsync(key)).Ok().GetProperty("credits").GetInt64());

        cp.Clock.NowMs = Ms("2026-01-11T23:59:59Z");
        Assert.Equal(0, await cp.Host.RefillAsync());
        Assert.Equal(9, await RemainingAsync(cp, id));
        Assert.Equal(1, cp.CountAudit("key.refill"));
    }

    [Fact]
    public async Task ARefillThatIsRepeatedOrRunsOnSeveralServersActsOnce()
    {
        await using ControlPlaneFixture cp = await StartAsync("2026-01-10T12:00:00Z");
        (string id, string key) = await CreateAsync(cp, 3, """{"interval":"daily","amount":10}""");
        cp.Clock.NowMs += DayMs;
        Assert.Equal(1, await cp.Host.RefillAsync());
        (await cp.VerifyAsync(key, ""","credits":{"cost":4}""")).Ok();

        // A server that does not know of the finished date, because it crashed before it was noted.
        await cp.WriteAsync(session => session.Execute("DELETE FROM meta WHERE name = 'refill.last_date'"));
        await cp.RestartAsync();
        Assert.Equal(0, await cp.Host.RefillAsync());
        Assert.Equal(6, await RemainingAsync(cp, id));

        cp.Clock.NowMs += DayMs;
        int[] refilled = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(cp.Host.RefillAsync)));
        Assert.Equal(1, refilled.Sum());
        Assert.Equal(10, await RemainingAsync(cp, id));
    }

    [Fact]
    public async Task DatesThatPassedWhileNothingRanAreMadeUpForOnce()
    {
        await using ControlPlaneFixture cp = await StartAsync("2026-01-30T12:00:00Z");
        (string daily, _) = await CreateAsync(cp, 0, """{"interval":"daily","amount":10}""");
        (string missed, _) = await CreateAsync(cp, 0, """{"interval":"monthly","amount":20,"refillDay":31}""");
        (string later, _) = await CreateAsync(cp, 0, """{"interval":"monthly","amount":30,"refillDay":5}""");
        await cp.CloseAsync();
        cp.Clock.NowMs = Ms("2026-02-03T07:00:00Z");
        await cp.OpenAsync();

        // The start itself makes up for it; this call waits for its turn.
        await cp.Host.RefillAsync();
        Assert.Equal(10, await RemainingAsync(cp, daily));
        Assert.Equal(20, await RemainingAsync(cp, missed));
        Assert.Equal(0, await RemainingAsync(cp, later));
        Assert.Equal(1L, cp.Scalar("SELECT count(*) FROM audit_log WHERE event = 'key.refill'"));

        cp.Clock.NowMs = Ms("2026-02-05T00:00:01Z");
        Assert.Equal(1, await cp.Host.RefillAsync());
        Assert.Equal(30, await RemainingAsync(cp, later));
    }

    [Fact]
    public async Task AMonthlyRefillHappensOnTheLastDayOfAShortMonth()
    {
        await using ControlPlaneFixture cp = await StartAsync("2026-02-10T12:00:00Z");
        (string id, _) = await CreateAsync(cp, 1, """{"interval":"monthly","amount":10,"refillDay":31}""");
        cp.Clock.NowMs = Ms("2026-02-27T12:00:00Z");
        Assert.Equal(0, await cp.Host.RefillAsync());
        cp.Clock.NowMs = Ms("2026-02-28T00:00:01Z");
        Assert.Equal(1, await cp.Host.RefillAsync());
        Assert.Equal(10, await RemainingAsync(cp, id));
        cp.Clock.NowMs = Ms("2026-03-01T00:00:01Z");
        Assert.Equal(0, await cp.Host.RefillAsync());
    }

    [Fact]
    public async Task BalancesAboveTheRefillUnlimitedOnesAndDeletedKeysAreLeftAlone()
    {
        await using ControlPlaneFixture cp = await StartAsync("2026-01-10T12:00:00Z");
        (string above, _) = await CreateAsync(cp, 50, """{"interval":"daily","amount":10}""");
        (string equal, _) = await CreateAsync(cp, 10, """{"interval":"daily","amount":10}""");
        (string deleted, _) = await CreateAsync(cp, 0, """{"interval":"daily","amount":10}""");
        (string unlimited, string key) = await CreateAsync(cp, 0, """{"interval":"daily","amount":10}""");
        await cp.WriteAsync(session => session.Execute($"UPDATE keys SET remaining = NULL WHERE id = '{unlimited}'"));
        (await cp.PostAsync("keys.updateKey", $$"""{"keyId":"{{unlimited}}","name":"again"}""")).Ok();
        (await cp.PostAsync("keys.deleteKey", $$"""{"keyId":"{{deleted}}"}""")).Ok();
        cp.Clock.NowMs += DayMs;
        Assert.Equal(0, await cp.Host.RefillAsync());
        Assert.Equal(50, await RemainingAsync(cp, above));
        Assert.Equal(10, await RemainingAsync(cp, equal));
        Assert.False((await cp.VerifyAsync(key)).Ok().TryGetProperty("credits", out _));
        Assert.Equal(0L, cp.Scalar($"SELECT remaining FROM keys WHERE id = '{deleted}'"));
    }

    [Fact]
    public async Task ManyKeysAreRefilledInSeveralUnitsOfWork()
    {
        await using ControlPlaneFixture cp = await StartAsync("2026-01-10T12:00:00Z");
        const int Keys = 300;
        string api = await cp.CreateApiAsync();
        await Task.WhenAll(Enumerable.Range(0, Keys).Select(_ =>
            cp.CreateKeyAsync(api, ""","credits":{"remaining":0,"refill":{"interval":"daily","amount":4}}""")));
        cp.Clock.NowMs += DayMs;
        Assert.Equal(Keys, await cp.Host.RefillAsync());
        Assert.Equal((long)Keys, cp.Scalar("SELECT count(*) FROM keys WHERE remaining = 4"));
    }

    [Fact]
    public async Task ATimeThatWasSetTooFarAheadDoesNotEndTheRefills()
    {
        await using ControlPlaneFixture cp = await StartAsync("2026-01-10T12:00:00Z");
        (string id, string key) = await CreateAsync(cp, 0, """{"interval":"daily","amount":10}""");
        cp.Clock.NowMs = Ms("2040-01-01T00:00:00Z");
        Assert.Equal(1, await cp.Host.RefillAsync());
        cp.Clock.NowMs = Ms("2026-01-11T00:00:00Z");
        (await cp.VerifyAsync(key)).Ok();
        Assert.Equal(1, await cp.Host.RefillAsync());
        Assert.Equal(10, await RemainingAsync(cp, id));
    }

    private static async Task<ControlPlaneFixture> StartAsync(string now)
    {
        ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync(atMs: Ms(now));
        await cp.Host.RefillAsync();
        return cp;
    }

    private static async Task<(string Id, string Key)> CreateAsync(ControlPlaneFixture cp, long remaining, string refill) =>
        await cp.CreateKeyAsync(await cp.CreateApiAsync(), $$""","credits":{"remaining":{{remaining}},"refill":{{refill}}}""");

    private static async Task<long> RemainingAsync(ControlPlaneFixture cp, string id) =>
        (await cp.ShownKeyAsync(id)).GetProperty("credits").GetProperty("remaining").GetInt64();

    private static long Ms(string text) => DateTimeOffset.Parse(text).ToUnixTimeMilliseconds();
}
