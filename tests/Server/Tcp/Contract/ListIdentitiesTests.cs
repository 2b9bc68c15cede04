using System;
using System.Linq;
using System.Text.Json;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>identities.listIdentities, grouped by status. Each test has a workspace of its own, so that it knows all that is in it.</summary>
public sealed class ListIdentitiesTests(ServerFixture fixture) : TcpTests(fixture)
{
    private const string Operation = "identities.listIdentities";
    private const string Limit = """{"name":"api_calls","limit":100,"duration":60000,"autoApply":false}""";

    [Fact]
    public void Listed200EveryLiveIdentityOnceInTheOrderOfIds()
    {
        using ApiClient client = Fixture.Client.CreateWorkspace().Client;
        string[] ids = [.. Enumerable.Range(0, 12).Select(i => Create(client, $"user_{i}", $",\"meta\":{{\"i\":{i}}},\"ratelimits\":[{Limit}]"))];
        Create(client, "gone");
        client.Post("identities.deleteIdentity", """{"identity":"gone"}""");
        JsonElement[] all = Assert.Single(client.Pages(Operation));
        Assert.Equal(ids.Order(StringComparer.Ordinal), all.Select(static identity => identity.Text("id")));
        Assert.All(all, static identity => Assert.Equal(100, identity.GetProperty("ratelimits").Only().Number("limit")));
        Assert.All(all, static identity => Assert.Equal(identity.Text("externalId"), "user_" + identity.GetProperty("meta").Number("i")));
        Assert.Equal([5, 5, 2], client.Pages(Operation, "\"limit\":5").Select(static page => page.Length));
        Assert.Equal([7, 5], client.Pages(Operation, "\"limit\":7").Select(static page => page.Length));
        Assert.Single(client.Pages(Operation, "\"limit\":12"));
        Assert.Equal(
            all.Select(static identity => identity.GetRawText()),
            client.Pages(Operation, "\"limit\":5").SelectMany(static page => page).Select(static identity => identity.GetRawText()));
    }

    [Fact]
    public void Listed200WithoutALimitAHundredAPage()
    {
        using ApiClient client = Fixture.Client.CreateWorkspace().Client;
        foreach (int i in Enumerable.Range(0, 101))
        {
            Create(client, $"user_{i}");
        }

        Assert.Equal([100, 1], client.Pages(Operation).Select(static page => page.Length));
    }

    [Fact]
    public void Listed200EmptyMembersAreOmittedAndMetadataComesBackEqual()
    {
        using ApiClient client = Fixture.Client.CreateWorkspace().Client;
        Create(client, "plain", ",\"meta\":{},\"ratelimits\":[]");
        Assert.Equal(["externalId", "id"], Assert.Single(Assert.Single(client.Pages(Operation))).Names());
        const string Meta = """{"\u65e5\u672c":"\ud83d\udc68\u200d\ud83d\udc69 \ud83c\uddef\ud83c\uddf5","n":[1,2.5,null,true]}""";
        Create(client, "unicode", $",\"meta\":{Meta}");
        Assert.True(Assert.Single(Assert.Single(client.Pages(Operation, "\"search\":\"unicode\""))).GetProperty("meta").IsJson(Meta));
    }

    [Fact]
    public void Listed200TheSearchIsLiteralAndIgnoresLetterCase()
    {
        using ApiClient client = Fixture.Client.CreateWorkspace().Client;
        string alice = Create(client, "acme_alice");
        Create(client, "acme_bob");
        Create(client, "discount-100.user", ",\"meta\":{\"note\":\"acme\"}");
        (string Search, string[] Found)[] cases =
        [
            ("alice", ["acme_alice"]), (alice, ["acme_alice"]), ("ACME_ALICE", ["acme_alice"]), ("Acme", ["acme_alice", "acme_bob"]),
            ("100.", ["discount-100.user"]), ("100%", []), ("b_b", []), ("e_b", ["acme_bob"]), ("a\\\\", []), ("does-not-exist", []),
            ("   ", ["acme_alice", "acme_bob", "discount-100.user"]), ("  bob ", ["acme_bob"]), ("", ["acme_alice", "acme_bob", "discount-100.user"]),
        ];
        foreach ((string search, string[] found) in cases)
        {
            JsonElement[] page = Assert.Single(client.Pages(Operation, $"\"search\":\"{search}\""));
            Assert.True(found.SequenceEqual(page.Select(static identity => identity.Text("externalId")).Order(StringComparer.Ordinal)), search);
        }
    }

    [Fact]
    public void Listed200AnEmptyPageNeedsNoPermission()
    {
        using ApiClient client = Fixture.Client.CreateWorkspace().Client;
        using ApiClient nobody = client.WithPermissions("api.*.read_api");
        Assert.Empty(Assert.Single(nobody.Pages(Operation)));
        string id = Create(client, "somebody");
        string detail = nobody.Post(Operation, "{}").Refused(ErrorCode.InsufficientPermissions).Detail;
        Assert.Contains("Missing one of these permissions", detail);
        Assert.Empty(Assert.Single(nobody.Pages(Operation, "\"search\":\"nothing like it\"")));
        Create(client, "another");
        using ApiClient one = client.WithPermissions($"identity.{id}.read_identity");
        one.Post(Operation, "{}").Refused(ErrorCode.InsufficientPermissions);
        Assert.Equal(id, Assert.Single(Assert.Single(one.Pages(Operation, $"\"search\":\"{id}\""))).Text("id"));
    }

    [Fact]
    public void Listed200OnlyOfTheOwnWorkspaceByEachPermission()
    {
        using ApiClient stranger = Fixture.Client.CreateWorkspace().Client;
        Assert.Empty(Assert.Single(stranger.Pages(Operation)));
        foreach (string permission in new[] { "identity.*.read_identity", Scene.Urn("projects/*/identities/*", "read_identity") })
        {
            using ApiClient caller = Client.WithPermissions(permission);
            Assert.Contains(Scene.IdentityId, caller.Post(Operation, "{}").Data.Each("id"));
        }
    }

    [Fact]
    public void Listed200AnyTextIsAPosition() => Assert.All(
        new[] { "", "zzz", "'; --", "\\u0000" }, cursor => Assert.Equal(200, Client.Post(Operation, $$"""{"cursor":"{{cursor}}"}""").Status));

    private static string Create(ApiClient client, string externalId, string members = "") =>
        client.Post("identities.createIdentity", $$"""{"externalId":"{{externalId}}"{{members}}}""").Data.Text("identityId");
}
