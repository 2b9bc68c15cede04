using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Racing;

/// <summary>Changes of one key that race: what is left is what some order of them leaves, and nobody sees half of one.</summary>
public sealed class RacingUpdatesTests(ServerFixture fixture) : TcpTests(fixture)
{
    private const int Writers = 8;
    private const int UpdatesEach = 15;

    [Fact]
    public async Task WholeUpdatesAreNeverMixed()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, Whole(0));
        int[] read = await Race.RunAsync(Client, Writers + 4, (client, caller) =>
        {
            if (caller < Writers)
            {
                for (int i = 1; i <= UpdatesEach; i++)
                {
                    Assert.Empty(client.Post("keys.updateKey", $$"""{"keyId":"{{key.KeyId}}",{{Whole((caller * 100) + i)}}}""").Data.EnumerateObject());
                }

                return 0;
            }

            for (int i = 0; i < 150; i++)
            {
                Number(i % 2 == 0 ? client.GetKey(key.KeyId) : client.Verify(key.Key, "\"credits\":{\"cost\":0}").Data, isStored: i % 2 == 0);
            }

            return 150;
        });
        Assert.Equal(4 * 150, read.Sum());
        int last = Number(Client.GetKey(key.KeyId), isStored: true);
        Assert.Equal(UpdatesEach, last % 100);
        JsonElement verified = Client.Verify(key.Key, "\"credits\":{\"cost\":0}").Data;
        Assert.Equal(last, Number(verified, isStored: false));
        Assert.Equal(last, verified.GetProperty("credits").GetInt32());
    }

    [Fact]
    public async Task UpdatesOfDifferentMembersLoseNothing()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId);
        string user = Scene.Unique();
        string[] members =
        [
            "\"name\":\"n@\"", "\"meta\":{\"n\":@}", "\"enabled\":ODD", "\"credits\":{\"remaining\":@}", "\"permissions\":[\"p.@\"]",
            $"\"externalId\":\"{user}.@\"", "\"expires\":40000000000@", "\"ratelimits\":[{\"name\":\"limit\",\"limit\":@,\"duration\":1000,\"autoApply\":false}]",
        ];
        await Race.RunAsync(Client, members.Length, (client, member) =>
        {
            for (int i = 10; i <= 10 + UpdatesEach; i++)
            {
                string value = members[member].Replace("@", $"{i}").Replace("ODD", i % 2 == 1 ? "true" : "false");
                Assert.Empty(client.Post("keys.updateKey", $$"""{"keyId":"{{key.KeyId}}",{{value}}}""").Data.EnumerateObject());
            }

            return true;
        });
        JsonElement stored = Client.GetKey(key.KeyId);
        Assert.Equal("n25", stored.GetProperty("name").GetString());
        Assert.Equal("""{"n":25}""", stored.GetProperty("meta").GetRawText());
        Assert.True(stored.GetProperty("enabled").GetBoolean());
        Assert.Equal("""{"remaining":25}""", stored.GetProperty("credits").GetRawText());
        Assert.Equal("""["p.25"]""", stored.GetProperty("permissions").GetRawText());
        Assert.Equal($"{user}.25", stored.GetProperty("identity").GetProperty("externalId").GetString());
        Assert.Equal(4_000_000_000_025, stored.GetProperty("expires").GetInt64());
        Assert.Equal(25, Assert.Single(stored.GetProperty("ratelimits").EnumerateArray()).GetProperty("limit").GetInt32());
        JsonElement verified = Client.Verify(key.Key, "\"permissions\":\"p.25\"").Data;
        Assert.Equal(("VALID", "n25", 24), (verified.GetProperty("code").GetString(), verified.GetProperty("name").GetString(), verified.GetProperty("credits").GetInt32()));
    }

    [Fact]
    public async Task SetsOfPermissionsAndRolesEndInOneOfThem()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId);
        string[] roles = [.. Enumerable.Range(0, Writers).Select(i => $"role {i} {Scene.Unique()}")];
        foreach (string role in roles)
        {
            Client.Post("permissions.createRole", $$"""{"name":"{{role}}"}""");
        }

        await Race.RunAsync(Client, 2 * Writers, (client, i) =>
        {
            int set = i / 2;
            (string operation, string members) = i % 2 == 0
                ? ("keys.setPermissions", $"\"permissions\":[\"racing.{set}.a\",\"racing.{set}.b\"]")
                : ("keys.setRoles", $"\"roles\":[\"{roles[set]}\"]");
            JsonElement answer = client.Post(operation, $$"""{"keyId":"{{key.KeyId}}",{{members}}}""").Data;
            Assert.Equal(i % 2 == 0 ? 2 : 1, answer.GetArrayLength());
            return true;
        });
        JsonElement stored = Client.GetKey(key.KeyId);
        string[] slugs = [.. stored.GetProperty("permissions").EnumerateArray().Select(static slug => slug.GetString()!)];
        Assert.Equal([slugs[0][..^1] + "a", slugs[0][..^1] + "b"], slugs);
        Assert.Contains(Assert.Single(stored.GetProperty("roles").EnumerateArray()).GetString(), roles);
        JsonElement verified = Client.Verify(key.Key, $"\"permissions\":\"{slugs[0]} AND {slugs[1]}\"").Data;
        Assert.Equal(stored.GetProperty("roles").GetRawText(), verified.GetProperty("roles").GetRawText());
        Assert.Equal("VALID", verified.GetProperty("code").GetString());
    }

    [Fact]
    public async Task AddsAndRemovesOfOneKeyLoseNothing()
    {
        string tag = Scene.Unique();
        string Slugs(string what, int i) => $"\"permissions\":[\"{what}.{tag}.{i}\"]";
        CreatedKey key = Client.CreateKey(
            Scene.ApiId, $"\"permissions\":[{string.Join(',', Enumerable.Range(0, Writers).Select(i => $"\"old.{tag}.{i}\""))}]");
        await Race.RunAsync(Client, 2 * Writers, (client, i) => client.Post(
            i % 2 == 0 ? "keys.addPermissions" : "keys.removePermissions",
            $$"""{"keyId":"{{key.KeyId}}",{{Slugs(i % 2 == 0 ? "new" : "old", i / 2)}}}""").Data);
        Assert.Equal(
            Enumerable.Range(0, Writers).Select(i => $"new.{tag}.{i}"),
            Client.GetKey(key.KeyId).GetProperty("permissions").EnumerateArray().Select(static slug => slug.GetString()!));
    }

    [Fact]
    public async Task CreditsAreNeitherMadeNorLost()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, "\"credits\":{\"remaining\":1000}");
        int[] moved = await Race.RunAsync(Client, Writers, (client, caller) =>
        {
            int balance = 0;
            for (int i = 0; i < UpdatesEach; i++)
            {
                switch (caller % 4)
                {
                    case 0:
                        Assert.Equal("VALID", client.Verify(key.Key, "\"credits\":{\"cost\":2}").Code);
                        balance -= 2;
                        break;
                    case 1:
                        _ = client.Post("keys.updateKey", $$"""{"keyId":"{{key.KeyId}}","name":"n{{i}}"}""").Data;
                        break;
                    case 2:
                        _ = client.Post("keys.updateCredits", $$"""{"keyId":"{{key.KeyId}}","operation":"increment","value":5}""").Data;
                        balance += 5;
                        break;
                    default:
                        _ = client.Post("keys.updateCredits", $$"""{"keyId":"{{key.KeyId}}","operation":"decrement","value":3}""").Data;
                        balance -= 3;
                        break;
                }
            }

            return balance;
        });
        int left = 1000 + moved.Sum();
        Assert.Equal(left, Client.Verify(key.Key, "\"credits\":{\"cost\":0}").Data.GetProperty("credits").GetInt32());
        Assert.Equal(left, Client.GetKey(key.KeyId).GetProperty("credits").GetProperty("remaining").GetInt32());
    }

    /// <summary>Every member of a key, all of one number.</summary>
    private static string Whole(int n) => $$"""
        "name":"n{{n}}","meta":{"n":{{n}}},"expires":{{4_000_000_000_000 + n}},"enabled":{{(n % 2 == 0 ? "true" : "false")}},"externalId":"user.{{n}}",
        "permissions":["p.{{n}}","q.{{n}}"],"credits":{"remaining":{{n}}},"ratelimits":[{"name":"limit","limit":{{n + 1}},"duration":1000,"autoApply":true}]
        """;

    /// <summary>The number that all members of a key have.</summary>
    private static int Number(JsonElement key, bool isStored)
    {
        int n = key.GetProperty("meta").GetProperty("n").GetInt32();
        Assert.Equal($"n{n}", key.GetProperty("name").GetString());
        Assert.Equal(4_000_000_000_000 + n, key.GetProperty("expires").GetInt64());
        Assert.Equal(n % 2 == 0, key.GetProperty("enabled").GetBoolean());
        Assert.Equal($"user.{n}", key.GetProperty("identity").GetProperty("externalId").GetString());
        Assert.Equal($"""["p.{n}","q.{n}"]""", key.GetProperty("permissions").GetRawText());
        if (isStored)
        {
            Assert.Equal(n + 1, Assert.Single(key.GetProperty("ratelimits").EnumerateArray()).GetProperty("limit").GetInt32());
        }

        return n;
    }
}
