using System.Text;
using System.Threading.Tasks;
using Unkey.Engine.Keys;
using Unkey.Server.ControlPlane;
using Unkey.Server.ControlPlane.Callers;
using Unkey.Server.Storage.Statements;
using Xunit;

namespace Unkey.Server.Tests.ControlPlane;

public sealed class AuthenticationTests
{
    private const string CreateApi = "apis.createApi";
    private const string Body = """{"name":"an api"}""";

    [Fact]
    public async Task TheOrderOfTheChecksDecidesWhichErrorWins()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();

        Answer missing = (await cp.PostAsync(CreateApi, "{", withoutAuthorization: true)).Refused(400, "unkey/application/invalid_input");
        Assert.Equal("Authorization header for 'bearer' scheme", missing.Detail);
        Assert.NotEmpty(missing.Error.GetProperty("errors")[0].GetProperty("fix").GetString()!);
        (await cp.PostAsync(CreateApi, Body, authorization: "")).Refused(400, "unkey/application/invalid_input");

        Answer wrongType = (await cp.PostAsync(CreateApi, Body, "unknown", contentType: "text/plain"))
            .Refused(400, "unkey/application/invalid_input");
        Assert.Contains("text/plain", wrongType.Detail);
        (await cp.PostAsync(CreateApi, Body, contentType: null)).Refused(400, "unkey/application/invalid_input");

        (await cp.PostAsync(CreateApi, """{"name":""}""", "unknown")).Invalid("/v2/apis.createApi", "/properties/name/minLength");
        (await cp.PostAsync(CreateApi, """{"name":""}""", authorization: "Basic x"))
            .Invalid("/v2/apis.createApi", "/properties/name/minLength");
    }

    /// <summary>The permissions of a root key are read once, and again when its record is another one: remembered ones would outlive a withdrawal.</summary>
    [Fact]
    public async Task ACallerIsRememberedUntilItsRecordChanges()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        RootKeyAuthenticator authenticator = new(cp.Engine);
        RootCaller first = Authenticate();
        Assert.Same(first, Authenticate());
        Assert.True(first.Permissions.Count > 1);
        lock (cp.Engine.WriterLock)
        {
            Assert.Equal(RootKeyFault.None, authenticator.Find(first.Digest, cp.Clock.NowMs, out KeyRecord record));
            cp.Engine.Keys.Upsert(new KeySpec
            {
                Digest = first.Digest,
                KeyId = first.KeyId,
                WorkspaceIndex = record.WorkspaceIndex,
                ForWorkspaceIndex = record.ForWorkspaceIndex,
                IsRootKey = true,
                Permissions = ["api.*.read_api"],
            });
        }

        Assert.Equal(["api.*.read_api"], Authenticate().Permissions);

        RootCaller Authenticate()
        {
            Assert.True(authenticator.TryAuthenticate("Bearer " + cp.RootKey, cp.Clock.NowMs, out RootCaller? caller, out _));
            return caller;
        }
    }

    [Theory]
    [InlineData("malformed_header")]
    [InlineData("NotBearer x")]
    [InlineData("Basic dXNlcg==")]
    [InlineData("bearer x")]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    public async Task AHeaderThatIsNotBearerAndATokenIsMalformed(string authorization)
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        Answer answer = (await cp.PostAsync(CreateApi, Body, authorization: authorization)).Refused(400, "unkey/authentication/malformed");
        Assert.Contains("Bearer", answer.Detail);
        Assert.Equal(0, answer.Error.GetProperty("errors").GetArrayLength());
    }

    [Fact]
    public async Task AnUnknownTokenIs401AlsoWithBlanksAround()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        foreach (string authorization in new[] { "Bearer invalid_token", "Bearer    xyz   " })
        {
            Answer answer = (await cp.PostAsync(CreateApi, Body, authorization: authorization))
                .Refused(401, "unkey/authentication/key_not_found");
            Assert.Equal("The provided root key is invalid. We could not find the requested key.", answer.Detail);
        }

        (await cp.PostAsync(CreateApi, Body, authorization: $"Bearer   {cp.RootKey}  ")).Ok();
    }

    [Fact]
    public async Task AnOrdinaryKeyWithTheSameSlugsLooksUnknown()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (_, string key) = await cp.CreateKeyAsync(await cp.CreateApiAsync(), ""","permissions":["api.*.create_api"]""");
        (await cp.PostAsync(CreateApi, Body, key)).Refused(401, "unkey/authentication/key_not_found");
    }

    [Fact]
    public async Task DisabledExpiredAndDeletedRootKeysAreToldApart()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string key = await cp.RootKeyWithAsync("api.*.create_api");
        byte[] hash = KeySecret.HashOf(key);
        (await cp.PostAsync(CreateApi, Body, key)).Ok();

        await cp.WriteAsync(session =>
        {
            session.UpdateKey(session.FindKeyByHash(hash)! with { ExpiresAtMs = cp.Clock.NowMs }, cp.Clock.NowMs);
            return 0;
        });
        (await cp.PostAsync(CreateApi, Body, key)).Ok();
        cp.Clock.NowMs++;
        (await cp.PostAsync(CreateApi, Body, key)).Refused(403, "unkey/authorization/forbidden");

        await cp.WriteAsync(session =>
        {
            session.UpdateKey(session.FindKeyByHash(hash)! with { IsEnabled = false }, cp.Clock.NowMs);
            return 0;
        });
        (await cp.PostAsync(CreateApi, Body, key)).Refused(403, "unkey/authorization/key_disabled");

        await cp.WriteAsync(session =>
        {
            session.DeleteKeySoftly(session.FindKeyByHash(hash)!.Id, cp.Clock.NowMs);
            return 0;
        });
        (await cp.PostAsync(CreateApi, Body, key)).Refused(401, "unkey/authentication/key_not_found");
    }

    [Fact]
    public async Task ADisabledWorkspaceShutsItsRootKeysOut()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (string workspaceId, string rootKey) = await cp.CreateWorkspaceAsync();
        (await cp.PostAsync(CreateApi, Body, rootKey)).Ok();
        await cp.WriteAsync(session =>
        {
            session.SetWorkspaceEnabled(workspaceId, false);
            return 0;
        });
        (await cp.PostAsync(CreateApi, Body, rootKey)).Refused(403, "unkey/authorization/workspace_disabled");
        (await cp.PostAsync(CreateApi, Body)).Ok();
    }

    [Fact]
    public async Task ARootKeyOfAWorkspaceThatIsGoneIs404()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (string workspaceId, string rootKey) = await cp.CreateWorkspaceAsync();
        await cp.WriteAsync(session => session.Execute("UPDATE workspaces SET deleted_at = 1 WHERE id = @id", ("@id", workspaceId)));
        await cp.RestartAsync();
        Answer answer = (await cp.PostAsync(CreateApi, Body, rootKey)).Refused(404, "unkey/data/workspace_not_found");
        Assert.Equal("The provided root key is invalid. The requested workspace does not exist.", answer.Detail);
    }

    [Theory]
    [InlineData(null, "application/json")]
    [InlineData("application/json", "application/json")]
    [InlineData("text/html", "application/json")]
    [InlineData("*/*", "application/problem+json")]
    [InlineData("application/*;q=0", "application/problem+json")]
    [InlineData("text/html, Application/Problem+JSON", "application/problem+json")]
    public async Task AcceptChoosesTheContentTypeOfErrors(string? accept, string contentType)
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        Answer answer = await cp.PostAsync("apis.getApi", """{"apiId":"api_unknown"}""", accept: accept);
        answer.Refused(404, "unkey/data/api_not_found");
        Assert.Equal(contentType, answer.ContentType);
        Assert.Equal("application/json", (await cp.PostAsync("apis.getApi", "{}", accept: accept)).ContentType);
    }

    [Theory]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("APPLICATION/JSON")]
    public async Task ParametersAndCaseOfTheContentTypeDoNotMatter(string contentType)
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (await cp.PostAsync(CreateApi, Body, contentType: contentType)).Ok();
    }

    [Fact]
    public async Task AnEmptyBodyAndOneThatIsNotJsonAreExplained()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        Answer empty = (await cp.PostAsync(CreateApi, "")).Refused(400, "unkey/application/invalid_input");
        Assert.Contains("request body is empty", empty.Detail);
        Assert.Contains("/v2/apis.createApi", empty.Detail);
        Answer broken = (await cp.PostAsync(CreateApi, """{"name":""")).Invalid("/v2/apis.createApi", "requestBody");
        Assert.NotEmpty(broken.Error.GetProperty("errors")[0].GetProperty("fix").GetString()!);
        (await cp.PostAsync(CreateApi, "null")).Invalid("/v2/apis.createApi", "/type");
    }

    [Fact]
    public async Task OfRepeatedMembersTheLastCountsWhateverTheTypeOfTheOthers()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (await cp.PostAsync(CreateApi, """{"name":5,"name":"an api"}""")).Ok();
        (await cp.PostAsync(CreateApi, """{"name":"an api","name":5}""")).Invalid("/v2/apis.createApi", "/properties/name/type");
        Answer identity = await cp.PostAsync(
            "identities.createIdentity",
            """
            {"externalId":[],"externalId":"last","ratelimits":"x",
            "ratelimits":[{"name":1,"name":"abc","limit":"1","limit":1,"duration":1000,"autoApply":true}]}
            """);
        identity.Ok();
        Assert.Equal(1L, cp.Scalar("SELECT count(*) FROM ratelimits WHERE name = 'abc' AND max_tokens = 1"));
    }

    [Fact]
    public async Task PathsAreExactAndOnlyPostIsKnown()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        ControlPlaneRouter router = cp.Host.Router;
        Assert.True(router.IsKnown("/v2/keys.verifyKey"));
        Assert.True(router.IsKnown("/v2/keys.verifyKey"u8));
        foreach (string path in new[] { "/v2/keys.verifyKey/", "/v2/Keys.verifyKey", "/v2/keys.verifyKe", "", "/v2/" + new string('x', 100), "/v2/é" })
        {
            Assert.False(router.IsKnown(path));
            Assert.False(router.IsKnown(Encoding.UTF8.GetBytes(path)));
        }

        ColdResponse unknown = await router.HandleAsync(new ColdRequest { Path = "/nope", Method = "POST", RequestId = "req_1" });
        Assert.Equal((404, "text/plain; charset=utf-8"), (unknown.Status, unknown.ContentType));
        ColdResponse wrong = await router.HandleAsync(new ColdRequest { Path = "/v2/apis.getApi", Method = "GET", RequestId = "req_1" });
        Assert.Equal(405, wrong.Status);
        Assert.Equal("POST", Assert.Single(wrong.Fields).Value);
    }

    [Fact]
    public async Task NothingOfAFaultInsideReachesTheClient()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        await cp.WriteAsync(session => session.Execute("ALTER TABLE apis RENAME TO apis_gone"));
        Answer answer = (await cp.PostAsync(CreateApi, Body, accept: "*/*")).Refused(500, "unkey/application/unexpected_error");
        Assert.DoesNotContain("apis", answer.Detail);
        Assert.Equal("application/json", answer.ContentType);
    }

    [Fact]
    public async Task AClosedStoreIsServiceUnavailable()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        await cp.Host.DisposeAsync();
        (await cp.PostAsync(CreateApi, Body)).Refused(500, "unkey/application/service_unavailable");
        (await cp.PostAsync("apis.getApi", """{"apiId":"api_unknown"}""")).Refused(500, "unkey/application/service_unavailable");
        Assert.False(await cp.Host.IsHealthyAsync());
    }
}
