using System;
using System.Linq;
using System.Text.Json;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>Recoverable keys: stored encrypted, shown again to a caller that may decrypt them, wherever keys are shown.</summary>
public sealed class RecoverableKeysTests
{
    private static readonly string s_masterKey = Convert.ToBase64String(Enumerable.Repeat((byte)7, 32).ToArray());

    [Fact]
    public void ARecoverableKeyIsShownAgainByPermissionOnly()
    {
        using ServerProcess server = Start();
        using ApiClient bootstrap = server.Client();
        Scene scene = Scene.Create(bootstrap);
        ApiClient client = scene.Client;
        string apiId = client.CreateApi();
        CreatedKey plain = client.CreateKey(apiId);
        string create = $$"""{"apiId":"{{apiId}}","recoverable":true}""";

        // Not before the API is set up for it, and then only for a caller that may encrypt; others get the answer of an unknown API.
        Assert.Contains("encryption", client.Post("keys.createKey", create).Refused(ErrorCode.Precondition).Detail);
        client.Post("keys.getKey", $$"""{"keyId":"{{plain.KeyId}}","decrypt":true}""").Refused(ErrorCode.Precondition);
        client.Post("apis.listKeys", $$"""{"apiId":"{{apiId}}","decrypt":true}""").Refused(ErrorCode.Precondition);
        client.Post("apis.updateApi", $$"""{"apiId":"{{apiId}}","storeEncryptedKeys":true}""");
        using ApiClient creator = client.WithPermissions("api.*.create_key");
        creator.Post("keys.createKey", create).Refused(ErrorCode.ApiNotFound);
        using ApiClient encrypter = client.WithPermissions("api.*.create_key", $"api.{apiId}.encrypt_key");
        CreatedKey key = encrypter.CreateKey(apiId, "\"recoverable\":true");

        string byId = $$"""{"keyId":"{{key.KeyId}}","decrypt":true}""";
        Assert.Equal(key.Key, client.Post("keys.getKey", byId).Data.Text("plaintext"));
        Assert.False(client.GetKey(key.KeyId).Has("plaintext"));
        Assert.False(client.Post("keys.whoami", $$"""{"key":"{{key.Key}}"}""").Data.Has("plaintext"));
        Assert.False(client.Post("keys.getKey", $$"""{"keyId":"{{plain.KeyId}}","decrypt":true}""").Data.Has("plaintext"));
        JsonElement listed = client.Post("apis.listKeys", $$"""{"apiId":"{{apiId}}","decrypt":true}""").Data;
        Assert.Equal(key.Key, listed.EnumerateArray().Single(static item => item.Has("plaintext")).Text("plaintext"));
        Assert.DoesNotContain(client.Post("apis.listKeys", $$"""{"apiId":"{{apiId}}"}""").Data.EnumerateArray(), static item => item.Has("plaintext"));

        using ApiClient reader = client.WithPermissions("api.*.read_key", "api.*.read_api");
        reader.Post("keys.getKey", byId).Refused(ErrorCode.InsufficientPermissions);
        Assert.Contains("permission", reader.Post("apis.listKeys", $$"""{"apiId":"{{apiId}}","decrypt":true}""").Refused(ErrorCode.InsufficientPermissions).Detail);
        using ApiClient decrypter = client.WithPermissions("api.*.decrypt_key");
        decrypter.Post("keys.getKey", byId).Refused(ErrorCode.InsufficientPermissions);
        using ApiClient both = client.WithPermissions($"api.{apiId}.read_key", $"api.{apiId}.decrypt_key");
        Assert.Equal(key.Key, both.Post("keys.getKey", byId).Data.Text("plaintext"));
    }

    [Fact]
    public void TheSuccessorOfARecoverableKeyIsRecoverable()
    {
        using ServerProcess server = Start();
        using ApiClient bootstrap = server.Client();
        Scene scene = Scene.Create(bootstrap);
        ApiClient client = scene.Client;
        client.Post("apis.updateApi", $$"""{"apiId":"{{scene.ApiId}}","storeEncryptedKeys":true}""");
        CreatedKey key = client.CreateKey(scene.ApiId, "\"recoverable\":true");
        string reroll = $$"""{"keyId":"{{key.KeyId}}","expiration":60000}""";
        using ApiClient creator = client.WithPermissions("api.*.create_key");
        creator.Post("keys.rerollKey", reroll).Refused(ErrorCode.InsufficientPermissions);
        JsonElement rerolled = client.Post("keys.rerollKey", reroll).Data;
        server.AddSecret(rerolled.Text("key"));
        Assert.Equal(rerolled.Text("key"), client.Post("keys.getKey", $$"""{"keyId":"{{rerolled.Text("keyId")}}","decrypt":true}""").Data.Text("plaintext"));
        client.Post("apis.updateApi", $$"""{"apiId":"{{scene.ApiId}}","storeEncryptedKeys":false}""");
        client.Post("keys.rerollKey", reroll).Refused(ErrorCode.Precondition);
        client.Post("keys.getKey", $$"""{"keyId":"{{key.KeyId}}","decrypt":true}""").Refused(ErrorCode.Precondition);
    }

    private static ServerProcess Start() => ServerProcess.Start(new ServerSetup { Options = ["--encryption-key", s_masterKey] });
}
