using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Xunit;

namespace Unkey.Server.Tests.ControlPlane;

public sealed class UpdateCreditsTests
{
    private const string Operation = "keys.updateCredits";

    [Fact]
    public async Task SetIncrementAndDecrementMoveTheStoredAndTheLiveBalance()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (string id, string key) = await cp.CreateKeyAsync(
            await cp.CreateApiAsync(), ""","credits":{"remaining":1,"refill":{"interval":"monthly","amount":50,"refillDay":31}}""");
        const string Refill = ""","refill":{"interval":"monthly","amount":50,"refillDay":31}}""";
        Assert.Equal("""{"remaining":10""" + Refill, await UpdateAsync(cp, id, "set", "10"));
        Assert.Equal("""{"remaining":15""" + Refill, await UpdateAsync(cp, id, "increment", "5"));
        Assert.Equal("""{"remaining":12""" + Refill, await UpdateAsync(cp, id, "decrement", "3"));
        Assert.Equal(12L, cp.Scalar($"SELECT remaining FROM keys WHERE id = '{id}'"));
        Assert.Equal(11, (await cp.VerifyAsync(key)).Ok().GetProperty("credits").GetInt64());
        Assert.Equal("""{"remaining":0""" + Refill, await UpdateAsync(cp, id, "decrement", "9223372036854775807"));
        Assert.Equal("USAGE_EXCEEDED", (await cp.VerifyAsync(key)).Code);
        Assert.Equal("""{"remaining":9223372036854775807""" + Refill, await UpdateAsync(cp, id, "increment", "9223372036854775807"));
        Assert.Equal("""{"remaining":9223372036854775807""" + Refill, await UpdateAsync(cp, id, "increment", "1"));
        Assert.False((await cp.ShownKeyAsync(id)).TryGetProperty("updatedAt", out _));
        Assert.Equal(6, cp.CountAudit("key.update"));
    }

    [Theory]
    [InlineData("null")]
    [InlineData(null)]
    public async Task SetWithoutAValueMeansUnlimitedAndClearsTheRefill(string? value)
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (string id, string key) = await cp.CreateKeyAsync(
            await cp.CreateApiAsync(), ""","credits":{"remaining":0,"refill":{"interval":"daily","amount":50}}""");
        Assert.Equal("""{"remaining":null}""", await UpdateAsync(cp, id, "set", value));
        Assert.False((await cp.VerifyAsync(key)).Ok().TryGetProperty("credits", out _));
        Assert.Equal("""{"remaining":3}""", await UpdateAsync(cp, id, "set", "3"));
    }

    [Fact]
    public async Task ABalanceThatIsSetReplacesWhatTheCounterHadLeft()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (string id, string key) = await cp.CreateKeyAsync(await cp.CreateApiAsync(), ""","credits":{"remaining":100}""");
        Assert.Equal(99, (await cp.VerifyAsync(key)).Ok().GetProperty("credits").GetInt64());
        await UpdateAsync(cp, id, "set", "50");
        Assert.Equal(49, (await cp.VerifyAsync(key)).Ok().GetProperty("credits").GetInt64());
        await cp.Host.FlushCreditsAsync();
        Assert.Equal(49L, cp.Scalar($"SELECT remaining FROM keys WHERE id = '{id}'"));
    }

    [Fact]
    public async Task MovesLoseNothingThatIsSpentAtTheSameTime()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (string id, string key) = await cp.CreateKeyAsync(await cp.CreateApiAsync(), ""","credits":{"remaining":1000}""");
        const int Each = 60;
        await Task.WhenAll(Enumerable.Range(0, Each).SelectMany(_ => new Task[]
        {
            Task.Run(async () => Assert.Equal("VALID", (await cp.VerifyAsync(key)).Code)),
            Task.Run(() => UpdateAsync(cp, id, "increment", "7")),
            Task.Run(() => UpdateAsync(cp, id, "decrement", "2")),
            Task.Run(() => cp.Host.FlushCreditsAsync()),
        }));
        const long Expected = 1000 + (Each * (7 - 2 - 1));
        Assert.Equal(Expected, (await cp.ShownKeyAsync(id)).GetProperty("credits").GetProperty("remaining").GetInt64());
        await cp.Host.FlushCreditsAsync();
        Assert.Equal(Expected, cp.Scalar($"SELECT remaining FROM keys WHERE id = '{id}'"));
        await cp.RestartAsync();
        Assert.Equal(Expected - 1, (await cp.VerifyAsync(key)).Ok().GetProperty("credits").GetInt64());
    }

    [Fact]
    public async Task ADecrementBelowWhatHasBeenSpentLeavesNothingInTheStoreEither()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (string id, string key) = await cp.CreateKeyAsync(await cp.CreateApiAsync(), ""","credits":{"remaining":100}""");
        (await cp.VerifyAsync(key, ""","credits":{"cost":60}""")).Ok();
        Assert.Equal("""{"remaining":0}""", await UpdateAsync(cp, id, "decrement", "50"));
        await cp.Host.FlushCreditsAsync();
        Assert.Equal(0L, cp.Scalar($"SELECT remaining FROM keys WHERE id = '{id}'"));
        Assert.Equal("USAGE_EXCEEDED", (await cp.VerifyAsync(key)).Code);
    }

    [Fact]
    public async Task WhatCannotBeMovedIsRefused()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        (string limited, _) = await cp.CreateKeyAsync(api, ""","credits":{"remaining":1}""");
        (string unlimited, _) = await cp.CreateKeyAsync(api);
        foreach (string operation in new[] { "increment", "decrement" })
        {
            (await cp.PostAsync(Operation, Body(limited, operation, "null"))).Refused(400, "unkey/application/invalid_input");
            (await cp.PostAsync(Operation, Body(limited, operation, null))).Refused(400, "unkey/application/invalid_input");
            (await cp.PostAsync(Operation, Body(unlimited, operation, "1"))).Refused(400, "unkey/application/invalid_input");
        }

        const string Path = "/v2/keys.updateCredits";
        (await cp.PostAsync(Operation, """{"operation":"set","value":1}""")).Invalid(Path, "/required");
        (await cp.PostAsync(Operation, Body("", "set", "1"))).Invalid(Path, "/properties/keyId/minLength");
        (await cp.PostAsync(Operation, Body(limited, "add", "1"))).Invalid(Path, "/properties/operation/enum");
        (await cp.PostAsync(Operation, Body(limited, "set", "-1"))).Invalid(Path, "/properties/value/minimum");
        (await cp.PostAsync(Operation, Body(limited, "set", "9223372036854775808"))).Invalid(Path);
        (await cp.PostAsync(Operation, Body("key!", "set", "1"))).Refused(404, "unkey/data/key_not_found");
        Assert.Equal(1L, cp.Scalar($"SELECT remaining FROM keys WHERE id = '{limited}'"));
        Assert.Equal(0, cp.CountAudit("key.update"));
    }

    [Fact]
    public async Task PermissionAndWorkspaceDecideWhoMayUpdate()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        (string id, _) = await cp.CreateKeyAsync(api, ""","credits":{"remaining":1}""");
        foreach (string[] permissions in new[] { [], new[] { "api.*.create_key" }, ["api.api_other.update_key"] })
        {
            (await cp.PostAsync(Operation, Body(id, "set", "9"), await cp.RootKeyWithAsync(permissions)))
                .Refused(403, "unkey/authorization/insufficient_permissions");
        }

        (_, string foreigner) = await cp.CreateWorkspaceAsync();
        (await cp.PostAsync(Operation, Body(id, "set", "9"), foreigner)).Refused(404, "unkey/data/key_not_found");
        Assert.Equal(1L, cp.Scalar($"SELECT remaining FROM keys WHERE id = '{id}'"));
        (await cp.PostAsync(Operation, Body(id, "set", "9"), await cp.RootKeyWithAsync($"api.{api}.update_key"))).Ok();
    }

    private static async Task<string> UpdateAsync(ControlPlaneFixture cp, string id, string operation, string? value)
    {
        JsonElement data = (await cp.PostAsync(Operation, Body(id, operation, value))).Ok();
        return data.GetRawText();
    }

    private static string Body(string id, string operation, string? value) =>
        $$"""{"keyId":"{{id}}","operation":"{{operation}}"{{(value is null ? "" : $",\"value\":{value}")}}}""";
}
