using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Encryption;
using Unkey.Server.Storage.Rows;
using Xunit;

namespace Unkey.Server.Tests.ControlPlane;

public sealed class RecoverableKeyTests
{
    private static readonly string s_first = Convert.ToBase64String(Enumerable.Repeat((byte)1, 32).ToArray());
    private static readonly string s_second = Convert.ToBase64String(Enumerable.Repeat((byte)2, 32).ToArray());

    [Fact]
    public async Task ARecoverableKeyIsShownAgainAndStoredOnlyEncrypted()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync(encryptionKeys: s_first);
        string api = await EncryptedApiAsync(cp);
        (string id, string key) = await cp.CreateKeyAsync(api, ""","recoverable":true""");
        (string plainId, _) = await cp.CreateKeyAsync(api);
        Assert.Equal(key, await DecryptAsync(cp, id));
        Assert.Null(await DecryptAsync(cp, plainId));
        Assert.False((await cp.ShownKeyAsync(id)).TryGetProperty("plaintext", out _));
        Assert.Equal(1L, cp.Scalar("SELECT count(*) FROM encrypted_keys"));
        await cp.CloseAsync();
        foreach (string file in Directory.GetFiles(cp.Directory))
        {
            Assert.DoesNotContain(key, Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file)));
        }
    }

    [Fact]
    public async Task ARerolledKeyIsRecoverableAsWellAndAPermanentDeletionTakesTheCiphertextAlong()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync(encryptionKeys: s_first);
        string api = await EncryptedApiAsync(cp);
        (string id, string key) = await cp.CreateKeyAsync(api, ""","recoverable":true""");
        string body = $$"""{"keyId":"{{id}}","expiration":0}""";
        (await cp.PostAsync("keys.rerollKey", body, await cp.RootKeyWithAsync("api.*.create_key")))
            .Refused(403, "unkey/authorization/insufficient_permissions");
        Answer rerolled = await cp.PostAsync("keys.rerollKey", body, await cp.RootKeyWithAsync("api.*.create_key", $"api.{api}.encrypt_key"));
        rerolled.Ok();
        Assert.Equal(rerolled.Field("key"), await DecryptAsync(cp, rerolled.Field("keyId")));
        Assert.Equal(key, await DecryptAsync(cp, id));
        (await cp.PostAsync("apis.updateApi", $$"""{"apiId":"{{api}}","storeEncryptedKeys":false}""")).Ok();
        (await cp.PostAsync("keys.rerollKey", body)).Refused(412, "unkey/application/precondition_failed");
        (await cp.PostAsync("keys.deleteKey", $$"""{"keyId":"{{id}}","permanent":true}""")).Ok();
        Assert.Equal(0L, cp.Scalar($"SELECT count(*) FROM encrypted_keys WHERE key_id = '{id}'"));
        cp.EncryptionKeys = null;
        await cp.RestartAsync();
        (await cp.PostAsync("keys.rerollKey", body.Replace(id, rerolled.Field("keyId")))).Refused(412, "unkey/application/precondition_failed");
    }

    [Fact]
    public async Task CreationIsRefusedInTheOrderOfTheContract()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        string body = $$"""{"apiId":"{{api}}","recoverable":true}""";
        string creator = await cp.RootKeyWithAsync("api.*.create_key");
        string encrypter = await cp.RootKeyWithAsync("api.*.create_key", "api.*.encrypt_key");
        (await cp.PostAsync("keys.createKey", body, creator)).Refused(412, "unkey/application/precondition_failed");
        cp.EncryptionKeys = s_first;
        await cp.RestartAsync();
        Answer hidden = (await cp.PostAsync("keys.createKey", body, creator)).Refused(404, "unkey/data/api_not_found");
        Assert.DoesNotContain("ks_", hidden.Text);
        Answer refused = (await cp.PostAsync("keys.createKey", body, encrypter)).Refused(412, "unkey/application/precondition_failed");
        Assert.Contains("not support key encryption", refused.Detail);
        (await cp.PostAsync("apis.updateApi", $$"""{"apiId":"{{api}}","storeEncryptedKeys":true}""")).Ok();
        (await cp.PostAsync("keys.createKey", body, encrypter)).Ok();
        object keyspace = cp.Scalar($"SELECT keyspace_id FROM apis WHERE id = '{api}'")!;
        string urns = await cp.RootKeyWithAsync(
            $"unkey:v1:{cp.WorkspaceId}:keyspaces/{keyspace}#create_key", $"unkey:v1:{cp.WorkspaceId}:keyspaces/{keyspace}/keys/*#encrypt_key");
        (await cp.PostAsync("keys.createKey", body, urns)).Ok();
    }

    [Fact]
    public async Task DecryptionIsRefusedInTheOrderOfTheContract()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        (string id, _) = await cp.CreateKeyAsync(api);
        string body = $$"""{"keyId":"{{id}}","decrypt":true}""";
        string decrypterOnly = await cp.RootKeyWithAsync("api.*.decrypt_key");
        string reader = await cp.RootKeyWithAsync("api.*.read_key");
        (await cp.PostAsync("keys.getKey", body, decrypterOnly)).Refused(403, "unkey/authorization/insufficient_permissions");
        (await cp.PostAsync("keys.getKey", body, reader)).Refused(412, "unkey/application/precondition_failed");
        cp.EncryptionKeys = s_first;
        await cp.RestartAsync();
        (await cp.PostAsync("keys.getKey", body, reader)).Refused(403, "unkey/authorization/insufficient_permissions");
        (await cp.PostAsync("keys.getKey", body)).Refused(412, "unkey/application/precondition_failed");
        (await cp.PostAsync("apis.updateApi", $$"""{"apiId":"{{api}}","storeEncryptedKeys":true}""")).Ok();
        Assert.False((await cp.PostAsync("keys.getKey", body)).Ok().TryGetProperty("plaintext", out _));
    }

    [Fact]
    public async Task RotationEncryptsUnderTheFirstKeyAndDecryptsUnderAll()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync(encryptionKeys: s_first);
        string api = await EncryptedApiAsync(cp);
        (string oldId, string oldKey) = await cp.CreateKeyAsync(api, ""","recoverable":true""");
        cp.EncryptionKeys = $"{s_second}\n{s_first}\n";
        await cp.RestartAsync();
        (string newId, string newKey) = await cp.CreateKeyAsync(api, ""","recoverable":true""");
        Assert.Equal(oldKey, await DecryptAsync(cp, oldId));
        Assert.Equal(newKey, await DecryptAsync(cp, newId));
        cp.EncryptionKeys = s_second;
        await cp.RestartAsync();
        Assert.Null(await DecryptAsync(cp, oldId));
        Assert.Equal(newKey, await DecryptAsync(cp, newId));
    }

    [Fact]
    public async Task WhatHasBeenTamperedWithGivesNoPlaintext()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync(encryptionKeys: s_first);
        string api = await EncryptedApiAsync(cp);
        (string id, _) = await cp.CreateKeyAsync(api, ""","recoverable":true""");
        (string otherId, _) = await cp.CreateKeyAsync(api, ""","recoverable":true""");
        await cp.WriteAsync(session => session.Execute(
            $"""
            UPDATE encrypted_keys
            SET (wrapped_data_key, ciphertext) = (SELECT wrapped_data_key, ciphertext FROM encrypted_keys WHERE key_id = '{otherId}')
            WHERE key_id = '{id}'
            """));
        Assert.Null(await DecryptAsync(cp, id));
        Assert.NotNull(await DecryptAsync(cp, otherId));
    }

    [Fact]
    public void EveryByteOfARecordIsAuthenticated()
    {
        KeyVault vault = Vault($"{s_first},{s_second}");
        EncryptedKeyRow row = vault.Encrypt("key_1", "secret");
        Assert.Equal("secret", vault.Decrypt(row, out string? problem));
        Assert.Null(problem);
        foreach (Func<EncryptedKeyRow, byte[]> part in new Func<EncryptedKeyRow, byte[]>[] { static r => r.Ciphertext, static r => r.WrappedDataKey })
        {
            for (int i = 0; i < part(row).Length; i++)
            {
                part(row)[i] ^= 0x20;
                Assert.Null(vault.Decrypt(row, out problem));
                Assert.NotNull(problem);
                part(row)[i] ^= 0x20;
            }
        }

        Assert.Null(vault.Decrypt(row with { KeyId = "key_2" }, out _));
        Assert.Null(vault.Decrypt(row with { EncryptionKeyId = new MasterKey(Convert.FromBase64String(s_second)).Id }, out _));
        Assert.Null(vault.Decrypt(row with { EncryptionKeyId = "0000000000000000" }, out _));
        Assert.Null(vault.Decrypt(row with { Ciphertext = [] }, out _));
        Assert.Null(vault.Decrypt(row with { WrappedDataKey = [1] }, out _));
        Assert.Equal("secret", vault.Decrypt(row, out _));
    }

    [Fact]
    public void TheSameKeyIsNeverEncryptedTheSameWay()
    {
        KeyVault vault = Vault(s_first);
        EncryptedKeyRow one = vault.Encrypt("key_1", "secret");
        EncryptedKeyRow two = vault.Encrypt("key_1", "secret");
        Assert.NotEqual(one.Ciphertext, two.Ciphertext);
        Assert.NotEqual(one.WrappedDataKey, two.WrappedDataKey);
        Assert.NotEqual(one.Ciphertext[..12], two.Ciphertext[..12]);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" , ,")]
    [InlineData("AAAA")]
    [InlineData("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ==")]
    [InlineData("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=,nonsense!")]
    public void ATextThatHoldsNoMasterKeysIsRefusedWithoutBeingRepeated(string text)
    {
        string? problem = MasterKeyRing.Read(text, out MasterKeyRing? ring);
        Assert.NotNull(problem);
        Assert.Null(ring);
        Assert.DoesNotContain("nonsense", problem);
        Assert.DoesNotContain("AAAA", problem);
    }

    [Fact]
    public void TheIdOfAMasterKeyIsTheBeginningOfItsHash()
    {
        Assert.Equal("66687aadf862bd77", new MasterKey(new byte[32]).Id);
        Assert.Null(MasterKeyRing.Read($" {s_first} ,\r\n{s_second}\n{s_first}", out MasterKeyRing? ring));
        Assert.DoesNotContain(s_first, ring!.ToString());
        Assert.Equal(new MasterKey(Convert.FromBase64String(s_first)).Id, ring.Current.Id);
    }

    private static KeyVault Vault(string keys)
    {
        Assert.Null(MasterKeyRing.Read(keys, out MasterKeyRing? ring));
        return new KeyVault(ring!);
    }

    private static async Task<string> EncryptedApiAsync(ControlPlaneFixture cp)
    {
        string api = await cp.CreateApiAsync();
        (await cp.PostAsync("apis.updateApi", $$"""{"apiId":"{{api}}","storeEncryptedKeys":true}""")).Ok();
        return api;
    }

    private static async Task<string?> DecryptAsync(ControlPlaneFixture cp, string id) =>
        (await cp.PostAsync("keys.getKey", $$"""{"keyId":"{{id}}","decrypt":true}""")).Ok().TryGetProperty("plaintext", out JsonElement text)
            ? text.GetString()
            : null;
}
