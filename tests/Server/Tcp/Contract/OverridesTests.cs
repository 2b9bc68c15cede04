using System;
using System.Linq;
using System.Text.Json;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>ratelimit.setOverride, getOverride, listOverrides and deleteOverride, grouped by status.</summary>
public sealed class OverridesTests(ServerFixture fixture) : TcpTests(fixture)
{
    private const string NamespaceNotFound = "unkey/data/ratelimit_namespace_not_found";
    private const string OverrideNotFound = "unkey/data/ratelimit_override_not_found";

    [Theory]
    [InlineData("user_1")]
    [InlineData("*")]
    [InlineData("*@example.com")]
    [InlineData("a.b+c?[d]")]
    [InlineData("\u00fc*\u65e5\u672c")]
    public void Set200FoundByTheNameAndTheIdOfTheNamespace(string identifier)
    {
        (string name, string id) = Namespace();
        string first = Set(Client, name, identifier, 5, 60_000).Data.Text("overrideId");
        Assert.Matches("^rlor_[a-zA-Z0-9]{9}$", first);
        Assert.Equal(first, Set(Client, id, identifier, 0, 120_000).Data.Text("overrideId"));
        JsonElement only = Assert.Single(Assert.Single(Client.Pages("ratelimit.listOverrides", $"\"namespace\":\"{id}\"")));
        Assert.Equal(["duration", "identifier", "limit", "overrideId"], only.Names());
        Assert.Equal((first, identifier, 0, 120_000), (only.Text("overrideId"), only.Text("identifier"), only.Number("limit"), only.Number("duration")));
        foreach (string known in new[] { name, id })
        {
            Assert.Equal(only.GetRawText(), Get(Client, known, identifier).Data.GetRawText());
        }

        Assert.Equal(["ratelimit.set_override", "ratelimit.set_override"], Client.Events(first).Select(static e => e.Text("event")));
    }

    [Theory]
    [InlineData("*@gmail.com", "a@gmail.com", true)]
    [InlineData("*@gmail.com", "@gmail.com", true)]
    [InlineData("*@gmail.com", "a@gmailxcom", false)]
    [InlineData("*@gmail.com", "a@gmail.com.au", false)]
    [InlineData("hello*", "hello", true)]
    [InlineData("hello*", "hello world", true)]
    [InlineData("hello*", "say hello", false)]
    [InlineData("*world", "hello world", true)]
    [InlineData("*world", "world!", false)]
    [InlineData("h*d", "hd", true)]
    [InlineData("h*d", "hello", false)]
    [InlineData("h*beau*world", "hello beautiful world", true)]
    [InlineData("h*beau*world", "hello world", false)]
    [InlineData("Emails*", "emails", false)]
    [InlineData("\u00fc*", "\u00fcber", true)]
    [InlineData("a.c", "abc", false)]
    public void Found200OrNotByThePattern(string pattern, string identifier, bool matches)
    {
        (string name, _) = Namespace();
        string id = Set(Client, name, pattern, 3, 60_000).Data.Text("overrideId");
        JsonElement decision = Limit(name, identifier);
        if (matches)
        {
            Assert.Equal((id, pattern), (Get(Client, name, identifier).Data.Text("overrideId"), Get(Client, name, identifier).Data.Text("identifier")));
            Assert.Equal((id, 3, 2), (decision.Text("overrideId"), decision.Number("limit"), decision.Number("remaining")));
        }
        else
        {
            Get(Client, name, identifier).Refused(OverrideNotFound);
            Assert.False(decision.Has("overrideId"));
        }
    }

    [Fact]
    public void Found200AnExactTextBeforePatternsAndTheLongestPatternFirst()
    {
        (string name, _) = Namespace();
        foreach (string text in new[] { "*", "a*", "*@x", "a@x", "a*@x", "**@x" })
        {
            Set(Client, name, text, 3, 60_000);
        }

        foreach ((string identifier, string wanted) in new[] { ("a@x", "a@x"), ("ab@x", "**@x"), ("b@x", "**@x"), ("ab", "a*"), ("b", "*"), ("a*", "a*") })
        {
            Assert.Equal(wanted, Get(Client, name, identifier).Data.Text("identifier"));
        }
    }

    [Fact]
    public void Deleted200TheNextCheckUsesItsOwnValuesAndItCanBeSetAgain()
    {
        (string name, string id) = Namespace();
        string first = Set(Client, name, "*@x", 3, 60_000).Data.Text("overrideId");
        Set(Client, name, "b", 4, 60_000);
        Delete(Client, name, "a@x").Refused(OverrideNotFound);
        Assert.Equal(3, Limit(name, "a@x").Number("limit"));
        Assert.Empty(Delete(Client, id, "*@x").Data.EnumerateObject());
        Assert.Equal(10, Limit(name, "a@x").Number("limit"));
        Delete(Client, name, "*@x").Refused(OverrideNotFound);
        Get(Client, name, "a@x").Refused(OverrideNotFound);
        Assert.Equal("b", Assert.Single(Assert.Single(Client.Pages("ratelimit.listOverrides", $"\"namespace\":\"{name}\""))).Text("identifier"));
        Assert.Equal(200, Delete(Client, name, "b").Status);
        Assert.Equal(first, Set(Client, name, "*@x", 7, 60_000).Data.Text("overrideId"));
        Assert.Equal(7, Limit(name, "a@x").Number("limit"));
        Assert.Equal(
            ["ratelimit.set_override", "ratelimit.delete_override", "ratelimit.set_override"], Client.Events(first).Select(static e => e.Text("event")));
    }

    [Fact]
    public void Listed200PageByPage()
    {
        (string name, _) = Namespace();
        Assert.Empty(Assert.Single(Client.Pages("ratelimit.listOverrides", $"\"namespace\":\"{name}\"")));
        string[] ids = [.. Enumerable.Range(0, 53).Select(i => Set(Client, name, $"user_{i}", i, 60_000).Data.Text("overrideId"))];
        Assert.Equal([50, 3], Client.Pages("ratelimit.listOverrides", $"\"namespace\":\"{name}\"").Select(static page => page.Length));
        Assert.Equal(
            ids.Order(StringComparer.Ordinal),
            Client.Pages("ratelimit.listOverrides", $"\"namespace\":\"{name}\",\"limit\":20").SelectMany(static page => page).Select(static item => item.Text("overrideId")));
    }

    [Fact]
    public void Refused404AnUnknownOrForeignNamespaceIsNeverCreated()
    {
        (string name, string id) = Namespace();
        Set(Client, name, "u", 5, 60_000);
        using ApiClient stranger = Fixture.Client.CreateWorkspace().Client;
        foreach ((ApiClient client, string space) in new[] { (Client, "ns_unknown"), (Client, "rlns_unknown"), (stranger, name), (stranger, id) })
        {
            Set(client, space, "u", 1, 60_000).Refused(NamespaceNotFound);
            Get(client, space, "u").Refused(NamespaceNotFound);
            Delete(client, space, "u").Refused(NamespaceNotFound);
            client.Post("ratelimit.listOverrides", $$"""{"namespace":"{{space}}"}""").Refused(NamespaceNotFound);
        }

        Assert.Equal(5, Get(Client, name, "u").Data.Number("limit"));
    }

    [Fact]
    public void AllowedByThePermissionForAnyOrForThisNamespace()
    {
        (string name, string id) = Namespace();
        (_, string other) = Namespace();
        Set(Client, name, "u", 5, 60_000);
        (string Action, Func<ApiClient, Reply> Call)[] calls =
        [
            ("set_override", client => Set(client, name, "u", 5, 60_000)), ("read_override", client => Get(client, name, "u")),
            ("read_override", client => client.Post("ratelimit.listOverrides", $$"""{"namespace":"{{name}}"}""")),
        ];
        foreach ((string action, Func<ApiClient, Reply> call) in calls)
        {
            foreach (string permission in new[] { $"ratelimit.*.{action}", $"ratelimit.{id}.{action}" })
            {
                using ApiClient allowed = Client.WithPermissions(permission);
                Assert.Equal(200, call(allowed).Status);
            }

            foreach (string permission in new[] { $"ratelimit.{other}.{action}", "ratelimit.*.limit" })
            {
                using ApiClient denied = Client.WithPermissions(permission);
                Assert.True(call(denied).Status is 403 or 404, action);
            }
        }

        using ApiClient cannot = Client.WithPermissions("ratelimit.*.set_override");
        Delete(cannot, name, "u").Refused(ErrorCode.InsufficientPermissions);
        using ApiClient can = Client.WithPermissions($"ratelimit.{id}.delete_override");
        Assert.Equal(200, Delete(can, name, "u").Status);
    }

    [Fact]
    public void Found200ByTheResourceNameAndOtherwiseAsIfThereWereNone()
    {
        (string name, string id) = Namespace();
        (_, string other) = Namespace();
        string item = Set(Client, name, "u", 5, 60_000).Data.Text("overrideId");
        string[] allowed =
        [
            $"ratelimits/namespaces/{id}/overrides/{item}", $"ratelimits/namespaces/{id}/overrides/*", "ratelimits/namespaces/*/overrides/*",
            $"ratelimits/namespaces/{id}/**", "ratelimits/**", "**",
        ];
        foreach (string path in allowed)
        {
            using ApiClient caller = Client.WithPermissions(Scene.Urn(path, "read_override"));
            Assert.Equal(item, Get(caller, name, "u").Data.Text("overrideId"));
        }

        string missing = Error(Get(Client, name, "nobody"));
        string[] denied =
        [
            Scene.Urn($"ratelimits/namespaces/{other}/overrides/*", "read_override"), Scene.Urn($"ratelimits/namespaces/{id}/overrides/{item}", "delete_override"),
            Scene.Urn($"ratelimits/namespaces/{id}", "read_override"), "ratelimit.*.limit",
        ];
        foreach (string permission in denied)
        {
            using ApiClient caller = Client.WithPermissions(permission);
            Assert.Equal(missing, Error(Get(caller, name, "u")));
        }

        static string Error(Reply reply) => reply.Refused(OverrideNotFound).Json.GetProperty("error").GetRawText();
    }

    private static Reply Set(ApiClient client, string space, string identifier, long limit, long duration) => client.Post(
        "ratelimit.setOverride",
        $$"""{"namespace":"{{space}}","identifier":{{JsonSerializer.Serialize(identifier)}},"limit":{{limit}},"duration":{{duration}}}""");

    private static Reply Get(ApiClient client, string space, string identifier) => Named(client, "ratelimit.getOverride", space, identifier);

    private static Reply Delete(ApiClient client, string space, string identifier) => Named(client, "ratelimit.deleteOverride", space, identifier);

    private static Reply Named(ApiClient client, string operation, string space, string identifier) =>
        client.Post(operation, $$"""{"namespace":"{{space}}","identifier":{{JsonSerializer.Serialize(identifier)}}}""");

    private JsonElement Limit(string space, string identifier) => Client.Post(
        "ratelimit.limit", $$"""{"namespace":"{{space}}","identifier":{{JsonSerializer.Serialize(identifier)}},"limit":10,"duration":600000}""").Data;

    // The first check of a namespace makes it, and the audit log has its id.
    private (string Name, string Id) Namespace()
    {
        string name = "ns_" + Scene.Unique();
        Reply first = Client.Post("ratelimit.limit", $$"""{"namespace":"{{name}}","identifier":"first","limit":1,"duration":1000}""");
        JsonElement created = Client.Post("audit.listEvents", """{"limit":100,"event":"ratelimitNamespace.create"}""").Data.EnumerateArray()
            .Single(e => e.Text("requestId") == first.RequestId);
        return (name, created.GetProperty("resources")[0].Text("id"));
    }
}
