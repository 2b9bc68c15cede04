using System;
using System.Linq;
using System.Text.Json;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>apis.listKeys, grouped by status.</summary>
public sealed class ListKeysTests(ServerFixture fixture) : TcpTests(fixture)
{
    private const string Operation = "apis.listKeys";

    [Fact]
    public void Listed200EveryKeyOnceInTheOrderOfIds()
    {
        string apiId = Client.CreateApi();
        string a = NewIdentity("\"meta\":{\"tier\":1}");
        string b = NewIdentity();
        CreatedKey[] keys =
        [
            Client.CreateKey(apiId, $"\"externalId\":\"{a}\",\"meta\":{{\"n\":{{\"a\":[1]}}}}"), Client.CreateKey(apiId, $"\"externalId\":\"{a}\""),
            Client.CreateKey(apiId, $"\"externalId\":\"{b}\""), Client.CreateKey(apiId),
            Client.CreateKey(apiId, "\"enabled\":false,\"expires\":1704067200000"),
        ];
        CreatedKey gone = Client.CreateKey(apiId);
        Client.Post("keys.deleteKey", $$"""{"keyId":"{{gone.KeyId}}"}""");
        JsonElement[] listed = Assert.Single(Client.Pages(Operation, $"\"apiId\":\"{apiId}\""));
        Assert.Equal(keys.Select(static key => key.KeyId).Order(StringComparer.Ordinal), listed.Select(static key => key.Text("keyId")));
        Assert.All(listed, static key => Assert.InRange(key.Text("start").Length, 1, 32));
        Assert.All(listed, static key => Assert.True(key.Number("createdAt") > 0));
        Assert.All(listed, static key => Assert.False(key.Has("plaintext")));
        JsonElement full = listed.Single(key => key.Text("keyId") == keys[0].KeyId);
        Assert.True(full.GetProperty("meta").IsJson("""{"n":{"a":[1]}}"""));
        Assert.Equal(Client.GetKey(keys[0].KeyId).GetRawText(), full.GetRawText());
        Assert.False(listed.Single(key => key.Text("keyId") == keys[4].KeyId).Flag("enabled"));

        foreach (string members in new[] { "\"limit\":2", "\"limit\":1", "\"limit\":5", "\"limit\":100" })
        {
            Assert.Equal(
                listed.Select(static key => key.GetRawText()),
                Client.Pages(Operation, $"\"apiId\":\"{apiId}\",{members}").SelectMany(static page => page).Select(static key => key.GetRawText()));
        }

        JsonElement[] ofA = Assert.Single(Client.Pages(Operation, $"\"apiId\":\"{apiId}\",\"externalId\":\"{a}\""));
        Assert.Equal(keys[..2].Select(static key => key.KeyId).Order(StringComparer.Ordinal), ofA.Select(static key => key.Text("keyId")));
        Assert.All(ofA, key => Assert.Equal(a, key.GetProperty("identity").Text("externalId")));
        Assert.All(ofA, key => Assert.True(key.GetProperty("identity").GetProperty("meta").IsJson("""{"tier":1}""")));
        Assert.Equal(keys[2].KeyId, Assert.Single(Assert.Single(Client.Pages(Operation, $"\"apiId\":\"{apiId}\",\"externalId\":\"{b}\""))).Text("keyId"));
        Assert.Empty(Assert.Single(Client.Pages(Operation, $"\"apiId\":\"{apiId}\",\"externalId\":\"{a.ToUpperInvariant()}\"")));
    }

    [Fact]
    public void Listed200LimitsStandWithTheKeyThatHasThem()
    {
        string apiId = Client.CreateApi();
        CreatedKey limited = Client.CreateKey(apiId, "\"ratelimits\":[{\"name\":\"requests\",\"limit\":100,\"duration\":60000,\"autoApply\":true}]");
        Client.CreateKey(apiId);
        JsonElement[] listed = Assert.Single(Client.Pages(Operation, $"\"apiId\":\"{apiId}\""));
        JsonElement limit = Assert.Single(listed, static key => key.Has("ratelimits")).GetProperty("ratelimits").Only();
        Assert.Equal(("requests", 100, 60000, true), (limit.Text("name"), limit.Number("limit"), limit.Number("duration"), limit.Flag("autoApply")));
        Assert.NotEmpty(limit.Text("id"));
        Assert.Contains(listed, key => key.Text("keyId") == limited.KeyId);
    }

    [Fact]
    public void Listed200AnEmptyApiAndAnUnknownExternalIdHaveOneEmptyPage()
    {
        string apiId = Client.CreateApi();
        Assert.Empty(Assert.Single(Client.Pages(Operation, $"\"apiId\":\"{apiId}\"")));
        Client.CreateKey(apiId);
        Assert.Empty(Assert.Single(Client.Pages(Operation, $"\"apiId\":\"{apiId}\",\"externalId\":\"nobody\"")));
    }

    [Fact]
    public void Listed200TheKeysOfADeletedIdentityHaveNone()
    {
        string apiId = Client.CreateApi();
        string user = NewIdentity();
        Client.CreateKey(apiId, $"\"externalId\":\"{user}\"");
        Client.Post("identities.deleteIdentity", $$"""{"identity":"{{user}}"}""");
        Assert.False(Assert.Single(Assert.Single(Client.Pages(Operation, $"\"apiId\":\"{apiId}\""))).Has("identity"));
        Assert.Empty(Assert.Single(Client.Pages(Operation, $"\"apiId\":\"{apiId}\",\"externalId\":\"{user}\"")));
    }

    [Fact]
    public void Listed200AnyTextIsAPosition()
    {
        foreach (string cursor in new[] { "", "zzz", "key_", "'; DROP TABLE keys", new string('k', 5_000), "\u65e5\u672c" })
        {
            Assert.Equal(200, List(Client, Scene.ApiId, $",\"cursor\":{JsonSerializer.Serialize(cursor)}").Status);
        }
    }

    [Fact]
    public void Refused404IsTheSameForUnknownDeletedForeignAndUnreadable()
    {
        string deleted = Client.CreateApi();
        Client.Post("apis.deleteApi", $$"""{"apiId":"{{deleted}}"}""");
        string other = Client.CreateApi();
        string wanted = Error(List(Client, "api_unknown1"));
        Assert.DoesNotContain("permission", wanted);
        foreach (string odd in new[] { deleted, "invalid_format", new string('a', 500), "api_special!@#$%^&*()", "x" })
        {
            Assert.Equal(wanted, Error(List(Client, odd)));
        }

        using ApiClient stranger = Fixture.Client.CreateWorkspace().Client;
        Assert.Equal(wanted, Error(List(stranger, Scene.ApiId)));
        string[][] denied =
        [
            ["api.*.read_api"], ["api.*.read_key"], [$"api.{other}.read_api", $"api.{other}.read_key"], ["identity.*.read_identity"],
            [Scene.Urn($"keyspaces/{Scene.KeyspaceId}/keys/*", "read_key")], [Scene.Urn($"keyspaces/{Scene.KeyspaceId}", "read_keyspace")],
        ];
        foreach (string[] permissions in denied)
        {
            using ApiClient caller = Client.WithPermissions(permissions);
            Assert.Equal(wanted, Error(List(caller, Scene.ApiId)));
        }

        static string Error(Reply reply) => reply.Refused(ErrorCode.ApiNotFound).Json.GetProperty("error").GetRawText();
    }

    [Fact]
    public void Listed200ByEachPairOfPermissions()
    {
        string[][] allowed =
        [
            ["api.*.read_key", "api.*.read_api"], [$"api.{Scene.ApiId}.read_key", $"api.{Scene.ApiId}.read_api"],
            ["api.*.read_key", $"api.{Scene.ApiId}.read_api"], [$"api.{Scene.ApiId}.read_key", "api.*.read_api"],
            [Scene.Urn($"keyspaces/{Scene.KeyspaceId}/keys/*", "read_key"), Scene.Urn($"keyspaces/{Scene.KeyspaceId}", "read_keyspace")],
        ];
        foreach (string[] permissions in allowed)
        {
            using ApiClient caller = Client.WithPermissions(permissions);
            Assert.Contains(Scene.Key.KeyId, List(caller, Scene.ApiId).Data.Each("keyId"));
        }
    }

    [Fact]
    public void Refused400SeveralFaultsAreOneAnswer()
    {
        Reply reply = Client.Post(Operation, """{"limit":-1}""").RefusedBySchema(Operation, "/required");
        Assert.Contains("validate", reply.Detail);
        Assert.Equal(["/properties/limit/minimum", "/required"], reply.ErrorLocations.Order());
    }

    private string NewIdentity(string members = "")
    {
        string externalId = "user." + Scene.Unique();
        Client.Post("identities.createIdentity", $$"""{"externalId":"{{externalId}}"{{(members.Length == 0 ? "" : "," + members)}}}""");
        return externalId;
    }

    private static Reply List(ApiClient client, string apiId, string members = "") =>
        client.Post(Operation, $$"""{"apiId":{{JsonSerializer.Serialize(apiId)}}{{members}}}""");
}
