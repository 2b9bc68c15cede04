using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>identities.updateIdentity and identities.deleteIdentity, grouped by status.</summary>
public sealed class IdentityChangesTests(ServerFixture fixture) : TcpTests(fixture)
{
    private const string Update = "identities.updateIdentity";
    private const string Delete = "identities.deleteIdentity";
    private const string NotFoundDetail = "This identity does not exist.";

    [Fact]
    public void Updated200MetadataIsReplacedAndEchoed()
    {
        string user = Create("\"meta\":{\"old\":1}");
        JsonElement data = Change(user, """{"joined":"2023-01-01","active":true}""").Data;
        Assert.Equal(["externalId", "id", "meta"], data.Names());
        Assert.True(data.GetProperty("meta").IsJson("""{"joined":"2023-01-01","active":true}"""));
        Assert.True(Get(user).GetProperty("meta").IsJson("""{"joined":"2023-01-01","active":true}"""));
        Assert.False(Change(user, "{}").Data.Has("meta"));
        Assert.False(Get(user).Has("meta"));
    }

    [Fact]
    public void Updated200LimitsAreMatchedByName()
    {
        string user = Create($"\"ratelimits\":[{Limit("api_calls", 100)},{Limit("special_feature", 10)}]");
        string keptId = LimitIds(Get(user))["api_calls"];
        JsonElement data = Post(Update, user, $"\"ratelimits\":[{Limit("api_calls", 200)},{Limit("new_feature", 5, 86_400_000)}]").Data;
        Assert.Equal(["api_calls", "new_feature"], data.GetProperty("ratelimits").Each("name").Order());
        Assert.Equal(keptId, LimitIds(data)["api_calls"]);
        JsonElement stored = Get(user);
        Assert.Equal(LimitIds(data), LimitIds(stored));
        Assert.Equal([200L, 5L], stored.GetProperty("ratelimits").EnumerateArray().OrderBy(static l => l.Text("name")).Select(static l => l.Number("limit")));
        Assert.False(Post(Update, user, "\"ratelimits\":[]").Data.Has("ratelimits"));
        Assert.False(Get(user).Has("ratelimits"));
    }

    [Fact]
    public void Updated200BothAtOnceAndWhatIsAbsentStays()
    {
        string user = Create($"\"meta\":{{\"plan\":\"free\"}},\"ratelimits\":[{Limit("api_calls", 1)}]");
        JsonElement data = Post(Update, user, $"\"meta\":{{\"plan\":\"pro\",\"credits\":1000}},\"ratelimits\":[{Limit("enterprise_feature", 50, 3_600_000)}]").Data;
        Assert.Equal("enterprise_feature", data.GetProperty("ratelimits").Only().Text("name"));
        JsonElement nothing = Client.Post(Update, $$"""{"identity":"{{user}}"}""").Data;
        Assert.False(nothing.Has("meta"));
        Assert.Equal("enterprise_feature", nothing.GetProperty("ratelimits").Only().Text("name"));
        Assert.True(Get(user).GetProperty("meta").IsJson("""{"plan":"pro","credits":1000}"""));
        Assert.Equal(
            ["identity.create", "identity.update"], Client.Events(Get(user).Text("id")).Select(static e => e.Text("event")).Where(static e => e.StartsWith("identity")));
    }

    [Fact]
    public void Updated200LimitsHoldForTheNextVerification()
    {
        string user = Create($"\"ratelimits\":[{Limit("requests", 100)}]");
        CreatedKey key = Client.CreateKey(Scene.ApiId, $"\"externalId\":\"{user}\"");
        Assert.Equal("VALID", Client.Verify(key.Key, "\"ratelimits\":[{\"name\":\"requests\"}]").Code);
        Post(Update, user, $"\"ratelimits\":[{Limit("requests", 1)}]");
        Assert.Equal(1, Client.Verify(key.Key, "\"ratelimits\":[{\"name\":\"requests\",\"cost\":0}]").Data.GetProperty("ratelimits").Only().Number("limit"));
        Post(Update, user, "\"ratelimits\":[]");
        Client.Verify(key.Key, "\"ratelimits\":[{\"name\":\"requests\"}]").Refused(ErrorCode.Precondition);
    }

    [Fact]
    public async Task Updated200ManyAtOnceOfOneIdentity()
    {
        string user = Create();
        string limits = string.Join(',', new[] { "one", "two", "three" }.Select(static name => Limit(name, 10)));
        await Together(Enumerable.Range(0, 10), (client, i) =>
            Assert.Equal(200, client.Post(Update, $$"""{"identity":"{{user}}","meta":{"i":{{i}} },"ratelimits":[{{limits}}]}""").Status));
        Assert.Equal(["one", "three", "two"], Get(user).GetProperty("ratelimits").Each("name").Order());
    }

    [Fact]
    public async Task Updated200ManyIdentitiesAtOnce()
    {
        string[] users = [.. Enumerable.Range(0, 50).Select(_ => Create())];
        string limits = string.Join(',', Enumerable.Range(0, 5).Select(static i => Limit($"limit{i}", 10 + i)));
        for (int round = 0; round < 3; round++)
        {
            await Together(users.Chunk(10), (client, chunk) => Assert.All(chunk, user =>
                Assert.Equal(200, client.Post(Update, $$"""{"identity":"{{user}}","ratelimits":[{{limits}}]}""").Status)));
        }

        Assert.All(users, user => Assert.Equal(5, Get(user).GetProperty("ratelimits").GetArrayLength()));
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("@#$%")]
    public void Refused404AnUnknownIdentity(string identity)
    {
        Assert.Equal(NotFoundDetail, Post(Update, identity, "\"meta\":{}").Refused(ErrorCode.IdentityNotFound).Detail);
        Assert.Equal(NotFoundDetail, Remove(Client, identity).Refused(ErrorCode.IdentityNotFound).Detail);
        Remove(Client, new string('a', 1000)).Refused(ErrorCode.IdentityNotFound);
    }

    [Fact]
    public void Refused404AForeignIdentityStaysAsItIs()
    {
        using ApiClient stranger = Fixture.Client.CreateWorkspace().Client;
        string user = Create("\"meta\":{\"a\":1}");
        string id = Get(user).Text("id");
        foreach (string name in new[] { user, id })
        {
            stranger.Post(Update, $$"""{"identity":"{{name}}","meta":{} }""").Refused(ErrorCode.IdentityNotFound);
            Remove(stranger, name).Refused(ErrorCode.IdentityNotFound);
        }

        Assert.True(Get(user).GetProperty("meta").IsJson("""{"a":1}"""));
    }

    [Fact]
    public void Refused400RepeatedNamesAndLargeMetadataEvenOfAnUnknownIdentity()
    {
        foreach (string user in new[] { Create(), "nobody" })
        {
            Reply repeated = Post(Update, user, $"\"ratelimits\":[{Limit("api_calls", 1)},{Limit("api_calls", 2)}]").Refused(ErrorCode.InvalidInput);
            Assert.Equal("Ratelimit with name 'api_calls' is already defined in the request", repeated.Detail);
            Assert.Empty(repeated.ErrorLocations);
            Reply large = Post(Update, user, $"\"meta\":{{\"a\":\"{new string('a', 1_048_577)}\"}}").Refused(ErrorCode.InvalidInput);
            Assert.Contains("Metadata is too large", large.Detail);
        }
    }

    [Fact]
    public void Refused403BeforeTheIdentityIsLookedUp()
    {
        string user = Create();
        foreach (string identity in new[] { user, "nobody" })
        {
            foreach (string permission in new[] { "identity.*.create_identity", "identity.*.read_identity", "api.*.delete_api" })
            {
                using ApiClient caller = Client.WithPermissions(permission);
                Assert.Contains("permission", caller.Post(Update, $$"""{"identity":"{{identity}}"}""").Refused(ErrorCode.InsufficientPermissions).Detail);
                Remove(caller, identity).Refused(ErrorCode.InsufficientPermissions);
            }
        }

        Assert.Equal(200, Client.Post("identities.getIdentity", $$"""{"identity":"{{user}}"}""").Status);
    }

    [Fact]
    public void Updated200AndDeleted200ByEachPermission()
    {
        foreach (string action in new[] { "update", "delete" })
        {
            foreach (string permission in new[] { $"identity.*.{action}_identity", Scene.Urn("projects/*/identities/*", $"{action}_identity") })
            {
                using ApiClient caller = Client.WithPermissions(permission);
                Assert.Equal(200, caller.Post($"identities.{action}Identity", $$"""{"identity":"{{Create()}}"}""").Status);
            }
        }
    }

    [Fact]
    public void Deleted200HasNoDataAndLeavesTheKeys()
    {
        string user = Create($"\"meta\":{{\"a\":1}},\"ratelimits\":[{Limit("requests", 1)}]");
        string id = Get(user).Text("id");
        CreatedKey key = Client.CreateKey(Scene.ApiId, $"\"externalId\":\"{user}\"");
        Assert.True(Client.Verify(key.Key).Data.Has("identity"));
        Assert.Equal(["meta"], Remove(Client, user).Json.Names());
        JsonElement verified = Client.Verify(key.Key).Data;
        Assert.Equal("VALID", verified.Text("code"));
        Assert.False(verified.Has("identity"));
        Assert.False(Client.GetKey(key.KeyId).Has("identity"));
        foreach (string name in new[] { user, id })
        {
            Client.Post("identities.getIdentity", $$"""{"identity":"{{name}}"}""").Refused(ErrorCode.IdentityNotFound);
            Remove(Client, name).Refused(ErrorCode.IdentityNotFound);
        }

        Assert.Equal("identity.delete", Client.Events(id)[^1].Text("event"));
    }

    [Fact]
    public void Deleted200AnExternalIdIsFreeAgainAgainAndAgain()
    {
        string user = "user." + Scene.Unique();
        List<string> ids = [];
        foreach (int limit in new[] { 300_000, 20_000, 5 })
        {
            ids.Add(Client.Post(
                "identities.createIdentity", $$"""{"externalId":"{{user}}","ratelimits":[{{Limit("per_month", limit, 2_592_000_000)}}]}""").Data.Text("identityId"));
            Assert.Equal(limit, Get(user).GetProperty("ratelimits").Only().Number("limit"));
            Assert.Equal(200, Remove(Client, user).Status);
        }

        Assert.Equal(3, ids.Distinct().Count());
        Client.Post("identities.getIdentity", $$"""{"identity":"{{user}}"}""").Refused(ErrorCode.IdentityNotFound);
    }

    [Fact]
    public async Task Deleted200OrNotFoundWhenTwoDeleteAtOnce()
    {
        for (int round = 0; round < 5; round++)
        {
            string user = Create();
            int deleted = 0;
            await Together(Enumerable.Range(0, 2), (client, _) =>
            {
                Reply reply = Remove(client, user);
                Assert.True(reply.Status is 200 or 404, reply.ToString());
                Interlocked.Add(ref deleted, reply.Status == 200 ? 1 : 0);
            });
            Assert.InRange(deleted, 1, 2);
        }
    }

    private static string Limit(string name, long limit, long duration = 60_000) =>
        $$"""{"name":"{{name}}","limit":{{limit}},"duration":{{duration}},"autoApply":false}""";

    private static Dictionary<string, string> LimitIds(JsonElement identity) =>
        identity.GetProperty("ratelimits").EnumerateArray().OrderBy(static limit => limit.Text("name")).ToDictionary(static limit => limit.Text("name"), static limit => limit.Text("id"));

    private static Reply Remove(ApiClient client, string identity) => client.Post(Delete, $$"""{"identity":"{{identity}}"}""");

    private string Create(string members = "")
    {
        string user = "user." + Scene.Unique();
        Assert.Equal(200, Client.Post("identities.createIdentity", $$"""{"externalId":"{{user}}"{{(members.Length == 0 ? "" : "," + members)}}}""").Status);
        return user;
    }

    private JsonElement Get(string identity) => Client.Post("identities.getIdentity", $$"""{"identity":"{{identity}}"}""").Data;

    private Reply Change(string identity, string meta) => Post(Update, identity, "\"meta\":" + meta);

    private Reply Post(string operation, string identity, string members) => Client.Post(operation, $$"""{"identity":"{{identity}}",{{members}}}""");

    private Task Together<T>(IEnumerable<T> items, Action<ApiClient, T> action) => Task.WhenAll(items.Select(item => Task.Factory.StartNew(
        () =>
        {
            using ApiClient client = Client.Another();
            action(client, item);
        },
        TaskCreationOptions.LongRunning)));
}
