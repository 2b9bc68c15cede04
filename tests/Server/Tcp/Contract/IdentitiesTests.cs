using System;
using System.Linq;
using System.Text.Json;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>identities.createIdentity and identities.getIdentity, grouped by status.</summary>
public sealed class IdentitiesTests(ServerFixture fixture) : TcpTests(fixture)
{
    [Fact]
    public void Created200FoundByBothNames()
    {
        string user = "user." + Scene.Unique();
        JsonElement created = Create(Client, user).Data;
        string identityId = Assert.Single(created.EnumerateObject()).Value.GetString()!;
        Assert.Matches("^id_[a-zA-Z0-9]{9}$", identityId);
        string wanted = $$"""{"id":"{{identityId}}","externalId":"{{user}}"}""";
        Assert.Equal(wanted, Get(Client, user).Data.GetRawText());
        Assert.Equal(wanted, Get(Client, identityId).Data.GetRawText());
    }

    [Theory]
    [InlineData("""{"key":"example"}""")]
    [InlineData("""{"s":"x","i":100,"f":1.5,"t":true,"f2":false,"n":null,"a":[1,[2]],"o":{"p":{"q":[{"r":1}]}},"es":"","ea":[],"eo":{}}""")]
    [InlineData("""{"\u65e5\u672c":"\ud83d\udc68\u200d\ud83d\udc69","":"empty name"}""")]
    public void Created200MetadataComesBackEqual(string meta)
    {
        string user = "user." + Scene.Unique();
        Create(Client, user, $"\"meta\":{meta}");
        Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(meta).RootElement, Get(Client, user).Data.GetProperty("meta")));
    }

    [Fact]
    public void Created200EmptyMetadataAndNoLimitsAreOmitted()
    {
        string user = "user." + Scene.Unique();
        Create(Client, user, "\"meta\":{},\"ratelimits\":[]");
        Assert.Equal(["externalId", "id"], Get(Client, user).Data.EnumerateObject().Select(member => member.Name).Order());
    }

    [Fact]
    public void Created200TenLimitsComeBackWithTheirValues()
    {
        string user = "user." + Scene.Unique();
        string[] limits =
        [
            .. Enumerable.Range(1, 10).Select(i =>
                $$"""{"name":"limit{{i}}","limit":{{i * 100}},"duration":{{i * 60000}},"autoApply":{{(i % 2 == 0 ? "true" : "false")}}}"""),
        ];
        Create(Client, user, $"\"ratelimits\":[{string.Join(',', limits)}]");
        JsonElement[] stored = [.. Get(Client, user).Data.GetProperty("ratelimits").EnumerateArray()];
        Assert.Equal(limits.Order(), stored.Select(limit => limit.GetRawText().Replace($"\"id\":\"{limit.GetProperty("id").GetString()}\",", "")).Order());
        Assert.Equal(10, stored.Select(limit => limit.GetProperty("id").GetString()).Distinct().Count());
    }

    [Fact]
    public void Created200OfLimitsWithOneNameTheLastWins()
    {
        string user = "user." + Scene.Unique();
        Create(
            Client, user, """
            "ratelimits":[{"name":"same","limit":1,"duration":1000,"autoApply":true},{"name":"same","limit":2,"duration":2000,"autoApply":false}]
            """);
        Assert.Equal(2, Assert.Single(Get(Client, user).Data.GetProperty("ratelimits").EnumerateArray()).GetProperty("limit").GetInt32());
    }

    [Fact]
    public void Created200ExternalIdsDifferByLetterCaseAndWorkspace()
    {
        string user = "User." + Scene.Unique();
        string[] ids = [.. new[] { user, user.ToUpperInvariant(), "1" }.Select(name => Create(Client, name).Data.GetProperty("identityId").GetString()!)];
        Assert.Equal(3, ids.Distinct().Count());
        using ApiClient stranger = Fixture.Client.CreateWorkspace().Client;
        Assert.Equal(200, Create(stranger, user).Status);
    }

    [Fact]
    public void Created409TheSameExternalIdAgain()
    {
        string user = "user." + Scene.Unique();
        Create(Client, user);
        Assert.Equal(
            $"Identity with externalId '{user}' already exists in this workspace.", Create(Client, user, "\"meta\":{\"a\":1}").Refused(ErrorCode.IdentityExists).Detail);
        Assert.False(Get(Client, user).Data.TryGetProperty("meta", out _));
    }

    [Fact]
    public void Created400ManyPropertiesAreRefusedByTheSchemaAndLargeOnesByTheRule()
    {
        string many = "{" + string.Join(',', Enumerable.Range(0, 70_000).Select(i => $"\"k{i}\":\"v\"")) + "}";
        Create(Client, "many." + Scene.Unique(), $"\"meta\":{many}").RefusedBySchema("identities.createIdentity", "/properties/meta/maxProperties");
        Reply large = Create(Client, "large." + Scene.Unique(), $"\"meta\":{{\"a\":\"{new string('a', 1_048_577)}\"}}").Refused(ErrorCode.InvalidInput);
        Assert.StartsWith("Metadata is too large: it must be at most 1.0 MB, but is 1.0 MB", large.Detail);
        Assert.Empty(large.ErrorLocations);
        string user = "fits." + Scene.Unique();
        Assert.Equal(200, Create(Client, user, $"\"meta\":{{\"a\":\"{new string('a', 1_000_000)}\"}}").Status);
        Assert.Equal(1_000_000, Get(Client, user).Data.GetProperty("meta").GetProperty("a").GetString()!.Length);
    }

    [Fact]
    public void Created403WithoutPermission()
    {
        string[] allowed =
        [
            "identity.*.create_identity", Scene.Urn("projects/*/identities/*", "create_identity"), Scene.Urn("**", "create_identity"),
            Scene.Urn("**", "*"),
        ];
        foreach (string permission in allowed)
        {
            using ApiClient caller = Client.WithPermissions(permission);
            Assert.Equal(200, Create(caller, "user." + Scene.Unique()).Status);
        }

        foreach (string permission in new[] { "identity.*.read_identity", "api.*.create_api", Scene.Urn("projects/proj_1/identities/*", "create_identity") })
        {
            using ApiClient caller = Client.WithPermissions(permission);
            Create(caller, "user." + Scene.Unique()).Refused(ErrorCode.InsufficientPermissions);
        }
    }

    [Fact]
    public void Found404WhenUnknownOrForeign()
    {
        using ApiClient stranger = Fixture.Client.CreateWorkspace().Client;
        Reply[] replies =
        [
            Get(Client, "nobody"), Get(Client, "@#$%"), Get(Client, new string('a', 1000)), Get(stranger, Scene.ExternalId),
            Get(stranger, Scene.IdentityId),
        ];
        foreach (Reply reply in replies)
        {
            Assert.Equal("This identity does not exist.", reply.Refused(ErrorCode.IdentityNotFound).Detail);
        }
    }

    [Fact]
    public void Found200Or403ByPermission()
    {
        foreach (string permission in new[] { "identity.*.read_identity", $"identity.{Scene.IdentityId}.read_identity", Scene.Urn("projects/*/identities/*", "read_identity") })
        {
            using ApiClient caller = Client.WithPermissions(permission);
            Assert.Equal(200, Get(caller, Scene.ExternalId).Status);
        }

        string other = Create(Client, "user." + Scene.Unique()).Data.GetProperty("identityId").GetString()!;
        foreach (string permission in new[] { "identity.*.create_identity", $"identity.{other}.read_identity", "api.*.read_api" })
        {
            using ApiClient caller = Client.WithPermissions(permission);
            string detail = Get(caller, Scene.ExternalId).Refused(ErrorCode.InsufficientPermissions).Detail;
            Assert.Contains("Missing one of these permissions:", detail);
            Assert.Contains("identity.*.read_identity", detail);
            Assert.DoesNotContain(other, detail);
            Assert.DoesNotContain("have:", detail);
            Assert.DoesNotContain('{', detail);
            Get(caller, "nobody").Refused(ErrorCode.IdentityNotFound);
        }
    }

    private static Reply Create(ApiClient client, string externalId, string members = "") => client.Post(
        "identities.createIdentity", $$"""{"externalId":"{{externalId}}"{{(members.Length == 0 ? "" : "," + members)}}}""");

    private static Reply Get(ApiClient client, string identity) =>
        client.Post("identities.getIdentity", $$"""{"identity":{{JsonSerializer.Serialize(identity)}}}""");
}
