using System;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>What operations on keys change for the very next verification on the hot path.</summary>
public sealed class KeyOperationTests(ServerFixture fixture) : TcpTests(fixture)
{
    [Fact]
    public void AnImportedKeyIsFoundByItsMigrationOnceAndByItselfFromThenOn()
    {
        string migration = Client.Post("migrations.createMigration", """{"algorithm":"github.com/seamapi/prefixed-api-key"}""")
            .Data.GetProperty("migrationId").GetString()!;
        string longToken = Scene.Unique();
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(longToken)));
        string keyId = Client
            .Post("keys.migrateKeys", $$"""{"migrationId":"{{migration}}","apiId":"{{Scene.ApiId}}","keys":[{"hash":"{{hash}}"}]}""")
            .Data.GetProperty("migrated")[0].GetProperty("keyId").GetString()!;
        string key = $"my_company_short_{longToken}";
        string member = $"\"migrationId\":\"{migration}\"";
        Assert.Equal("NOT_FOUND", Client.Verify(key).Code);
        Assert.Equal("NOT_FOUND", Client.Verify(longToken, member.Replace(migration, "unknown")).Code);
        Client.Verify(longToken, member).Refused(ErrorCode.Malformed);
        JsonElement first = Client.Verify(key, member).Data;
        Assert.Equal("VALID", first.GetProperty("code").GetString());
        Assert.Equal(keyId, first.GetProperty("keyId").GetString());
        Assert.Equal("VALID", Client.Verify(key).Code);
        Assert.Equal("VALID", Client.Verify(key, member).Code);
        Assert.Equal("my_company_shor", Client.GetKey(keyId).GetProperty("start").GetString());
    }

    [Fact]
    public void ARerolledKeyIsExpiredForTheNextVerification()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId);
        Assert.Equal("VALID", Client.Verify(key.Key).Code);
        JsonElement rerolled = Client.Post("keys.rerollKey", $$"""{"keyId":"{{key.KeyId}}","expiration":0}""").Data;
        Assert.Equal("EXPIRED", Client.Verify(key.Key).Code);
        Assert.Equal("VALID", Client.Verify(rerolled.GetProperty("key").GetString()!).Code);
    }

    [Fact]
    public void MovedCreditsCountForTheNextVerification()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, "\"credits\":{\"remaining\":2}");
        Assert.Equal(1, Client.Verify(key.Key).Data.GetProperty("credits").GetInt64());
        foreach ((string operation, int after) in new[] { ("increment", 10), ("decrement", 4), ("set", 4) })
        {
            Client.Post("keys.updateCredits", $$"""{"keyId":"{{key.KeyId}}","operation":"{{operation}}","value":{{(operation == "increment" ? 10 : 5)}}}""");
            Assert.Equal(after, Client.Verify(key.Key).Data.GetProperty("credits").GetInt64());
        }
    }

    [Fact]
    public void PermissionsCountForTheNextVerification()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId);
        string slug = "slug." + Scene.Unique();
        string query = $"\"permissions\":\"{slug}\"";
        string body = $$"""{"keyId":"{{key.KeyId}}","permissions":["{{slug}}"]}""";
        Assert.Equal("INSUFFICIENT_PERMISSIONS", Client.Verify(key.Key, query).Code);
        Client.Post("keys.addPermissions", body);
        Assert.Equal("VALID", Client.Verify(key.Key, query).Code);
        Client.Post("keys.removePermissions", body);
        Assert.Equal("INSUFFICIENT_PERMISSIONS", Client.Verify(key.Key, query).Code);
        Client.Post("keys.setPermissions", body);
        Assert.Equal("VALID", Client.Verify(key.Key, query).Code);
    }

    [Fact]
    public void WithoutAMasterKeyNothingIsRecoverable()
    {
        Client.Post("keys.createKey", $$"""{"apiId":"{{Scene.ApiId}}","recoverable":true}""").Refused(ErrorCode.Precondition);
        Client.Post("keys.getKey", $$"""{"keyId":"{{Scene.Key.KeyId}}","decrypt":true}""").Refused(ErrorCode.Precondition);
    }
}
