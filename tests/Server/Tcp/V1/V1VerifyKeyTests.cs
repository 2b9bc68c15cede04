using System;
using System.Linq;
using System.Text.Json;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.V1;

/// <summary>v1's keys.verifyKey: what the contract calls worth a test, grouped by outcome code, and that both of its paths agree.</summary>
public sealed class V1VerifyKeyTests(V1Fixture fixture) : V1TcpTests(fixture)
{
    private const string All =
        """
        "name":"full","ownerId":"owner @ 7","meta":{"a":1},"remaining":5,"roles":["reader"],"permissions":["p1","p2","x y"],"environment":"test",
        "ratelimit":{"async":true,"limit":10,"duration":60000}
        """;

    [Fact]
    public void Valid_APlainKey()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId);
        V1Reply reply = Client.Verify(key.Key);
        string requestId = reply.Json.GetProperty("requestId").GetString()!;
        Assert.Equal(requestId, reply.Http.Field("unkey-request-id"));
        Assert.Equal(
            $$"""{"valid":true,"code":"VALID","requestId":"{{requestId}}","keyId":"{{key.KeyId}}","enabled":true,"permissions":[],"roles":[]}""",
            reply.Http.Text);
        Assert.Null(reply.Triggered);
    }

    [Fact]
    public void Valid_ShowsEverythingTheKeyHas()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, All);
        JsonElement result = Client.Verify(key.Key, "\"remaining\":{\"cost\":2}").Result;
        Assert.Equal(
            ["code", "enabled", "environment", "identity", "keyId", "meta", "name", "ownerId", "permissions", "ratelimit", "remaining", "requestId", "roles", "valid"],
            result.EnumerateObject().Select(member => member.Name).Order());
        Assert.Equal(("test", "owner @ 7", 3), (Text(result, "environment"), Text(result, "ownerId"), result.GetProperty("remaining").GetInt32()));
        Assert.Equal("""["p1","p2","x y"]""", result.GetProperty("permissions").GetRawText());
        Assert.Equal("""["reader"]""", result.GetProperty("roles").GetRawText());
        JsonElement identity = result.GetProperty("identity");
        Assert.Equal(("owner @ 7", "{}"), (Text(identity, "externalId"), identity.GetProperty("meta").GetRawText()));
        JsonElement limit = result.GetProperty("ratelimit");
        Assert.Equal((10, 9), (limit.GetProperty("limit").GetInt32(), limit.GetProperty("remaining").GetInt32()));
        Assert.InRange(limit.GetProperty("reset").GetInt64(), Now() - 1_000, Now() + 61_000);
    }

    [Fact]
    public void Valid_NoCredentialsAreLookedAt()
    {
        foreach (string authorization in new[] { "Bearer public", "Bearer " + Scene.Key.Key, "nonsense", "" })
        {
            string body = $$"""{"key":"{{Scene.Key.Key}}"}""";
            Assert.Equal("VALID", Client.Send(new ApiRequest("keys.verifyKey", body) { Authorization = authorization }).Code);
            Assert.Equal("VALID", Client.Send(new ApiRequest("keys.verifyKey", body) { Authorization = authorization, ContentType = null }).Code);
        }
    }

    [Fact]
    public void Valid_AKeyOfV2AndTheMetadataOfItsIdentity()
    {
        string user = "user." + Scene.Unique();
        V2.Post("identities.createIdentity", $$$"""{"externalId":"{{{user}}}","meta":{"plan":"pro"}}""");
        CreatedKey key = V2.CreateKey(Scene.ApiId, $"\"externalId\":\"{user}\"");
        JsonElement result = Client.Verify(key.Key).Result;
        Assert.Equal((user, user), (Text(result, "ownerId"), Text(result.GetProperty("identity"), "externalId")));
        Assert.Equal("""{"plan":"pro"}""", result.GetProperty("identity").GetProperty("meta").GetRawText());

        // And the other way round, v2 knows nothing of an environment.
        CreatedKey old = Client.CreateKey(Scene.ApiId, "\"environment\":\"test\"");
        Assert.Equal($$"""{"valid":true,"code":"VALID","keyId":"{{old.KeyId}}","enabled":true}""", V2.Verify(old.Key).Data.GetRawText());
    }

    [Fact]
    public void NotFound_HasNothingElse()
    {
        CreatedKey deleted = Client.CreateKey(Scene.ApiId);
        Client.Post("keys.deleteKey", $$"""{"keyId":"{{deleted.KeyId}}"}""");
        foreach (string key in new[] { "unknown", deleted.Key, V2.RootKey, Scene.Key.Key + " ", new string('x', 10_000) })
        {
            Assert.Equal("\"valid\":false,\"code\":\"NOT_FOUND\"", Client.Verify(key, "\"ratelimits\":[{\"name\":\"no such limit\"}]").WithoutRequestId);
        }
    }

    [Fact]
    public void Disabled_ShowsTheKeyAndComesBeforeTheApi()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, "\"enabled\":false,\"meta\":{\"a\":1},\"expires\":1000,\"remaining\":3");
        JsonElement result = Client.Verify(key.Key, "\"apiId\":\"api_other\"").Result;
        Assert.Equal(("DISABLED", false), (Text(result, "code"), result.GetProperty("enabled").GetBoolean()));
        Assert.Equal(("""{"a":1}""", 3), (result.GetProperty("meta").GetRawText(), result.GetProperty("remaining").GetInt32()));
    }

    [Fact]
    public void Forbidden_ForAnotherApiBeforeTheExpiry()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, "\"expires\":1000");
        Assert.Equal("FORBIDDEN", Client.Verify(key.Key, "\"apiId\":\"api_other\"").Code);
        Assert.Equal("EXPIRED", Client.Verify(key.Key, $"\"apiId\":\"{Scene.ApiId}\"").Code);
        Assert.Equal("VALID", Client.Verify(Scene.Key.Key, $"\"apiId\":\"{Scene.ApiId}\"").Code);
    }

    [Fact]
    public void Forbidden_ForAnAddressThatIsNotOnTheList()
    {
        string apiId = V2.CreateApi();
        CreatedKey key = Client.CreateKey(apiId);
        V2.Post("apis.updateApi", $$"""{"apiId":"{{apiId}}","ipAllowList":["203.0.113.7"]}""");
        Assert.Equal("FORBIDDEN", Client.Verify(key.Key).Code);

        // Whoever sends these fields is not believed: the caller is the peer.
        Assert.Equal("FORBIDDEN", Client.SendAnonymously(new ApiRequest("keys.verifyKey", $$"""{"key":"{{key.Key}}"}""")
        {
            MoreFields = ["True-Client-IP: 203.0.113.7", "CF-Connecting-IP: 203.0.113.7", "X-Forwarded-For: 203.0.113.7"],
        }).Code);
        V2.Post("apis.updateApi", $$"""{"apiId":"{{apiId}}","ipAllowList":["127.0.0.1"]}""");
        Assert.Equal("VALID", Client.Verify(key.Key).Code);
    }

    [Fact]
    public void Expired_WhenTheTimeHasComeWithEverythingStillShown()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, All + $",\"expires\":{Now() + 2_000}");
        Assert.Equal("VALID", Client.Verify(key.Key, "\"remaining\":{\"cost\":0}").Code);
        Poll.Until(() => Client.Verify(key.Key, "\"remaining\":{\"cost\":0}").Code is "EXPIRED", "the key expires");
        JsonElement result = Client.Verify(key.Key).Result;
        Assert.False(result.GetProperty("valid").GetBoolean());
        foreach (string member in new[] { "meta", "expires", "environment", "name", "ownerId", "permissions", "roles", "identity" })
        {
            Assert.True(result.TryGetProperty(member, out _), member);
        }
    }

    [Theory]
    [InlineData("\"p1\"", true)]
    [InlineData("\"p2\"", true)]
    [InlineData("\"x y\"", true)]
    [InlineData("\"p3\"", false)]
    [InlineData("\"p1 AND p2\"", false)]
    [InlineData("\"*\"", false)]
    [InlineData("\"\"", false)]
    [InlineData("null", true)]
    [InlineData("""{"or":["p1"]}""", true)]
    [InlineData("""{"and":["p1",{"or":["p2","p6",{"and":["p4","p2"]}]}]}""", true)]
    [InlineData("""{"and":["p1",{"or":["p5","p6",{"and":["p4","p2"]}]}]}""", false)]
    [InlineData("""{"or":["p3",{"and":["p1",{"or":["p9","x y"]}]}]}""", true)]
    [InlineData("""{"or":["p3",null,"p1"]}""", true)]
    public void Insufficient_NestedQueries(string query, bool isSatisfied)
    {
        // One permission directly, one by a role.
        CreatedKey key = Client.CreateKey(Scene.ApiId, "\"permissions\":[\"p1\",\"x y\"]");
        string role = "role-" + Scene.Unique();
        V2.Post("permissions.createRole", $$"""{"name":"{{role}}","permissions":["p2"]}""");
        V2.Post("keys.addRoles", $$"""{"keyId":"{{key.KeyId}}","roles":["{{role}}"]}""");
        string members = $$$"""
            "authorization":{"permissions":{{{query}}}}
            """;
        Assert.Equal(isSatisfied ? "VALID" : "INSUFFICIENT_PERMISSIONS", Client.Verify(key.Key, members).Code);
        Assert.Equal(isSatisfied ? "VALID" : "INSUFFICIENT_PERMISSIONS", Client.VerifyOffReactor(key.Key, members).Code);
    }

    [Theory]
    [InlineData(5, null, "VALID", 4)]
    [InlineData(10, 2L, "VALID", 8)]
    [InlineData(1, 2L, "USAGE_EXCEEDED", 1)]
    [InlineData(1, 0L, "VALID", 1)]
    public void Usage_Table(long balance, long? cost, string code, long left)
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, $"\"remaining\":{balance}");
        V1Reply reply = Client.Verify(key.Key, cost is null ? "" : $"\"remaining\":{{\"cost\":{cost}}}");
        Assert.Equal((code, left), (reply.Code, reply.Result.GetProperty("remaining").GetInt64()));
    }

    [Fact]
    public void Usage_WithoutCreditsOnlyWhatIsFree()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, "\"remaining\":1");
        Assert.Equal("VALID", Client.Verify(key.Key).Code);
        Assert.Equal("USAGE_EXCEEDED", Client.Verify(key.Key).Code);
        V1Reply free = Client.Verify(key.Key, "\"remaining\":{\"cost\":0}");
        Assert.Equal(("VALID", 0), (free.Code, free.Result.GetProperty("remaining").GetInt32()));
    }

    [Fact]
    public void Limited_TheStoredLimitAppliesByItselfAndByName()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, "\"ratelimit\":{\"limit\":3,\"duration\":600000}");
        Assert.Equal(2, Remaining(Client.Verify(key.Key)));
        Assert.Equal(1, Remaining(Client.Verify(key.Key, "\"ratelimits\":[{\"name\":\"default\"}]")));
        Assert.Equal(0, Remaining(Client.Verify(key.Key)));
        V1Reply limited = Client.Verify(key.Key);
        Assert.Equal(("RATE_LIMITED", "default", 0), (limited.Code, limited.Triggered, Remaining(limited)));
    }

    [Fact]
    public void Limited_TheDeprecatedCostIsThatOfTheLimitThatAppliesByItself()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, "\"ratelimit\":{\"limit\":10,\"duration\":600000}");
        Assert.Equal(6, Remaining(Client.Verify(key.Key, "\"ratelimit\":{\"cost\":4}")));
        Assert.Equal(6, Remaining(Client.Verify(key.Key, "\"ratelimit\":{\"cost\":0}")));
        Assert.Equal("RATE_LIMITED", Client.Verify(key.Key, "\"ratelimit\":{\"cost\":7}").Code);
    }

    [Fact]
    public void Limited_AdHocLimits()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId);
        string limits = """[{"name":"10per10s","limit":10,"duration":10000,"cost":4},{"name":"1per60s","limit":1,"duration":60000,"cost":COST}]""";
        Assert.Equal("VALID", Client.Verify(key.Key, "\"ratelimits\":" + limits.Replace("COST", "1", StringComparison.Ordinal)).Code);
        V1Reply limited = Client.Verify(key.Key, "\"ratelimits\":" + limits.Replace("COST", "2", StringComparison.Ordinal));
        Assert.Equal(("RATE_LIMITED", "1per60s"), (limited.Code, limited.Triggered));
        Assert.False(limited.Result.TryGetProperty("ratelimit", out _));
    }

    [Fact]
    public void Limited_TheKeysLimitHidesThatOfItsIdentity()
    {
        string user = "user_" + Scene.Unique();
        Client.Post("identities.createIdentity", $$"""{"externalId":"{{user}}","ratelimits":[{"name":"limit1","limit":1,"duration":600000},{"name":"limit2","limit":2,"duration":600000}]}""");
        CreatedKey key = V2.CreateKey(
            Scene.ApiId, $"\"externalId\":\"{user}\",\"ratelimits\":[{{\"name\":\"limit1\",\"limit\":4,\"duration\":600000,\"autoApply\":false}}]");
        string[] codes = [.. Enumerable.Range(0, 5).Select(_ => Client.Verify(key.Key, "\"ratelimits\":[{\"name\":\"limit1\"}]").Code)];
        Assert.Equal(["VALID", "VALID", "VALID", "VALID", "RATE_LIMITED"], codes);

        // The identity's other limit is a fallback that its keys share.
        CreatedKey second = Client.CreateKey(Scene.ApiId, $"\"externalId\":\"{user}\"");
        Assert.Equal("VALID", Client.Verify(key.Key, "\"ratelimits\":[{\"name\":\"limit2\"}]").Code);
        Assert.Equal("VALID", Client.Verify(second.Key, "\"ratelimits\":[{\"name\":\"limit2\"}]").Code);
        V1Reply limited = Client.Verify(second.Key, "\"ratelimits\":[{\"name\":\"limit2\"}]");
        Assert.Equal(("RATE_LIMITED", "limit2"), (limited.Code, limited.Triggered));
        Assert.Equal(user, Text(limited.Result, "ownerId"));
        Assert.Equal("RATE_LIMITED", Client.Verify(key.Key, "\"ratelimits\":[{\"name\":\"limit2\"}]").Code);
    }

    [Theory]
    [InlineData("a b", "a b")]
    [InlineData("x\\r\\nSet-Cookie: a=b", null)]
    [InlineData("\\u00e9", null)]
    [InlineData("\\u0000", null)]
    public void Limited_OnlyAHarmlessNameGoesIntoTheHead(string name, string? expected)
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId);
        string members = $$"""
            "ratelimits":[{"name":"{{name}}","limit":1,"duration":600000,"cost":2}]
            """;
        foreach (V1Reply reply in new[] { Client.Verify(key.Key, members), Client.VerifyOffReactor(key.Key, members) })
        {
            Assert.Equal(("RATE_LIMITED", expected), (reply.Code, reply.Triggered));
            Assert.Null(reply.Http.Field("set-cookie"));
        }

        string longName = new('n', 256);
        Assert.Null(Client.Verify(key.Key, $$"""
            "ratelimits":[{"name":"{{longName}}","limit":1,"duration":600000,"cost":2}]
            """).Triggered);
    }

    [Fact]
    public void Refused400_AnUnknownLimitNamesKeyAndIdentity()
    {
        CreatedKey alone = Client.CreateKey(Scene.ApiId);
        Client.Verify(alone.Key, "\"ratelimits\":[{\"name\":\"none\"}]").Refused(
            "BAD_REQUEST", $"ratelimit \"none\" was requested but does not exist for key \"{alone.KeyId}\" and there is no identity connected");
        Client.Verify(Scene.Key.Key, "\"ratelimits\":[{\"name\":\"none\",\"limit\":5}]").Refused(
            "BAD_REQUEST",
            $"ratelimit \"none\" was requested but does not exist for key \"{Scene.Key.KeyId}\" nor identity {{ id: {Scene.IdentityId}, externalId: {Scene.ExternalId}}}");
    }

    [Theory]
    [InlineData("{}", "key: is required")]
    [InlineData("""{"key":""}""", "key: minLength: got 0, want 1")]
    [InlineData("""{"key":5}""", "key: got number, want string")]
    [InlineData("""{"key":"x","remaining":{"cost":-1}}""", "remaining.cost: minimum: got -1, want 0")]
    [InlineData("""{"key":"x","ratelimits":[{"name":"a"},{"cost":1}]}""", "ratelimits.1.name: is required")]
    [InlineData("""{"key":"x","tags":["a",""]}""", "tags.1: minLength: got 0, want 1")]
    [InlineData("""{"key":"x","tags":5,"ratelimits":5}""", "tags: got number, want array")]
    [InlineData("[]", "body: got array, want object")]
    [InlineData("""{"key":"x","remaining":{"cost":1.0}}""", "body: an integer must be written without fraction and exponent, and fit 64 bits")]
    [InlineData("""{"key":"x","authorization":{"permissions":{"and":[]}}}""", null)]
    [InlineData("""{"key":"x","authorization":{"permissions":{"and":["a"],"or":["b"]}}}""", null)]
    [InlineData("""{"key":"x","authorization":{"permissions":5}}""", null)]
    public void Refused400_TellsTheFirstProblemWithItsPath(string body, string? message)
    {
        V1Reply reply = Client.SendAnonymously(new ApiRequest("keys.verifyKey", body)).Refused("BAD_REQUEST", message);
        Assert.True(message is not null || reply.Message.StartsWith("authorization.permissions: must be ", StringComparison.Ordinal), reply.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{\"key\":\"\\ud800\"}")]
    [InlineData("nonsense")]
    public void Refused400_WhatIsNoJson(string body) =>
        Assert.StartsWith("body: ", Client.SendAnonymously(new ApiRequest("keys.verifyKey", body)).Refused("BAD_REQUEST").Message);

    [Fact]
    public void BothPathsAgree()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, All);
        string[] questions =
        [
            "\"remaining\":{\"cost\":0},\"ratelimit\":{\"cost\":0}",
            "\"remaining\":{\"cost\":0},\"ratelimits\":[{\"name\":\"default\",\"cost\":0}],\"authorization\":{\"permissions\":{\"and\":[\"p1\",\"x y\"]}}",
            "\"remaining\":{\"cost\":0},\"authorization\":{\"permissions\":\"p9\"}",
            "\"apiId\":\"api_other\"",
            "\"remaining\":{\"cost\":6},\"ratelimit\":{\"cost\":0}",
            "\"ratelimit\":{\"cost\":11}",
        ];
        foreach (string question in questions)
        {
            string hot = Client.Verify(key.Key, question).WithoutRequestId;
            Assert.Equal(WithoutReset(hot), WithoutReset(Client.VerifyOffReactor(key.Key, question).WithoutRequestId));
        }

        Assert.Equal(Client.Verify("unknown").WithoutRequestId, Client.VerifyOffReactor("unknown").WithoutRequestId);
    }

    [Fact]
    public void CallsOfALimitedWorkspaceAreCounted()
    {
        Workspace workspace = Fixture.Bootstrap.CreateWorkspace();
        V1Client client = new(workspace.Client);
        CreatedKey key = client.CreateKey(workspace.Client.CreateApi());
        Fixture.Bootstrap.Post("workspaces.updateWorkspace", $$"""{"workspaceId":"{{workspace.WorkspaceId}}","apiLimit":2}""");
        V1Reply first = client.Verify(key.Key);
        Assert.Equal(("VALID", "2", "1"), (first.Code, first.Http.Field("ratelimit-limit"), first.Http.Field("ratelimit-remaining")));
        Assert.Equal("VALID", client.Verify(key.Key).Code);
        V1Reply third = client.Verify(key.Key).Refused("RATE_LIMITED");
        Assert.NotNull(third.Http.Field("retry-after"));

        // The calls of both versions count together, and an unknown key is nobody's call.
        client.Get("apis.getApi", "apiId=api_unknown1").Refused("RATE_LIMITED");
        Assert.Equal("NOT_FOUND", client.Verify("unknown").Code);
    }

    [Fact]
    public void WhatIsStoredSurvivesARestart()
    {
        string directory = System.IO.Directory.CreateTempSubdirectory("unkey-test-").FullName;
        try
        {
            ServerSetup setup = new() { Options = ["--v1"], DataDirectory = directory };
            string expected;
            CreatedKey key;
            using (ServerProcess server = ServerProcess.Start(setup))
            using (ApiClient client = server.Client())
            {
                key = new V1Client(client).CreateKey(client.CreateApi(), All);
                expected = new V1Client(client).Verify(key.Key, "\"remaining\":{\"cost\":0},\"ratelimit\":{\"cost\":0}").WithoutRequestId;
            }

            using (ServerProcess server = ServerProcess.Start(setup))
            using (ApiClient client = server.Client())
            {
                Assert.Equal(WithoutReset(expected), WithoutReset(new V1Client(client).Verify(key.Key, "\"remaining\":{\"cost\":0},\"ratelimit\":{\"cost\":0}").WithoutRequestId));
            }
        }
        finally
        {
            System.IO.Directory.Delete(directory, recursive: true);
        }
    }

    private static string WithoutReset(string text) => System.Text.RegularExpressions.Regex.Replace(text, "\"reset\":[0-9]+", "\"reset\":0");

    private static long Remaining(V1Reply reply) => reply.Result.GetProperty("ratelimit").GetProperty("remaining").GetInt64();

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static long Now() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
}
