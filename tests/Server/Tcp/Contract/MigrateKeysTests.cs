using System;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>keys.migrateKeys and migrations.createMigration, grouped by status.</summary>
public sealed class MigrateKeysTests(ServerFixture fixture) : TcpTests(fixture)
{
    [Fact]
    public void Imported200EverythingOfAKey()
    {
        string text = "legacy_" + Scene.Unique();
        string user = "user " + Scene.Unique();
        string role = "admin " + Scene.Unique();
        string members = $$$"""
            "name":"imported","externalId":"{{{user}}}","meta":{"a":1},"permissions":["imported.slug"],"roles":["{{{role}}}"],"enabled":false,
            "credits":{"remaining":5,"refill":{"interval":"daily","amount":9}},"expires":4102444800000,
            "ratelimits":[{"name":"requests","limit":10,"duration":60000,"autoApply":true}]
            """;
        JsonElement data = Import(Client, Item(text, members)).Data;
        Assert.Empty(data.GetProperty("failed").EnumerateArray());
        JsonElement migrated = data.GetProperty("migrated").Only();
        Assert.Equal(Hash(text), migrated.Text("hash"));
        JsonElement key = Client.GetKey(migrated.Text("keyId"));
        Assert.Equal(("", "imported", false), (key.Text("start"), key.Text("name"), key.Flag("enabled")));
        Assert.Equal(["imported.slug"], key.Texts("permissions"));
        Assert.Equal([role], key.Texts("roles"));
        Assert.Equal(user, key.GetProperty("identity").Text("externalId"));
        Assert.True(key.GetProperty("credits").IsJson("""{"remaining":5,"refill":{"interval":"daily","amount":9}}"""));
        Assert.Equal("requests", key.GetProperty("ratelimits").Only().Text("name"));
        Assert.Equal("DISABLED", Client.Verify(text).Code);
        Client.Post("keys.updateKey", $$"""{"keyId":"{{migrated.Text("keyId")}}","enabled":true}""");
        Assert.Equal(4, Client.Verify(text).Data.Number("credits"));
    }

    [Fact]
    public void Imported200NamesThatExistAreUsedAgain()
    {
        string user = "user." + Scene.Unique();
        string members = $"\"externalId\":\"{user}\",\"permissions\":[\"documents.read\"],\"roles\":[\"{Scene.RoleName}\"]";
        string[] ids = [.. Enumerable.Range(0, 2).Select(_ => Import(Client, Item(Scene.Unique(), members)).Data.GetProperty("migrated").Only().Text("keyId"))];
        Assert.Single(ids.Select(id => Client.GetKey(id).GetProperty("identity").Text("id")).Distinct());
        Assert.Equal(Scene.RoleId, Client.Post("permissions.getRole", $$"""{"role":"{{Scene.RoleName}}"}""").Data.Text("id"));
        Assert.All(ids, id => Assert.Equal(["documents.read"], Client.GetKey(id).Texts("permissions")));
    }

    [Fact]
    public void Imported200KnownHashesFailAndTheRestIsImported()
    {
        string[] texts = [Scene.Unique(), Scene.Unique(), Scene.Unique()];
        Import(Client, Item(texts[0]));
        JsonElement data = Import(Client, string.Join(',', texts.Select(static text => Item(text)).Append(Item(texts[2])))).Data;
        Assert.Equal([Hash(texts[1]), Hash(texts[2])], data.GetProperty("migrated").Each("hash"));
        Assert.Equal([Hash(texts[0]), Hash(texts[2])], data.Texts("failed"));
        JsonElement again = Import(Client, string.Join(',', texts.Select(static text => Item(text)))).Data;
        Assert.Equal((0, 3), (again.GetProperty("migrated").GetArrayLength(), again.GetProperty("failed").GetArrayLength()));
        Assert.All(texts, text => Assert.Equal("VALID", Client.Verify(text).Code));

        // A hash is taken in every workspace, and by deleted keys as well.
        string keyId = Client.Verify(texts[0]).Data.Text("keyId");
        Client.Post("keys.deleteKey", $$"""{"keyId":"{{keyId}}"}""");
        Assert.Equal([Hash(texts[0])], Import(Client, Item(texts[0])).Data.Texts("failed"));
        Workspace other = Fixture.Client.CreateWorkspace();
        using ApiClient stranger = other.Client;
        stranger.Post("migrations.createMigration", $$"""{"algorithm":"sha256","migrationId":"{{Scene.MigrationId}}"}""");
        string foreign = $$"""{"migrationId":"{{Scene.MigrationId}}","apiId":"{{stranger.CreateApi()}}","keys":[{{Item(texts[1])}}]}""";
        Assert.Equal([Hash(texts[1])], stranger.Post("keys.migrateKeys", foreign).Data.Texts("failed"));
    }

    [Fact]
    public void Imported200RemainingNullIsUnlimited()
    {
        string text = Scene.Unique();
        Import(Client, Item(text, "\"credits\":{\"remaining\":null}"));
        Assert.False(Client.Verify(text, "\"credits\":{\"cost\":1000}").Data.Has("credits"));
    }

    [Fact]
    public void Refused400AMonthlyRefillNeedsADayAndNothingIsImported()
    {
        string text = Scene.Unique();
        string bad = Item(Scene.Unique(), "\"credits\":{\"remaining\":5,\"refill\":{\"interval\":\"monthly\",\"amount\":9}}");
        Reply reply = Import(Client, Item(text) + "," + bad).Refused(ErrorCode.InvalidInput);
        Assert.Contains("refillDay", reply.Detail);
        Assert.Equal("NOT_FOUND", Client.Verify(text).Code);
    }

    [Fact]
    public void Refused403BeforeTheApiAndTheMigrationAreLookedUp()
    {
        string otherApi = Client.CreateApi();
        foreach (string permission in new[] { "api.*.read_key", $"api.{otherApi}.create_key", "api.*.create_api", Scene.Urn($"keyspaces/{Scene.KeyspaceId}", "create_key") })
        {
            using ApiClient caller = Client.WithPermissions(permission);
            Import(caller, Item("a text")).Refused(ErrorCode.InsufficientPermissions);
            Import(caller, Item("a text"), "no such migration").Refused(ErrorCode.InsufficientPermissions);
        }

        using ApiClient one = Client.WithPermissions($"api.{Scene.ApiId}.create_key");
        Assert.Equal(200, Import(one, Item(Scene.Unique())).Status);
    }

    [Fact]
    public void Refused404AnApiOrAMigrationThatIsNotThere()
    {
        string deleted = Client.CreateApi();
        Client.Post("apis.deleteApi", $$"""{"apiId":"{{deleted}}"}""");
        using ApiClient stranger = Fixture.Client.CreateWorkspace().Client;
        foreach (string apiId in new[] { "api_unknown1", deleted, stranger.CreateApi() })
        {
            Client.Post("keys.migrateKeys", $$"""{"migrationId":"{{Scene.MigrationId}}","apiId":"{{apiId}}","keys":[{{Item("a text")}}]}""")
                .Refused(ErrorCode.ApiNotFound);
        }

        stranger.Post("migrations.createMigration", """{"algorithm":"sha256","migrationId":"of a stranger"}""");
        Import(Client, Item("a text"), "of a stranger").Refused(ErrorCode.MigrationNotFound);
        Import(Client, Item("a text"), "no such migration").Refused(ErrorCode.MigrationNotFound);
    }

    [Fact]
    public void AMigrationIsCreatedOnceAWorkspace()
    {
        string id = "migration." + Scene.Unique();
        string body = $$"""{"algorithm":"sha256","migrationId":"{{id}}"}""";
        Assert.Equal(id, Client.Post("migrations.createMigration", body).Data.Text("migrationId"));
        Client.Post("migrations.createMigration", body).Refused(ErrorCode.MigrationExists);
        using ApiClient stranger = Fixture.Client.CreateWorkspace().Client;
        Assert.Equal(200, stranger.Post("migrations.createMigration", body).Status);
        string[] made = [.. Enumerable.Range(0, 2).Select(_ => Client.Post("migrations.createMigration", """{"algorithm":"sha256"}""").Data.Text("migrationId"))];
        Assert.Equal(2, made.Distinct().Count());
        using ApiClient denied = Client.WithPermissions("api.*.create_key");
        denied.Post("migrations.createMigration", body).Refused(ErrorCode.InsufficientPermissions);
    }

    private static string Hash(string text) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string Item(string text, string members = "") => $$"""{"hash":"{{Hash(text)}}"{{(members.Length == 0 ? "" : "," + members)}}}""";

    private Reply Import(ApiClient client, string items, string? migrationId = null) => client.Post(
        "keys.migrateKeys", $$"""{"migrationId":"{{migrationId ?? Scene.MigrationId}}","apiId":"{{Scene.ApiId}}","keys":[{{items}}]}""");
}
