using System.Linq;
using System.Text.Json;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>What every operation has in common: credentials, content types, envelope, and which error wins.</summary>
public sealed class EnvelopeTests(ServerFixture fixture) : TcpTests(fixture)
{
    public static TheoryData<string> Operations => Endpoint.Operations;

    public static TheoryData<string> OperationsWithRequired => Endpoint.OperationsWithRequired;

    public static TheoryData<string, string> OperationsAndMalformedHeaders
    {
        get
        {
            string[] headers = ["malformed_header", "NotBearer abc", "Basic dXNlcjpwYXNz", "bearer abc", "BEARER abc", "Bearer", "Bearer ", "Bearer\tabc"];
            TheoryData<string, string> data = [];
            foreach (Endpoint endpoint in Endpoint.All)
            {
                foreach (string header in headers)
                {
                    data.Add(endpoint.Operation, header);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void AValidRequestIsNotRefusedForItsForm(string operation)
    {
        Reply reply = Client.Send(Valid(operation));
        Assert.True(reply.Status is 200 or 404 or 409, reply.ToString());
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void NoAuthorizationIs400InvalidInput(string operation)
    {
        foreach (string? header in new[] { null, "" })
        {
            Reply reply = Client.Send(Valid(operation) with { Authorization = header }).Refused(ErrorCode.InvalidInput);
            Assert.Contains("Authorization header", reply.Detail);
            Assert.Equal("application/json", reply.Http.ContentType);
        }
    }

    [Fact]
    public void NoAuthorizationHasTheExactDetail() => Assert.Equal(
        "Authorization header for 'bearer' scheme", Client.Send(Valid("apis.deleteApi") with { Authorization = null }).Detail);

    [Theory]
    [MemberData(nameof(OperationsAndMalformedHeaders))]
    public void AMalformedAuthorizationIs400Malformed(string operation, string header) =>
        Client.Send(Valid(operation) with { Authorization = header }).Refused(ErrorCode.Malformed);

    [Theory]
    [MemberData(nameof(Operations))]
    public void AnUnknownRootKeyIs401(string operation)
    {
        foreach (string header in new[] { "Bearer invalid_token", "Bearer     invalid_token    ", "Bearer not_a_valid_key", "Bearer 123" })
        {
            Reply reply = Client.Send(Valid(operation) with { Authorization = header }).Refused(ErrorCode.UnknownRootKey);
            Assert.Equal("The provided root key is invalid. We could not find the requested key.", reply.Detail);
        }
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void BlanksAroundAKnownRootKeyAreTrimmed(string operation)
    {
        Reply reply = Client.Send(Valid(operation) with { Authorization = "Bearer    " + Caller(operation).RootKey + "   " });
        Assert.True(reply.Status is 200 or 404 or 409, reply.ToString());
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void AnUnknownTopLevelMemberIsRefusedWhereTheBodyIsClosed(string operation)
    {
        Endpoint endpoint = Endpoint.Of(operation);
        Reply reply = Client.Send(Valid(operation) with { Body = endpoint.BodyWith(Scene, "foo", "1") });
        if (endpoint.Top.Schema.IsClosed)
        {
            reply.RefusedBySchema(operation, BodyEditor.Location(endpoint.Top.Path) + "/additionalProperties");
        }
        else
        {
            Assert.NotEqual(400, reply.Status);
        }
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void MemberNamesAreCaseSensitive(string operation)
    {
        Endpoint endpoint = Endpoint.Of(operation);
        string other = endpoint.Top.Schema.Properties[0].Name.ToUpperInvariant();
        Reply reply = Client.Send(Valid(operation) with { Body = endpoint.BodyWith(Scene, other, "1") });
        if (endpoint.Top.Schema.IsClosed)
        {
            reply.RefusedBySchema(operation, BodyEditor.Location(endpoint.Top.Path) + "/additionalProperties");
        }
    }

    [Theory]
    [MemberData(nameof(OperationsWithRequired))]
    public void AnEmptyObjectLacksItsRequiredMembers(string operation)
    {
        string path = Endpoint.Of(operation).Top.Path;
        Client.Send(Valid(operation) with { Body = Empty(operation) }).RefusedBySchema(operation, BodyEditor.Location(path) + "/required");
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void ABodyThatIsNotJsonIs400WithOneFix(string operation)
    {
        string valid = Valid(operation).Body;
        foreach (string body in new[] { "{", "{'a':1}", valid + "x", valid + valid, "{\"a\":01}", valid[..^1], "\u00a0" + valid, "{\"a\":\"\u0001\"}", "nul" })
        {
            Reply reply = Client.Send(Valid(operation) with { Body = body }).Refused(ErrorCode.InvalidInput);
            Assert.Equal($"POST request body for '/v2/{operation}' failed to validate schema", reply.Detail);
            JsonElement item = Assert.Single(reply.Json.GetProperty("error").GetProperty("errors").EnumerateArray());
            Assert.False(string.IsNullOrEmpty(item.GetProperty("fix").GetString()), reply.ToString());
            Assert.Equal("requestBody", item.GetProperty("location").GetString());
        }
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void ABodyOfAnotherTypeIs400(string operation)
    {
        string other = Endpoint.Of(operation).Schema.Kind == SchemaKind.Array ? "{}" : "[]";
        foreach (string body in new[] { "null", other, "\"text\"", "1", "true" })
        {
            Client.Send(Valid(operation) with { Body = body }).RefusedBySchema(operation, "/type");
        }
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void AnEmptyBodyIs400AndNamesThePath(string operation)
    {
        Reply reply = Client.Send(Valid(operation) with { Body = "" }).Refused(ErrorCode.InvalidInput);
        Assert.Contains("request body is empty", reply.Detail);
        Assert.Contains("/v2/" + operation, reply.Detail);
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void AnotherContentTypeIs400(string operation)
    {
        foreach (string? type in new[] { "text/plain", null, "application/jsonx", "application/xml; charset=utf-8", "application/json+x" })
        {
            Reply reply = Client.Send(Valid(operation) with { ContentType = type }).Refused(ErrorCode.InvalidInput);
            if (type is not null)
            {
                Assert.Contains(type, reply.Detail);
            }
        }
    }

    [Theory]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("application/json;charset=UTF-8")]
    [InlineData("Application/JSON")]
    public void ParametersAndCaseOfTheContentTypeAreAccepted(string contentType)
    {
        foreach (string operation in new[] { "keys.verifyKey", "apis.getApi" })
        {
            Assert.Equal(200, Client.Send(Valid(operation) with { ContentType = contentType }).Status);
        }
    }

    [Theory]
    [InlineData(null, "application/json")]
    [InlineData("application/json", "application/json")]
    [InlineData("text/html", "application/json")]
    [InlineData("*/*", "application/problem+json")]
    [InlineData("application/*", "application/problem+json")]
    [InlineData("application/problem+json", "application/problem+json")]
    [InlineData("text/html, application/problem+json;q=0", "application/problem+json")]
    public void TheContentTypeOfAnErrorFollowsAccept(string? accept, string contentType)
    {
        ApiRequest unknown = Valid("apis.getApi") with { Body = """{"apiId":"api_unknown1"}""", Accept = accept };
        Assert.Equal(contentType, Client.Send(unknown).Refused(ErrorCode.ApiNotFound).Http.ContentType);
        ApiRequest stranger = Valid("keys.verifyKey") with { Authorization = "Bearer stranger", Accept = accept };
        Assert.Equal(contentType, Client.Send(stranger).Refused(ErrorCode.UnknownRootKey).Http.ContentType);
        ApiRequest violation = Valid("keys.verifyKey") with { Body = "{}", Accept = accept };
        Assert.Equal("application/json", Client.Send(violation).RefusedBySchema("keys.verifyKey").Http.ContentType);
        Assert.Equal("application/json", Client.Send(Valid("keys.verifyKey") with { Accept = accept }).Http.ContentType);
    }

    [Theory]
    [MemberData(nameof(OperationsWithRequired))]
    public void TheBodyIsValidatedBeforeTheRootKey(string operation)
    {
        ApiRequest invalid = Valid(operation) with { Body = Empty(operation) };
        Client.Send(invalid with { Authorization = "Bearer unknown" }).RefusedBySchema(operation);
        Client.Send(invalid with { Authorization = "Basic abc" }).RefusedBySchema(operation);
        Assert.Contains("Authorization header", Client.Send(invalid with { Authorization = null }).Refused(ErrorCode.InvalidInput).Detail);
    }

    [Fact]
    public void SeveralViolationsGiveSeveralItems()
    {
        Reply reply = Client.Post("permissions.createPermission", """{"name":"","slug":"with blank","description":5}""")
            .RefusedBySchema("permissions.createPermission");
        Assert.Equal(
            ["/properties/description/type", "/properties/name/minLength", "/properties/slug/pattern"], reply.ErrorLocations.Order());
        Assert.All(
            reply.Json.GetProperty("error").GetProperty("errors").EnumerateArray(), item => Assert.False(item.TryGetProperty("fix", out _)));
    }

    [Fact]
    public void OfDuplicateMembersTheLastOneWins()
    {
        string name = "last " + Scene.Unique();
        string apiId = Client.Post("apis.createApi", $$"""{"name":"first","name":"second","name":"{{name}}"}""").Data.GetProperty("apiId").GetString()!;
        Assert.Equal(name, Client.Post("apis.getApi", $$"""{"apiId":"{{apiId}}"}""").Data.GetProperty("name").GetString());
        Assert.Equal("VALID", Client.Post("keys.verifyKey", $$"""{"key":"none","key":"{{Scene.Key.Key}}"}""").Code);
        Assert.Equal("NOT_FOUND", Client.Post("keys.verifyKey", $$"""{"key":"{{Scene.Key.Key}}","key":"none"}""").Code);
    }

    [Theory]
    [InlineData("apis.createApi", """{"name":5,"name":"an api"}""")]
    [InlineData("keys.verifyKey", """{"key":5,"key":"none"}""")]
    public void ADuplicateMemberOfAnotherTypeIsNoFaultOfTheServer(string operation, string body)
    {
        Reply reply = Client.Post(operation, body);
        Assert.True(reply.Status is 200 or 400, reply.ToString());
    }

    [Fact]
    public void EveryAnswerHasARequestIdOfItsOwn()
    {
        string[] ids = [.. Enumerable.Range(0, 200).Select(_ => Client.Verify("none").RequestId)];
        Assert.Equal(ids.Length, ids.Distinct().Count());
    }

    [Fact]
    public void ARequestIdIsNeverTakenFromTheClient()
    {
        ApiRequest request = Valid("keys.verifyKey") with { MoreFields = ["X-Request-Id: req_AAAAAAAAA", "Unkey-Request-Id: req_AAAAAAAAA"] };
        Assert.NotEqual("req_AAAAAAAAA", Client.Send(request).RequestId);
    }

    // A body without members; without items a list would be too short before it lacked anything.
    private static string Empty(string operation) => Endpoint.Of(operation).Schema.Kind == SchemaKind.Array ? "[{}]" : "{}";

    private ApiRequest Valid(string operation) =>
        new(operation, Endpoint.Of(operation).Body(Scene)) { Authorization = "Bearer " + Caller(operation).RootKey };
}
