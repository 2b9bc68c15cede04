using System;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>keys.verifyKey: rate limits of keys and identities. Durations are long, so that no token comes back while a test runs.</summary>
public sealed class VerifyKeyLimitTests(ServerFixture fixture) : TcpTests(fixture)
{
    private const long Day = 86_400_000;

    [Fact]
    public void AnAutoAppliedLimitIsCheckedWithoutBeingAskedFor()
    {
        CreatedKey key = Key(Limit("requests", 5, Day, autoApply: true));
        string id = Client.GetKey(key.KeyId).GetProperty("ratelimits")[0].GetProperty("id").GetString()!;
        JsonElement limit = Assert.Single(Client.Verify(key.Key).Data.GetProperty("ratelimits").EnumerateArray());
        Assert.Equal(
            ["autoApply", "duration", "exceeded", "id", "limit", "name", "remaining", "reset"],
            limit.EnumerateObject().Select(member => member.Name).Order());
        Assert.Equal(id, limit.GetProperty("id").GetString());
        Assert.Equal("requests", limit.GetProperty("name").GetString());
        Assert.Equal((5, Day, 4), (limit.GetProperty("limit").GetInt64(), limit.GetProperty("duration").GetInt64(), limit.GetProperty("remaining").GetInt64()));
        Assert.True(limit.GetProperty("autoApply").GetBoolean());
        Assert.False(limit.GetProperty("exceeded").GetBoolean());
        long now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        Assert.InRange(limit.GetProperty("reset").GetInt64(), now + 1, now + Day + 5000);
    }

    [Fact]
    public void AUsedUpLimitDeniesAndSaysSo()
    {
        CreatedKey key = Key(Limit("requests", 1, Day, autoApply: true));
        Assert.Equal("VALID", Client.Verify(key.Key).Code);
        JsonElement data = Client.Verify(key.Key).Data;
        Assert.Equal("RATE_LIMITED", data.GetProperty("code").GetString());
        Assert.False(data.GetProperty("valid").GetBoolean());
        JsonElement limit = Assert.Single(data.GetProperty("ratelimits").EnumerateArray());
        Assert.True(limit.GetProperty("exceeded").GetBoolean());
        Assert.Equal(0, limit.GetProperty("remaining").GetInt64());
        long now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

        // The server reads its clock once a turn and keeps it from running backwards, so it may differ from this one a little.
        Assert.InRange(limit.GetProperty("reset").GetInt64(), now - 1000, now + Day + 1000);
    }

    [Fact]
    public void ATokenComesBackWithTime()
    {
        CreatedKey key = Key(Limit("requests", 1, 1000, autoApply: true));
        Client.Verify(key.Key);
        Poll.Until(() => Client.Verify(key.Key).Code == "VALID", "the bucket refills");
    }

    [Fact]
    public void ALimitThatIsNotAutoAppliedIsCheckedOnlyByName()
    {
        CreatedKey key = Key(Limit("requests", 1, Day));
        for (int i = 0; i < 3; i++)
        {
            Reply reply = Client.Verify(key.Key);
            Assert.Equal("VALID", reply.Code);
            Assert.False(reply.Data.TryGetProperty("ratelimits", out _));
        }

        Assert.Equal("VALID", Ask(key, "{\"name\":\"requests\"}").Code);
        Assert.Equal("RATE_LIMITED", Ask(key, "{\"name\":\"requests\"}").Code);
        Assert.Equal("VALID", Client.Verify(key.Key).Code);
    }

    [Fact]
    public void AnAdHocLimitIsCountedPerKey()
    {
        const string Request = """{"name":"requests","cost":15,"limit":20,"duration":86400000}""";
        CreatedKey[] keys = [Client.CreateKey(Scene.ApiId), Client.CreateKey(Scene.ApiId)];
        JsonElement limit = Assert.Single(Ask(keys[0], Request).Data.GetProperty("ratelimits").EnumerateArray());
        Assert.Equal("", limit.GetProperty("id").GetString());
        Assert.False(limit.GetProperty("autoApply").GetBoolean());
        Assert.Equal(5, limit.GetProperty("remaining").GetInt64());
        Assert.Equal("RATE_LIMITED", Ask(keys[0], Request).Code);
        Assert.Equal("VALID", Ask(keys[1], Request).Code);
    }

    [Fact]
    public void AnAdHocLimitReplacesAConfiguredOneAndSharesItsCounter()
    {
        CreatedKey key = Key(Limit("requests", 10, Day, autoApply: true));
        Client.Verify(key.Key);
        JsonElement limit = Assert.Single(Ask(key, """{"name":"requests","cost":2,"limit":10,"duration":86400000}""").Data.GetProperty("ratelimits").EnumerateArray());
        Assert.Equal(("", false, 7), (limit.GetProperty("id").GetString(), limit.GetProperty("autoApply").GetBoolean(), limit.GetProperty("remaining").GetInt32()));
    }

    [Theory]
    [InlineData("""{"name":"requests","limit":100}""")]
    [InlineData("""{"name":"requests","duration":1000}""")]
    public void ALoneLimitOrDurationIsIgnored(string request)
    {
        CreatedKey key = Key(Limit("requests", 2, Day));
        JsonElement limit = Assert.Single(Ask(key, request).Data.GetProperty("ratelimits").EnumerateArray());
        Assert.Equal((2, Day, 1), (limit.GetProperty("limit").GetInt64(), limit.GetProperty("duration").GetInt64(), limit.GetProperty("remaining").GetInt64()));
    }

    [Fact]
    public void OfRequestsWithOneNameTheLastWins()
    {
        CreatedKey key = Key(Limit("requests", 10, Day, autoApply: true));
        JsonElement limit = Assert.Single(
            Ask(key, """{"name":"requests","cost":9}""", """{"name":"requests","cost":3}""").Data.GetProperty("ratelimits").EnumerateArray());
        Assert.Equal(7, limit.GetProperty("remaining").GetInt64());
    }

    [Fact]
    public void CostZeroOnlyChecks()
    {
        CreatedKey key = Key(Limit("requests", 2, Day));
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(2, Remaining(Ask(key, """{"name":"requests","cost":0}"""), "requests"));
        }

        Ask(key, """{"name":"requests","cost":2}""");
        Assert.Equal("VALID", Ask(key, """{"name":"requests","cost":0}""").Code);
        Assert.Equal("RATE_LIMITED", Ask(key, """{"name":"requests","cost":1}""").Code);
    }

    [Fact]
    public void ACostAboveTheLimitIsDeniedAndTakesNothing()
    {
        CreatedKey key = Key(Limit("requests", 5, Day));
        Assert.Equal("RATE_LIMITED", Ask(key, """{"name":"requests","cost":6}""").Code);
        Assert.Equal("RATE_LIMITED", Ask(key, """{"name":"requests","cost":9223372036854775807}""").Code);
        Assert.Equal(0, Remaining(Ask(key, """{"name":"requests","cost":5}"""), "requests"));
    }

    [Fact]
    public void LimitZeroIsAlwaysExceeded()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId);
        Reply reply = Ask(key, """{"name":"blocked","limit":0,"duration":60000}""");
        Assert.Equal("RATE_LIMITED", reply.Code);
        Assert.True(reply.Data.GetProperty("ratelimits")[0].GetProperty("exceeded").GetBoolean());
    }

    [Fact]
    public void LimitsAreTakenAllOrNothing()
    {
        CreatedKey key = Key(Limit("large", 10, Day), Limit("small", 1, Day));
        Assert.Equal("VALID", Ask(key, """{"name":"large","cost":4}""", """{"name":"small","cost":1}""").Code);
        for (int i = 0; i < 3; i++)
        {
            Reply denied = Ask(key, """{"name":"large","cost":4}""", """{"name":"small","cost":1}""");
            Assert.Equal("RATE_LIMITED", denied.Code);
            Assert.Equal((6, 0), (Remaining(denied, "large"), Remaining(denied, "small")));
            Assert.Equal([false, true], Entries(denied).Select(entry => entry.GetProperty("exceeded").GetBoolean()));
        }

        Assert.Equal(2, Remaining(Ask(key, """{"name":"large","cost":4}"""), "large"));
    }

    [Fact]
    public void TwoAutoAppliedLimitsCountTogetherUntilOneDenies()
    {
        CreatedKey key = Key(Limit("a_short", 3, 3_600_000, autoApply: true), Limit("b_long", 10, Day, autoApply: true));
        foreach ((int shorter, int longer) in new[] { (2, 9), (1, 8), (0, 7) })
        {
            Reply reply = Client.Verify(key.Key);
            Assert.Equal(("VALID", shorter, longer), (reply.Code, Remaining(reply, "a_short"), Remaining(reply, "b_long")));
        }

        Reply denied = Client.Verify(key.Key);
        Assert.Equal(("RATE_LIMITED", 0, 7), (denied.Code, Remaining(denied, "a_short"), Remaining(denied, "b_long")));
        Assert.Equal([true, false], Entries(denied).Select(entry => entry.GetProperty("exceeded").GetBoolean()));
    }

    [Fact]
    public void TheThirteenthOfTwelveLeavesTheMonthlyLimitAt188()
    {
        CreatedKey key = Key(Limit("a_burst", 12, Day, autoApply: true), Limit("b_month", 200, 30 * Day, autoApply: true));
        for (int i = 0; i < 12; i++)
        {
            Assert.Equal("VALID", Client.Verify(key.Key).Code);
        }

        Reply denied = Client.Verify(key.Key);
        Assert.Equal(("RATE_LIMITED", 188), (denied.Code, Remaining(denied, "b_month")));
    }

    [Fact]
    public void ADenialConsumesNoCredits()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, $"\"credits\":{{\"remaining\":10}},\"ratelimits\":[{Limit("requests", 1, Day, autoApply: true)}]");
        Assert.Equal(9, Client.Verify(key.Key).Data.GetProperty("credits").GetInt32());
        Reply denied = Client.Verify(key.Key);
        Assert.Equal(("RATE_LIMITED", 9), (denied.Code, denied.Data.GetProperty("credits").GetInt32()));
    }

    [Fact]
    public void AnIdentityLimitIsSharedByItsKeys()
    {
        string user = Identity(Limit("tokens", 5, Day));
        CreatedKey[] keys = [KeyOf(user), KeyOf(user)];
        CreatedKey stranger = KeyOf(Identity(Limit("tokens", 5, Day)));
        string[] codes = [.. new[] { keys[0], keys[0], keys[0], keys[1], keys[1], keys[1] }.Select(key => Ask(key, """{"name":"tokens"}""").Code)];
        Assert.Equal(["VALID", "VALID", "VALID", "VALID", "VALID", "RATE_LIMITED"], codes);
        Assert.Equal("VALID", Ask(stranger, """{"name":"tokens"}""").Code);
    }

    [Theory]
    [InlineData("4", "VALID,RATE_LIMITED")]
    [InlineData("4,6,1", "VALID,VALID,RATE_LIMITED")]
    public void AnIdentityLimitCountsCosts(string costs, string codes)
    {
        CreatedKey key = KeyOf(Identity(Limit("tokens", costs.Length == 1 ? 4 : 10, Day)));
        string[] all = costs.Length == 1 ? [costs, costs] : costs.Split(',');
        Assert.Equal(codes.Split(','), all.Select(cost => Ask(key, $$"""{"name":"tokens","cost":{{cost}}}""").Code));
    }

    [Fact]
    public void AKeyLimitShadowsTheIdentityLimitOfItsName()
    {
        string user = Identity(Limit("limit1", 1, Day), Limit("limit2", 10, Day));
        CreatedKey key = KeyOf(user, Limit("limit1", 4, Day));
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("VALID", Ask(key, """{"name":"limit1"}""", """{"name":"limit2"}""").Code);
        }

        JsonElement listed = Assert.Single(Client.Verify(key.Key).Data.GetProperty("identity").GetProperty("ratelimits").EnumerateArray());
        Assert.Equal("limit2", listed.GetProperty("name").GetString());
        CreatedKey tight = KeyOf(Identity(Limit("limit1", 10, Day)), Limit("limit1", 1, Day));
        Assert.Equal(["VALID", "RATE_LIMITED"], Enumerable.Range(0, 2).Select(_ => Ask(tight, """{"name":"limit1"}""").Code));
        CreatedKey mixed = KeyOf(Identity(Limit("limit2", 2, Day)), Limit("limit1", 4, Day));
        Assert.Equal(
            ["VALID", "VALID", "RATE_LIMITED"], Enumerable.Range(0, 3).Select(_ => Ask(mixed, """{"name":"limit1"}""", """{"name":"limit2"}""").Code));
    }

    [Fact]
    public void EqualNumbersUnderTwoNamesAreTwoCounters()
    {
        CreatedKey key = KeyOf(Identity(Limit("a_limit", 5, Day, autoApply: true), Limit("b_limit", 5, Day, autoApply: true)));
        for (int left = 4; left >= 0; left--)
        {
            Reply reply = Client.Verify(key.Key);
            Assert.Equal((left, left), (Remaining(reply, "a_limit"), Remaining(reply, "b_limit")));
        }

        Assert.All(Entries(Client.Verify(key.Key)), entry => Assert.True(entry.GetProperty("exceeded").GetBoolean()));
    }

    [Fact]
    public async Task ParallelCallsNeverGetMoreThanTheCapacity()
    {
        CreatedKey key = Key(Limit("requests", 20, Day, autoApply: true));
        string[] codes = await Race.RunAsync(Client, 40, (client, _) => client.Verify(key.Key).Code);
        Assert.Equal((20, 20), (codes.Count(code => code == "VALID"), codes.Count(code => code == "RATE_LIMITED")));
    }

    [Fact]
    public void AnUnknownNameIs412AndConsumesNothing()
    {
        string user = Identity(Limit("tokens", 1, Day));
        CreatedKey key = KeyOf(user, Limit("requests", 1, Day, autoApply: true));
        string identityId = Client.GetKey(key.KeyId).GetProperty("identity").GetProperty("id").GetString()!;
        string detail = Ask(key, """{"name":"tokens"}""", """{"name":"no_such_limit","cost":2}""").Refused(ErrorCode.Precondition).Detail;
        Assert.All(["no_such_limit", key.KeyId, identityId, user], part => Assert.Contains(part, detail));
        Assert.Equal("VALID", Ask(key, """{"name":"tokens"}""").Code);
        CreatedKey alone = Client.CreateKey(Scene.ApiId);
        detail = Ask(alone, """{"name":"no_such_limit"}""").Refused(ErrorCode.Precondition).Detail;
        Assert.All(["no_such_limit", alone.KeyId], part => Assert.Contains(part, detail));
        Assert.DoesNotContain(alone.Key, detail);
    }

    [Fact]
    public void AChangedLimitKeepsTheUsedShare()
    {
        CreatedKey key = Key(Limit("requests", 10, Day, autoApply: true));
        for (int i = 0; i < 5; i++)
        {
            Client.Verify(key.Key);
        }

        Client.Post("keys.updateKey", $$"""{"keyId":"{{key.KeyId}}","ratelimits":[{{Limit("requests", 100, Day, autoApply: true)}}]}""");

        // Half of the bucket was used; one request of the larger one takes one of its hundred.
        Assert.Equal(49, Remaining(Client.Verify(key.Key), "requests"));
    }

    private static string Limit(string name, long limit, long duration, bool autoApply = false) =>
        $$"""{"name":"{{name}}","limit":{{limit}},"duration":{{duration}},"autoApply":{{(autoApply ? "true" : "false")}}}""";

    private CreatedKey Key(params string[] limits) => Client.CreateKey(Scene.ApiId, $"\"ratelimits\":[{string.Join(',', limits)}]");

    private CreatedKey KeyOf(string externalId, params string[] limits) =>
        Client.CreateKey(Scene.ApiId, $"\"externalId\":\"{externalId}\",\"ratelimits\":[{string.Join(',', limits)}]");

    private string Identity(params string[] limits)
    {
        string externalId = "user." + Scene.Unique();
        Client.Post("identities.createIdentity", $$"""{"externalId":"{{externalId}}","ratelimits":[{{string.Join(',', limits)}}]}""");
        return externalId;
    }

    private Reply Ask(CreatedKey key, params string[] limits) => Client.Verify(key.Key, $"\"ratelimits\":[{string.Join(',', limits)}]");

    private static JsonElement[] Entries(Reply reply) =>
        [.. reply.Data.GetProperty("ratelimits").EnumerateArray().OrderBy(entry => entry.GetProperty("name").GetString(), StringComparer.Ordinal)];

    private static int Remaining(Reply reply, string name) =>
        Entries(reply).Single(entry => entry.GetProperty("name").GetString() == name).GetProperty("remaining").GetInt32();
}
