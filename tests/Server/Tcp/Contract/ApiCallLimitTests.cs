using System;
using System.Linq;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>The limit of API calls that a workspace may make in a minute: it counts every authenticated call, those of the hot path too.</summary>
public sealed class ApiCallLimitTests(ServerFixture fixture) : TcpTests(fixture)
{
    private const string Limited = "user/too_many_requests/workspace_rate_limited";
    private static readonly string[] s_fields = ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After"];

    [Fact]
    public void WithoutALimitNoAnswerSpeaksOfOne()
    {
        (string id, ApiClient client) = NewWorkspace();
        SetLimit(id, "null");
        for (int i = 0; i < 20; i++)
        {
            Assert.Empty(FieldsOf(client.Verify("none")));
            Assert.Empty(FieldsOf(client.Post("apis.createApi", """{"name":"an api"}""")));
        }
    }

    [Fact]
    public void CallsBeyondTheLimitAre429AndSayWhenToComeBack()
    {
        (string id, ApiClient client) = NewWorkspace();

        // The window slides from minute to minute, so the exact numbers below hold within one.
        Poll.Until(static () => DateTimeOffset.UtcNow.Second < 50, "a minute that is not about to end");
        SetLimit(id, "3");
        Reply[] replies =
        [
            client.Verify("none"), client.Post("apis.getApi", """{"apiId":"api_unknown1"}""").Refused(ErrorCode.ApiNotFound),
            client.Post("ratelimit.limit", """{"namespace":"n","identifier":"i","limit":1,"duration":1000}"""),
        ];
        for (int i = 0; i < replies.Length; i++)
        {
            Assert.Equal(("3", $"{2 - i}"), (replies[i].Http.Field("RateLimit-Limit"), replies[i].Http.Field("RateLimit-Remaining")));
            Assert.InRange(int.Parse(replies[i].Http.Field("RateLimit-Reset")!), 0, 60);
            Assert.Null(replies[i].Http.Field("Retry-After"));
        }

        foreach (string operation in new[] { "keys.verifyKey", "apis.createApi", "ratelimit.limit" })
        {
            Reply refused = client.Post(operation, Endpoint.Of(operation).Body(Scene)).Refused(Limited);
            Assert.Equal(s_fields, FieldsOf(refused));
            Assert.Equal(refused.Http.Field("RateLimit-Reset"), refused.Http.Field("Retry-After"));
        }

        // What is refused before the caller is known does not count, and has no fields.
        SetLimit(id, "1000");
        string before = client.Verify("none").Http.Field("RateLimit-Remaining")!;
        Assert.Empty(FieldsOf(client.Post("apis.createApi", "{}").RefusedBySchema("apis.createApi")));
        Assert.Empty(FieldsOf(client.With("unknown").Post("apis.createApi", """{"name":"an api"}""").Refused(ErrorCode.UnknownRootKey)));
        Assert.Equal($"{int.Parse(before) - 1}", client.Verify("none").Http.Field("RateLimit-Remaining"));
    }

    [Fact]
    public void ALimitOfZeroBlocksWithoutFields()
    {
        (string id, ApiClient client) = NewWorkspace();
        SetLimit(id, "0");
        Assert.Empty(FieldsOf(client.Verify("none").Refused(Limited)));
        Assert.Empty(FieldsOf(client.Post("apis.createApi", """{"name":"an api"}""").Refused(Limited)));
        SetLimit(id, "null");
        Assert.Equal("NOT_FOUND", client.Verify("none").Code);
    }

    private static string[] FieldsOf(Reply reply) => [.. s_fields.Where(field => reply.Http.Field(field) is not null)];

    private (string Id, ApiClient Client) NewWorkspace()
    {
        Workspace workspace = Fixture.Client.CreateWorkspace();
        return (workspace.WorkspaceId, workspace.Client);
    }

    private void SetLimit(string workspaceId, string limit) =>
        Assert.Empty(Fixture.Client.Post("workspaces.updateWorkspace", $$"""{"workspaceId":"{{workspaceId}}","apiLimit":{{limit}} }""").Data.EnumerateObject());
}
