using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>keys.deleteKey, grouped by status.</summary>
public sealed class DeleteKeyTests(ServerFixture fixture) : TcpTests(fixture)
{
    [Theory]
    [InlineData("")]
    [InlineData(",\"permanent\":false")]
    [InlineData(",\"permanent\":true")]
    public void Deleted200TheKeyIsGoneAtOnceAndForGood(string members)
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, $"\"externalId\":\"{Scene.ExternalId}\",\"permissions\":[\"a.a\"],\"credits\":{{\"remaining\":5}}");
        Assert.Equal("VALID", Client.Verify(key.Key).Code);
        Assert.Empty(Delete(Client, key.KeyId, members).Data.EnumerateObject());
        Assert.Equal("""{"valid":false,"code":"NOT_FOUND"}""", Client.Verify(key.Key).Data.GetRawText());
        Delete(Client, key.KeyId, members).Refused(ErrorCode.KeyNotFound);
        Delete(Client, key.KeyId, ",\"permanent\":true").Refused(ErrorCode.KeyNotFound);
        Client.Post("keys.getKey", $$"""{"keyId":"{{key.KeyId}}"}""").Refused(ErrorCode.KeyNotFound);
        Assert.Equal(200, Client.Post("identities.getIdentity", $$"""{"identity":"{{Scene.ExternalId}}"}""").Status);
    }

    [Fact]
    public void Refused404WhenUnknownOrForeign()
    {
        using ApiClient stranger = Fixture.Client.CreateWorkspace().Client;
        Delete(Client, "key_unknown1").Refused(ErrorCode.KeyNotFound);
        Delete(stranger, Scene.Key.KeyId).Refused(ErrorCode.KeyNotFound);
        Assert.Equal("VALID", Client.Verify(Scene.Key.Key).Code);
    }

    [Fact]
    public void Deleted200ByEachPermissionThatAllowsIt()
    {
        string[] allowed =
        [
            "api.*.delete_key", $"api.{Scene.ApiId}.delete_key", Scene.Urn($"keyspaces/{Scene.KeyspaceId}/keys/*", "delete_key"),
            Scene.Urn("keyspaces/*/keys/*", "delete_key"),
        ];
        foreach (string permission in allowed)
        {
            CreatedKey key = Client.CreateKey(Scene.ApiId);
            using ApiClient caller = Client.WithPermissions(permission);
            Assert.Equal(200, Delete(caller, key.KeyId).Status);
            Assert.Equal("NOT_FOUND", Client.Verify(key.Key).Code);
        }
    }

    [Fact]
    public void Refused403WithoutThePermissionDeletesNothing()
    {
        string otherApi = Client.CreateApi();
        CreatedKey key = Client.CreateKey(Scene.ApiId);
        foreach (string permission in new[] { "api.*.create_key", $"api.{otherApi}.delete_key", "api.*.read_key", Scene.Urn("keyspaces/ks_other/keys/*", "delete_key") })
        {
            using ApiClient caller = Client.WithPermissions(permission);
            Delete(caller, key.KeyId).Refused(ErrorCode.InsufficientPermissions);
        }

        Assert.Equal("VALID", Client.Verify(key.Key).Code);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"keyId":""}""")]
    public void Refused400WithoutAKeyIdHasTheExactDetail(string body) =>
        Client.Post("keys.deleteKey", body).RefusedBySchema("keys.deleteKey");

    private static Reply Delete(ApiClient client, string keyId, string members = "") =>
        client.Post("keys.deleteKey", $$"""{"keyId":"{{keyId}}"{{members}}}""");
}
