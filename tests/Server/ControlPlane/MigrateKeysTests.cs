using System;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Server.ControlPlane;
using Xunit;

namespace Unkey.Server.Tests.ControlPlane;

public sealed class MigrateKeysTests
{
    private const string Operation = "keys.migrateKeys";
    private const string Path = "/v2/keys.migrateKeys";
    private const string Migration = "migration_1";

    [Fact]
    public async Task AnImportedKeyHasEverythingThatWasGiven()
    {
        await using ControlPlaneFixture cp = await StartAsync(MigrationAlgorithm.Sha256);
        string api = await cp.CreateApiAsync();
        string hash = Convert.ToBase64String(KeySecret.HashOf("imported"));
        string members = """
            ,"enabled":false,"externalId":"user 1","meta":{"a":1},"permissions":["test"],"roles":["admin"],"name":"old",
            "ratelimits":[{"name":"requests","limit":1,"duration":1000,"autoApply":true}],"credits":{"remaining":null,"refill":{"interval":"daily","amount":3}}
            """;
        JsonElement data = (await cp.PostAsync(Operation, Body(api, Key(hash, members)))).Ok();
        Assert.Equal("[]", data.GetProperty("failed").GetRawText());
        JsonElement migrated = data.GetProperty("migrated")[0];
        Assert.Equal(hash, migrated.GetProperty("hash").GetString());
        JsonElement shown = await cp.ShownKeyAsync(migrated.GetProperty("keyId").GetString()!);
        Assert.Equal("", shown.GetProperty("start").GetString());
        Assert.False(shown.GetProperty("enabled").GetBoolean());
        Assert.Equal("""["test"]""", shown.GetProperty("permissions").GetRawText());
        Assert.Equal("""["admin"]""", shown.GetProperty("roles").GetRawText());
        Assert.Equal("user 1", shown.GetProperty("identity").GetProperty("externalId").GetString());
        Assert.Equal(1, shown.GetProperty("ratelimits").GetArrayLength());
        Assert.False(shown.TryGetProperty("credits", out _));
        Assert.Equal("DISABLED", (await cp.VerifyAsync("imported")).Code);
        Assert.Equal(1, cp.CountAudit("role.create"));

        string second = Convert.ToBase64String(KeySecret.HashOf("second"));
        (await cp.PostAsync(Operation, Body(api, Key(second, members)))).Ok();
        Assert.Equal(1L, cp.Scalar("SELECT count(*) FROM roles"));
        Assert.Equal(1L, cp.Scalar("SELECT count(*) FROM identities"));
        Assert.Equal(1L, cp.Scalar("SELECT count(*) FROM permissions WHERE slug = 'test'"));
    }

    [Fact]
    public async Task KnownHashesAreReportedAndTheRestIsImported()
    {
        await using ControlPlaneFixture cp = await StartAsync(MigrationAlgorithm.PrefixedApiKey);
        string api = await cp.CreateApiAsync();
        JsonElement first = (await cp.PostAsync(Operation, Body(api, Key("one"), Key("two"), Key("one")))).Ok();
        Assert.Equal(["one", "two"], Hashes(first));
        Assert.Equal("""["one"]""", first.GetProperty("failed").GetRawText());
        string id = first.GetProperty("migrated")[0].GetProperty("keyId").GetString()!;
        (await cp.PostAsync("keys.deleteKey", $$"""{"keyId":"{{id}}"}""")).Ok();
        (_, string foreigner) = await cp.CreateWorkspaceAsync();
        string theirs = await cp.CreateApiAsync(foreigner);
        (await cp.PostAsync("migrations.createMigration", $$"""{"algorithm":"sha256","migrationId":"{{Migration}}"}""", foreigner)).Ok();
        JsonElement second = (await cp.PostAsync(Operation, Body(theirs, Key("one"), Key("two"), Key("three")), foreigner)).Ok();
        Assert.Equal(["three"], Hashes(second));
        Assert.Equal("""["one","two"]""", second.GetProperty("failed").GetRawText());
    }

    [Fact]
    public async Task AnImportedHashCannotBePresentedAsAKey()
    {
        await using ControlPlaneFixture cp = await StartAsync(MigrationAlgorithm.PrefixedApiKey);
        string hash = Convert.ToHexStringLower(KeySecret.HashOf("long"));
        (await cp.PostAsync(Operation, Body(await cp.CreateApiAsync(), Key(hash), Key("plain text")))).Ok();
        foreach (string key in new[] { "long", hash, "plain text", "pre_short_long" })
        {
            Assert.Equal("NOT_FOUND", (await cp.VerifyAsync(key)).Code);
        }
    }

    [Fact]
    public async Task ThePrefixedFormatIsRewrittenAtTheFirstVerification()
    {
        await using ControlPlaneFixture cp = await StartAsync(MigrationAlgorithm.PrefixedApiKey);
        string hash = Convert.ToHexStringLower(KeySecret.HashOf("longtoken"));
        string id = await ImportAsync(cp, await cp.CreateApiAsync(), Key(hash, ""","credits":{"remaining":10}"""));
        const string Presented = "my_company_BRTRKFsL_longtoken";
        Assert.Equal("NOT_FOUND", (await cp.VerifyAsync(Presented)).Code);
        Assert.Equal("NOT_FOUND", (await cp.VerifyAsync(Presented, ""","migrationId":"unknown_migration" """)).Code);
        Assert.Equal("NOT_FOUND", (await cp.VerifyAsync(Presented, ""","migrationId":"" """)).Code);
        Assert.Equal("NOT_FOUND", (await cp.VerifyAsync("my_company_BRTRKFsL_other", With)).Code);
        (await cp.VerifyAsync("one_underscore", With)).Refused(400, "unkey/authentication/malformed");
        (await cp.VerifyAsync("none", With)).Refused(400, "unkey/authentication/malformed");
        Assert.Equal("", (await cp.ShownKeyAsync(id)).GetProperty("start").GetString());

        Answer first = await cp.VerifyAsync(Presented, With);
        Assert.Equal("VALID", first.Code);
        Assert.Equal(id, first.Field("keyId"));
        Assert.Equal(9, first.Data.GetProperty("credits").GetInt64());
        Assert.Equal("my_company_BRTR", (await cp.ShownKeyAsync(id)).GetProperty("start").GetString());
        Assert.Equal(8, (await cp.VerifyAsync(Presented)).Ok().GetProperty("credits").GetInt64());
        Assert.Equal(7, (await cp.VerifyAsync(Presented, With)).Ok().GetProperty("credits").GetInt64());
        Assert.Equal("NOT_FOUND", (await cp.VerifyAsync("other_BRTRKFsL_longtoken", With)).Code);
        Assert.Equal(1, cp.CountAudit("key.update"));

        await cp.RestartAsync();
        Assert.Equal("VALID", (await cp.VerifyAsync(Presented)).Code);
        (await cp.PostAsync("keys.deleteKey", $$"""{"keyId":"{{id}}","permanent":true}""")).Ok();
        Assert.Equal("NOT_FOUND", (await cp.VerifyAsync(Presented, With)).Code);
    }

    [Fact]
    public async Task ManyFirstVerificationsAtOnceAllFindTheKey()
    {
        await using ControlPlaneFixture cp = await StartAsync(MigrationAlgorithm.PrefixedApiKey);
        string hash = Convert.ToHexStringLower(KeySecret.HashOf("longtoken"));
        string id = await ImportAsync(cp, await cp.CreateApiAsync(), Key(hash, ""","credits":{"remaining":100}"""));
        Answer[] answers = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(() => cp.VerifyAsync("a_b_longtoken", With))));
        Assert.All(answers, static answer => Assert.Equal("VALID", answer.Code));
        Assert.Equal(68, (await cp.ShownKeyAsync(id)).GetProperty("credits").GetProperty("remaining").GetInt64());
        Assert.Equal(1, cp.CountAudit("key.update"));
    }

    [Fact]
    public async Task WhoMayNotVerifyAKeyDoesNotRewriteIt()
    {
        await using ControlPlaneFixture cp = await StartAsync(MigrationAlgorithm.PrefixedApiKey);
        string hash = Convert.ToHexStringLower(KeySecret.HashOf("longtoken"));
        string id = await ImportAsync(cp, await cp.CreateApiAsync(), Key(hash));
        Assert.Equal("NOT_FOUND", (await cp.VerifyAsync("a_b_longtoken", With, await cp.RootKeyWithAsync("api.*.read_key"))).Code);
        (_, string foreigner) = await cp.CreateWorkspaceAsync();
        (await cp.PostAsync("migrations.createMigration", $$"""{"algorithm":"{{MigrationAlgorithm.PrefixedApiKey}}","migrationId":"{{Migration}}"}""", foreigner)).Ok();
        Assert.Equal("NOT_FOUND", (await cp.VerifyAsync("a_b_longtoken", With, foreigner)).Code);
        Assert.Equal("", (await cp.ShownKeyAsync(id)).GetProperty("start").GetString());
    }

    [Fact]
    public async Task AnotherMigrationOfTheSameFormatVerifiesWithoutRewriting()
    {
        await using ControlPlaneFixture cp = await StartAsync(MigrationAlgorithm.PrefixedApiKey);
        string hash = Convert.ToHexStringLower(KeySecret.HashOf("longtoken"));
        string id = await ImportAsync(cp, await cp.CreateApiAsync(), Key(hash));
        string other = (await cp.PostAsync("migrations.createMigration", $$"""{"algorithm":"{{MigrationAlgorithm.PrefixedApiKey}}"}""")).Ok().GetProperty("migrationId").GetString()!;
        Assert.Equal("VALID", (await cp.VerifyAsync("a_b_longtoken", $",\"migrationId\":\"{other}\"")).Code);
        Assert.Equal("", (await cp.ShownKeyAsync(id)).GetProperty("start").GetString());
    }

    [Fact]
    public async Task PermissionComesBeforeAnyLookUp()
    {
        await using ControlPlaneFixture cp = await StartAsync(MigrationAlgorithm.Sha256);
        string api = await cp.CreateApiAsync();
        object keyspace = cp.Scalar($"SELECT keyspace_id FROM apis WHERE id = '{api}'")!;
        string[][] refused =
        [
            [], ["api.*.read_key"], ["api.api_other.create_key"], ["workspace.read"], ["api.create"],
            [$"unkey:v1:{cp.WorkspaceId}:keyspaces/{keyspace}#create_key"],
        ];
        foreach (string[] permissions in refused)
        {
            string bearer = await cp.RootKeyWithAsync(permissions);
            (await cp.PostAsync(Operation, Body(api, Key("abc")), bearer)).Refused(403, "unkey/authorization/insufficient_permissions");
            (await cp.PostAsync(Operation, Body("api_nothing", Key("abc")).Replace(Migration, "bogus_id"), bearer))
                .Refused(403, "unkey/authorization/insufficient_permissions");
        }

        (await cp.PostAsync(Operation, Body(api, Key("abc")), await cp.RootKeyWithAsync($"api.{api}.create_key"))).Ok();
    }

    [Fact]
    public async Task WhatDoesNotExistOrIsNotValidIsRefused()
    {
        await using ControlPlaneFixture cp = await StartAsync(MigrationAlgorithm.Sha256);
        string api = await cp.CreateApiAsync();
        (_, string foreigner) = await cp.CreateWorkspaceAsync();
        (await cp.PostAsync(Operation, Body("api_unknown", Key("abc")))).Refused(404, "unkey/data/api_not_found");
        (await cp.PostAsync(Operation, Body(await cp.CreateApiAsync(foreigner), Key("abc")))).Refused(404, "unkey/data/api_not_found");
        (await cp.PostAsync(Operation, Body(api, Key("abc")).Replace(Migration, "bogus_id"))).Refused(404, "unkey/data/migration_not_found");
        (await cp.PostAsync(Operation, Body(api, Key("abc"), Key("abd", ""","credits":{"remaining":1,"refill":{"interval":"monthly","amount":1}}"""))))
            .Refused(400, "unkey/application/invalid_input");
        (await cp.PostAsync(Operation, "{}")).Invalid(Path, "/required");
        (await cp.PostAsync(Operation, Body(api))).Invalid(Path, "/properties/keys/minItems");
        (await cp.PostAsync(Operation, Body("", Key("abc")))).Invalid(Path, "/properties/apiId/minLength");
        (await cp.PostAsync(Operation, Body(api, Key("")))).Invalid(Path, "/properties/keys/items/properties/hash/minLength");
        (await cp.PostAsync(Operation, Body(api, Key("abc", ""","expires":-1""")))).Refused(400, "unkey/application/invalid_input");
        (await cp.PostAsync(Operation, Body(api, Key("abc", ""","roles":[""]""")))).Refused(400, "unkey/application/invalid_input");
        (await cp.PostAsync(Operation, Body(api, Key("abc", ""","extra":1""")))).Refused(400, "unkey/application/invalid_input");
        Assert.Equal(0L, cp.Scalar("SELECT count(*) FROM keys WHERE for_workspace_id IS NULL"));
        (await cp.PostAsync("apis.deleteApi", $$"""{"apiId":"{{api}}"}""")).Ok();
        (await cp.PostAsync(Operation, Body(api, Key("abc")))).Refused(404, "unkey/data/api_not_found");
    }

    [Fact]
    public async Task MigrationsAreUniqueInAWorkspaceAndTakeAPermission()
    {
        await using ControlPlaneFixture cp = await StartAsync(MigrationAlgorithm.Sha256);
        const string Create = "migrations.createMigration";
        const string Body = $$"""{"algorithm":"sha256","migrationId":"{{Migration}}"}""";
        (await cp.PostAsync(Create, Body)).Refused(409, "unkey/data/migration_already_exists");
        (await cp.PostAsync(Create, Body, await cp.RootKeyWithAsync("api.*.create_key"))).Refused(403, "unkey/authorization/insufficient_permissions");
        (await cp.PostAsync(Create, """{"algorithm":"md5"}""")).Invalid("/v2/migrations.createMigration", "/properties/algorithm/enum");
        (await cp.PostAsync(Create, """{"algorithm":"sha256","migrationId":"short"}"""))
            .Invalid("/v2/migrations.createMigration", "/properties/migrationId/minLength");
        Answer[] racing = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ =>
            Task.Run(() => cp.PostAsync(Create, """{"algorithm":"sha256","migrationId":"contested"}"""))));
        Assert.Equal(1, racing.Count(static answer => answer.Status == 200));
        Assert.Equal(2, cp.CountAudit("migration.create"));
    }

    private const string With = $",\"migrationId\":\"{Migration}\"";

    private static async Task<ControlPlaneFixture> StartAsync(string algorithm)
    {
        ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (await cp.PostAsync("migrations.createMigration", $$"""{"algorithm":"{{algorithm}}","migrationId":"{{Migration}}"}""")).Ok();
        return cp;
    }

    private static async Task<string> ImportAsync(ControlPlaneFixture cp, string api, string key) =>
        (await cp.PostAsync(Operation, Body(api, key))).Ok().GetProperty("migrated")[0].GetProperty("keyId").GetString()!;

    private static string[] Hashes(JsonElement data) =>
        [.. data.GetProperty("migrated").EnumerateArray().Select(static item => item.GetProperty("hash").GetString()!)];

    private static string Key(string hash, string members = "") => $$"""{"hash":"{{hash}}"{{members}}}""";

    private static string Body(string api, params string[] keys) =>
        $$"""{"migrationId":"{{Migration}}","apiId":"{{api}}","keys":[{{string.Join(',', keys)}}]}""";
}
