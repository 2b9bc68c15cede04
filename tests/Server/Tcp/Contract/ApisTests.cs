using System.Linq;
using System.Text.Json;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>apis.createApi, apis.getApi and apis.deleteApi, grouped by status.</summary>
public sealed class ApisTests(ServerFixture fixture) : TcpTests(fixture)
{
    private const string NotFoundDetail = "The requested API does not exist or has been deleted.";

    [Theory]
    [InlineData("abc")]
    [InlineData("a long name that reads like a sentence: the payments API, production, Europe (west)")]
    [InlineData("550e8400-e29b-41d4-a716-446655440000")]
    [InlineData("<b>&\"'\\ punctuation; -- DROP TABLE apis")]
    [InlineData("\u65e5\u672c\u8a9e \u0440\u0443\u0441\u0441\u043a\u0438\u0439 \u0639\u0631\u0628\u064a \U0001F511\U0001F468\u200D\U0001F469")]
    [InlineData("line\nbreak\ttab\u2028\u0000nul")]
    public void Created200NamesComeBackAsGiven(string name)
    {
        string apiId = Client.CreateApi(name);
        JsonElement data = Get(Client, apiId).Data;
        Assert.Equal(["id", "name"], data.EnumerateObject().Select(member => member.Name).Order());
        Assert.Equal(apiId, data.GetProperty("id").GetString());
        Assert.Equal(name, data.GetProperty("name").GetString());
    }

    [Fact]
    public void Created200AnswersNothingButAnIdOfTheKnownForm()
    {
        JsonElement data = Client.Post("apis.createApi", """{"name":"an api"}""").Data;
        Assert.Matches("^api_[a-zA-Z0-9]{9}$", Assert.Single(data.EnumerateObject()).Value.GetString()!);
    }

    [Fact]
    public void Created200NamesNeedNotBeUnique()
    {
        string[] ids = [Client.CreateApi("the same"), Client.CreateApi("the same"), Client.CreateApi("another")];
        Assert.Equal(3, ids.Distinct().Count());
    }

    [Theory]
    [InlineData(true, "api.*.create_api")]
    [InlineData(true, "identity.*.read_identity", "api.*.create_api", "rbac.*.read_role")]
    [InlineData(false, "api.*.read_api")]
    [InlineData(false, "identity.*.create_identity")]
    public void Created200Or403ByPermission(bool allowed, params string[] permissions)
    {
        using ApiClient caller = Client.WithPermissions(permissions);
        Reply reply = caller.Post("apis.createApi", """{"name":"an api"}""");
        if (allowed)
        {
            Assert.Equal(200, reply.Status);
        }
        else
        {
            Assert.Equal("Missing permission: 'api.*.create_api'", reply.Refused(ErrorCode.InsufficientPermissions).Detail);
        }
    }

    [Fact]
    public void Read200Or403ByPermission()
    {
        string apiId = Client.CreateApi();
        string otherId = Client.CreateApi();
        string[][] allowed = [["api.*.read_api"], [$"api.{apiId}.read_api"], ["identity.*.read_identity", "api.*.read_api"]];
        foreach (string[] permissions in allowed)
        {
            using ApiClient caller = Client.WithPermissions(permissions);
            Assert.Equal(200, Get(caller, apiId).Status);
        }

        string[][] denied =
        [
            ["identity.*.read_identity"], ["api.*.create_api"], [$"api.{apiId}.delete_api"], [$"api.{otherId}.read_api"],
            ["api.*.read_key", "ratelimit.*.limit", "identity.*.read_identity"],
        ];
        foreach (string[] permissions in denied)
        {
            using ApiClient caller = Client.WithPermissions(permissions);
            AssertDenied(Get(caller, apiId), permissions);
        }
    }

    [Fact]
    public void Read403WithoutPermissionEvenWhenTheApiDoesNotExist()
    {
        using ApiClient caller = Client.WithPermissions("identity.*.read_identity");
        Get(caller, "api_unknown1").Refused(ErrorCode.InsufficientPermissions);
        Delete(caller, "api_unknown1").Refused(ErrorCode.InsufficientPermissions);
    }

    [Fact]
    public void Read404WhenUnknownDeletedOrForeign()
    {
        string deleted = Client.CreateApi();
        Assert.Equal(200, Get(Client, deleted).Status);
        Assert.Empty(Delete(Client, deleted).Data.EnumerateObject());
        using ApiClient stranger = Fixture.Client.CreateWorkspace().Client;
        foreach (Reply reply in new[] { Get(Client, "api_unknown1"), Get(Client, deleted), Get(stranger, Scene.ApiId) })
        {
            Assert.Equal(NotFoundDetail, reply.Refused(ErrorCode.ApiNotFound).Detail);
        }
    }

    [Fact]
    public void Deleted200TakesTheKeysOfTheApiAway()
    {
        string apiId = Client.CreateApi();
        CreatedKey key = Client.CreateKey(apiId);
        Assert.Equal("VALID", Client.Verify(key.Key).Code);
        Delete(Client, apiId);
        Reply verified = Client.Verify(key.Key);
        Assert.Equal("""{"valid":false,"code":"NOT_FOUND"}""", verified.Data.GetRawText());
        Client.Post("keys.getKey", $$"""{"keyId":"{{key.KeyId}}"}""").Refused(ErrorCode.KeyNotFound);
        Client.Post("keys.whoami", $$"""{"key":"{{key.Key}}"}""").Refused(ErrorCode.KeyNotFound);
        Client.Post("keys.updateKey", $$"""{"keyId":"{{key.KeyId}}","name":"x"}""").Refused(ErrorCode.KeyNotFound);
        Client.Post("keys.deleteKey", $$"""{"keyId":"{{key.KeyId}}"}""").Refused(ErrorCode.KeyNotFound);
        Client.Post("keys.createKey", $$"""{"apiId":"{{apiId}}"}""").Refused(ErrorCode.ApiNotFound);
    }

    [Fact]
    public void Deleted404AgainAndAgain()
    {
        string apiId = Client.CreateApi();
        Assert.Equal(200, Delete(Client, apiId).Status);
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(NotFoundDetail, Delete(Client, apiId).Refused(ErrorCode.ApiNotFound).Detail);
        }
    }

    [Fact]
    public void Deleted404WhenUnknownOrForeign()
    {
        using ApiClient stranger = Fixture.Client.CreateWorkspace().Client;
        Delete(Client, "api_does_not_exist").Refused(ErrorCode.ApiNotFound);
        Delete(stranger, Scene.ApiId).Refused(ErrorCode.ApiNotFound);
        Assert.Equal(200, Get(Client, Scene.ApiId).Status);
    }

    [Fact]
    public void Deleted200Or403ByPermission()
    {
        string[] ids = [Client.CreateApi(), Client.CreateApi()];
        foreach (string[] permissions in new string[][] { ["api.*.read_api"], [$"api.{ids[1]}.delete_api"], ["api.*.create_api"] })
        {
            using ApiClient caller = Client.WithPermissions(permissions);
            AssertDenied(Delete(caller, ids[0]), permissions);
        }

        using ApiClient one = Client.WithPermissions($"api.{ids[0]}.delete_api");
        using ApiClient any = Client.WithPermissions("api.*.delete_api");
        Assert.Equal(200, Delete(one, ids[0]).Status);
        Assert.Equal(200, Delete(any, ids[1]).Status);
    }

    private static void AssertDenied(Reply reply, string[] had)
    {
        string detail = reply.Refused(ErrorCode.InsufficientPermissions).Detail;
        Assert.StartsWith("Missing one of these permissions: ", detail);
        Assert.Contains(" or ", detail);
        Assert.DoesNotContain('{', detail);
        Assert.DoesNotContain(had, permission => detail.Contains(permission));
    }

    private static Reply Get(ApiClient client, string apiId) => client.Post("apis.getApi", $$"""{"apiId":"{{apiId}}"}""");

    private static Reply Delete(ApiClient client, string apiId) => client.Post("apis.deleteApi", $$"""{"apiId":"{{apiId}}"}""");
}
