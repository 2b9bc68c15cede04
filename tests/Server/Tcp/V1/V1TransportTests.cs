using System;
using System.Linq;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.V1;

/// <summary>What all paths of v1 share: credentials, permissions, methods, paths.</summary>
public sealed class V1TransportTests(V1Fixture fixture) : V1TcpTests(fixture)
{
    private const string LimitBody = """{"namespace":"transport","identifier":"i","limit":1000,"duration":600000}""";

    private ApiRequest GetApi => new($"apis.getApi?apiId={Scene.ApiId}", "") { Method = "GET" };

    [Fact]
    public void Liveness_AsksForNothing()
    {
        V1Reply reply = Client.SendAnonymously(new ApiRequest("liveness", "") { Method = "GET" });
        Assert.Equal(["status", "services"], reply.Result.EnumerateObject().Select(member => member.Name));
        Assert.Equal(["metrics", "logger", "ratelimit", "usagelimit"], reply.Result.GetProperty("services").EnumerateObject().Select(member => member.Name));
    }

    [Theory]
    [InlineData(null, "key required")]
    [InlineData("", "key required")]
    [InlineData("Bearer unknown", "key not found")]
    [InlineData("unknown", "key not found")]
    [InlineData("bearer x", "key not found")]
    public void Refused403_WithoutAKnownRootKey(string? authorization, string message)
    {
        foreach (ApiRequest request in new[] { GetApi, new ApiRequest("ratelimits.limit", LimitBody) })
        {
            V1Reply reply = authorization is null ? Client.SendAnonymously(request) : Client.Send(request with { Authorization = authorization });
            reply.Refused("UNAUTHORIZED", message);
        }
    }

    [Fact]
    public void Refused403_AnOrdinaryKeyIsNoRootKey() =>
        Client.Send(GetApi with { Authorization = "Bearer " + Scene.Key.Key }).Refused("UNAUTHORIZED", "root key required");

    [Fact]
    public void Refused403_AnExpiredRootKey()
    {
        long expires = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + 1_000;
        string rootKey = V2.Post("rootKeys.createRootKey", $$"""{"permissions":["api.*.read_api"],"expires":{{expires}}}""").Data.GetProperty("key").GetString()!;
        Fixture.Server.AddSecret(rootKey);
        Poll.Until(() => Client.Send(GetApi with { Authorization = rootKey }).Http.Status == 403, "the root key expires");
        Client.Send(GetApi with { Authorization = rootKey }).Refused("EXPIRED");
        Client.Send(new ApiRequest("ratelimits.limit", LimitBody) { Authorization = rootKey }).Refused("EXPIRED");
    }

    [Fact]
    public void BadInputIsToldBeforeCredentialsAreLookedAt() =>
        Client.SendAnonymously(new ApiRequest("apis.createApi", "{}")).Refused("BAD_REQUEST", "name: is required");

    [Theory]
    [InlineData("apis.createApi", "\"name\":\"an api\"", 200)]
    [InlineData("apis.deleteApi", "\"apiId\":\"api_none\"", 404)]
    [InlineData("keys.createKey", "\"apiId\":\"api_none\"", 404)]
    [InlineData("keys.updateKey", "\"keyId\":\"key_none\"", 404)]
    [InlineData("keys.deleteKey", "\"keyId\":\"key_none\"", 404)]
    [InlineData("keys.whoami", "\"key\":\"none\"", 404)]
    [InlineData("keys.verifyKey", "\"key\":\"none\"", 200)]
    [InlineData("keys.updateRemaining", "\"keyId\":\"key_none\",\"op\":\"set\",\"value\":1", 404)]
    [InlineData("keys.addPermissions", "\"keyId\":\"key_none\",\"permissions\":[{\"name\":\"a\",\"x\":1}]", 404)]
    [InlineData("keys.setRoles", "\"keyId\":\"key_none\",\"roles\":[]", 404)]
    [InlineData("ratelimits.limit", "\"identifier\":\"i\",\"limit\":1000000,\"duration\":1000", 200)]
    [InlineData("ratelimits.setOverride", "\"namespaceId\":\"rlns_none\",\"identifier\":\"abc\",\"limit\":1,\"duration\":1000", 404)]
    [InlineData("ratelimits.deleteOverride", "\"namespaceId\":\"rlns_none\",\"identifier\":\"abc\"", 404)]
    [InlineData("identities.deleteIdentity", "\"identityId\":\"id_none\"", 404)]
    [InlineData("identities.updateIdentity", "\"identityId\":\"id_none\"", 404)]
    [InlineData("permissions.deletePermission", "\"permissionId\":\"perm_none\"", 404)]
    public void MembersThatAnOperationDoesNotKnowAreIgnored(string operation, string members, int status)
    {
        // Each is a member of some operation; those that this one has come last, and the last one counts.
        const string Others = "\"cursor\":5,\"slug\":5,\"create\":5,\"namespace\":\"default\",\"unknown\":{\"a\":[1,null]}";
        string[] foreign = ["limit", "duration", "cost"];
        string more = string.Concat(foreign.Where(name => !operation.StartsWith("ratelimits.", StringComparison.Ordinal)).Select(name => $"\"{name}\":\"x\","));
        string lists = operation.StartsWith("keys.", StringComparison.Ordinal) ? "" : "\"roles\":5,\"permissions\":5,\"keyId\":5,";
        Assert.Equal(status, Client.Post(operation, $"{{{more}{lists}{Others},{members}}}").Http.Status);
    }

    [Theory]
    [InlineData("keys.addPermissions", "permissions", "roles")]
    [InlineData("keys.addRoles", "roles", "permissions")]
    public void TheListOfTheOtherKindIsOneOfThem(string operation, string own, string other) =>
        Client.Post(operation, $"{{\"keyId\":\"key_none\",\"{own}\":[],\"{other}\":5}}").Refused("NOT_FOUND", "key key_none not found");

    [Fact]
    public void ABareTokenIsTakenHereAndNotByV2OnTheSameConnection()
    {
        Assert.Equal(200, Client.Post("ratelimits.limit", LimitBody).Http.Status);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(200, Client.Send(new ApiRequest("ratelimits.limit", LimitBody) { Authorization = V2.RootKey }).Http.Status);
            Assert.Equal(200, Client.Send(GetApi with { Authorization = V2.RootKey }).Http.Status);
            V2.Send(new ApiRequest("ratelimit.limit", LimitBody) { Authorization = V2.RootKey }).Refused(ErrorCode.Malformed);
            V2.Send(new ApiRequest("keys.verifyKey", $$"""{"key":"{{Scene.Key.Key}}"}""") { Authorization = V2.RootKey }).Refused(ErrorCode.Malformed);
        }
    }

    [Fact]
    public void TheBareWildcardGrantsEverythingHereAndNothingInV2()
    {
        ApiClient everything = V2.WithPermissions("*");
        V1Client client = new(everything);
        string space = "ns_" + Scene.Unique();
        string body = $$"""{"namespace":"{{space}}","identifier":"i","limit":2,"duration":600000}""";
        Assert.True(client.Post("ratelimits.limit", body).Result.GetProperty("success").GetBoolean());
        Assert.True(client.Post("ratelimits.limit", body).Result.GetProperty("success").GetBoolean());
        CreatedKey key = client.CreateKey(Scene.ApiId, "\"permissions\":[\"made.here\"],\"roles\":[\"made here\"]");
        Assert.Equal(200, client.Get("keys.getKey", $"keyId={key.KeyId}").Http.Status);
        Assert.Equal(200, client.Get("identities.listIdentities").Http.Status);
        everything.Post("apis.getApi", $$"""{"apiId":"{{Scene.ApiId}}"}""").Refused(ErrorCode.InsufficientPermissions);
        everything.Post("ratelimit.limit", body).Refused(ErrorCode.InsufficientPermissions);
        Assert.Equal("NOT_FOUND", everything.Verify(key.Key).Code);

        // It is for the holder's workspace alone, and nobody with less can hand it out.
        V1Client stranger = new(Fixture.Bootstrap.CreateWorkspace().Client.WithPermissions("*"));
        stranger.Get("apis.getApi", $"apiId={Scene.ApiId}").Refused("NOT_FOUND");
        V2.WithPermissions("root_key.*.create_root_key", Scene.Urn("**", "*"))
            .Post("rootKeys.createRootKey", """{"permissions":["*"]}""").Refused(ErrorCode.InsufficientPermissions);
    }

    [Theory]
    [InlineData("POST", "apis.getApi", "GET, HEAD")]
    [InlineData("POST", "liveness", "GET, HEAD")]
    [InlineData("GET", "apis.createApi", "POST")]
    [InlineData("GET", "keys.verifyKey", "POST")]
    [InlineData("PUT", "ratelimits.limit", "POST")]
    [InlineData("DELETE", "keys.getKey", "GET, HEAD")]
    [InlineData("OPTIONS", "keys.getKey", "GET, HEAD")]
    public void Refused405_NamesTheMethod(string method, string operation, string allow)
    {
        V1Reply reply = Client.Send(new ApiRequest(operation, "{}") { Method = method }).Refused("METHOD_NOT_ALLOWED");
        Assert.Equal(allow, reply.Http.Field("allow"));
    }

    [Theory]
    [InlineData("apis.getApi", 403)]
    [InlineData("keys.verifyKey", 405)]
    [InlineData("none", 404)]
    [InlineData("liveness", 200)]
    public void HeadHasTheHeadOfTheAnswerAlone(string operation, int status)
    {
        using RawConnection connection = new(Fixture.Server.Port);
        connection.Send($"HEAD /v1/{operation}?apiId=a HTTP/1.1\r\nHost: a\r\n\r\nGET /v1/{operation}?apiId=a HTTP/1.1\r\nHost: a\r\n\r\n");
        HttpAnswer head = connection.Read(toHead: true);
        HttpAnswer get = connection.Read();
        Assert.Equal((status, status), (head.Status, get.Status));
        Assert.Equal(get.Field("content-length"), head.Field("content-length"));
        Assert.Empty(head.Body);
    }

    [Theory]
    [InlineData("keys.nothing")]
    [InlineData("")]
    [InlineData("keys.getKey/")]
    [InlineData("Keys.getKey")]
    [InlineData("analytics.getVerifications")]
    [InlineData("a/very/long/path/that/is/longer/than/any/path/that/is/served/here/and/then/some/more")]
    public void Refused404_AnUnknownPathHasTheFormOfV1(string operation)
    {
        Client.Send(new ApiRequest(operation, "") { Method = "GET" }).Refused("NOT_FOUND");
        Client.Post(operation, "{}").Refused("NOT_FOUND");
    }

    [Theory]
    [InlineData("//v1/keys.getKey", 308)]
    [InlineData("/v1//keys.verifyKey", 308)]
    [InlineData("/v1", 404)]
    [InlineData("/v11/keys.getKey", 404)]
    [InlineData("/V1/keys.getKey", 404)]
    public void PathsAroundItAreAnsweredAsBefore(string path, int status)
    {
        using RawConnection connection = new(Fixture.Server.Port);
        connection.Send($"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
        HttpAnswer answer = connection.Read();
        Assert.Equal(status, answer.Status);
        Assert.NotEqual("application/json", answer.ContentType);
    }

    [Fact]
    public void RequestsOfBothVersionsAreCountedApart()
    {
        using RawConnection admin = new(Fixture.Server.AdminPort);
        double before = Count("endpoint=\"v1.keys.verifyKey\",outcome=\"not_found\"");
        double other = Count("endpoint=\"v1.apis.getApi\",outcome=\"success\"");
        double v2 = Count("endpoint=\"keys.verifyKey\",outcome=\"not_found\"");
        Client.Verify("unknown");
        Client.Get("apis.getApi", $"apiId={Scene.ApiId}");
        Assert.Equal(before + 1, Count("endpoint=\"v1.keys.verifyKey\",outcome=\"not_found\""));
        Assert.Equal(other + 1, Count("endpoint=\"v1.apis.getApi\",outcome=\"success\""));
        Assert.Equal(v2, Count("endpoint=\"keys.verifyKey\",outcome=\"not_found\""));

        double Count(string labels) => ServerProcess.MetricIn(Fixture.Server.Metrics().Replace($"{{{labels}}}", "_wanted", StringComparison.Ordinal), "unkey_http_requests_total_wanted");
    }

    [Fact]
    public void WithoutTheOptionEveryPathIsAnsweredAsIfThereWereNone()
    {
        using ServerProcess server = ServerProcess.Start();
        using ApiClient client = server.Client();
        CreatedKey key = client.CreateKey(client.CreateApi());
        string body = $$"""{"key":"{{key.Key}}"}""";
        foreach ((string method, string path) in new[]
        {
            ("POST", "/v1/keys.verifyKey"), ("POST", "/v1/ratelimits.limit"), ("GET", "/v1/liveness"), ("POST", "/v1/keys.createKey"),
            ("GET", "/v1/keys.getKey"), ("GET", "/v1/none"), ("GET", "/v1/"), ("PUT", "/v1/keys.getKey"), ("GET", "//v1/keys.getKey"), ("GET", "/v1//keys.getKey"),
        })
        {
            HttpAnswer answer = client.Exchange(System.Text.Encoding.ASCII.GetBytes(
                $"{method} {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {client.RootKey}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
            Assert.Equal((404, "404 page not found", "text/plain; charset=utf-8"), (answer.Status, answer.Text, answer.ContentType));
            Assert.Null(answer.Field("unkey-request-id"));
        }
    }
}
