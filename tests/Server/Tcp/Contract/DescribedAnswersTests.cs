using System;
using System.Linq;
using System.Text.Json;
using Unkey.Server.Tests.Documents;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>Every operation succeeds as the OpenAPI document describes it, and sends every member that is described. The client itself holds each
/// answer of every test against the document, so what is sent and not described fails as well.</summary>
public sealed class DescribedAnswersTests
{
    private static readonly string s_masterKey = Convert.ToBase64String(Enumerable.Repeat((byte)7, 32).ToArray());

    private readonly AnswerRecord _record = new();

    [Fact]
    public void EveryOperationSendsEveryMemberThatIsDescribed()
    {
        using ServerProcess server = ServerProcess.Start(new ServerSetup { Options = ["--encryption-key", s_masterKey] });
        using ApiClient bootstrap = server.Client();
        JsonElement workspace = _record.Post(bootstrap, "workspaces.createWorkspace", """{"name":"described"}""").Data;
        using ApiClient client = bootstrap.With(workspace.GetProperty("rootKey").GetString()!);
        server.AddSecret(client.RootKey);
        string apiId = Apis(client);
        string roleId = Permissions(client);
        Identities(client);
        string keyId = Keys(client, apiId, roleId);
        Ratelimits(client);
        RootKeys(client);
        _record.Post(bootstrap, "workspaces.updateWorkspace", $$"""{"workspaceId":"{{workspace.GetProperty("workspaceId").GetString()}}","apiLimit":100000}""");
        Deletions(client, apiId, keyId);

        Assert.Equal(DescribedApi.Instance.Operations.Order(), _record.Operations.Order());

        // Each has a counter of its own, and only what was called has counted.
        string metrics = server.Metrics();
        Assert.All(_record.Operations, operation => Assert.True(Counted(metrics, operation) > 0, operation));
        Assert.Equal(0, Counted(metrics, "documents"));

        // Nothing tells yet when a key was last used.
        Assert.DoesNotContain(_record.Missing(), static member => !member.EndsWith("lastUsedAt", StringComparison.Ordinal));
    }

    private string Apis(ApiClient client)
    {
        string apiId = Text(_record.Post(client, "apis.createApi", """{"name":"an api"}"""), "apiId");
        _record.Post(client, "apis.updateApi", $$"""{"apiId":"{{apiId}}","storeEncryptedKeys":true}""");
        _record.Post(client, "apis.getApi", $$"""{"apiId":"{{apiId}}"}""");
        return apiId;
    }

    private string Permissions(ApiClient client)
    {
        foreach (string slug in new[] { "documents.read", "documents.write" })
        {
            _record.Post(client, "permissions.createPermission", $$"""{"name":"a permission","slug":"{{slug}}","description":"what it is for"}""");
        }

        _record.Post(client, "permissions.getPermission", """{"permission":"documents.read"}""");
        _record.Post(client, "permissions.listPermissions", """{"limit":1}""");
        string roleId = Text(_record.Post(client, "permissions.createRole", """{"name":"editor","description":"who edits","permissions":["documents.read"]}"""), "roleId");
        _record.Post(client, "permissions.setRolePermissions", $$"""{"roleId":"{{roleId}}","permissions":["documents.read","documents.write"]}""");
        _record.Post(client, "permissions.getRole", """{"role":"editor"}""");
        _record.Post(client, "permissions.listRoles", "{}");
        return roleId;
    }

    private void Identities(ApiClient client)
    {
        const string Limits = """[{"name":"daily","limit":1000,"duration":86400000,"autoApply":false}]""";
        _record.Post(client, "identities.createIdentity", $$"""{"externalId":"customer_7","meta":{"plan":"pro"},"ratelimits":{{Limits}}}""");
        _record.Post(client, "identities.getIdentity", """{"identity":"customer_7"}""");
        _record.Post(client, "identities.listIdentities", "{}");
        _record.Post(client, "identities.updateIdentity", $$"""{"identity":"customer_7","meta":{"plan":"free"},"ratelimits":{{Limits}}}""");
    }

    private string Keys(ApiClient client, string apiId, string roleId)
    {
        JsonElement created = _record.Post(
            client,
            "keys.createKey",
            $$$"""
            {"apiId":"{{{apiId}}}","prefix":"pay","name":"a key","externalId":"customer_7","meta":{"a":1},"roles":["editor"],
             "permissions":["documents.read"],"expires":4102444800000,"recoverable":true,
             "credits":{"remaining":100,"refill":{"interval":"monthly","amount":100,"refillDay":31}},
             "ratelimits":[{"name":"requests","limit":10,"duration":60000,"autoApply":true}]}
            """).Data;
        string keyId = created.GetProperty("keyId").GetString()!;
        string key = created.GetProperty("key").GetString()!;
        client.Server.AddSecret(key);
        string byId = $$"""{"keyId":"{{keyId}}"}""";
        foreach (string verb in new[] { "add", "set", "remove" })
        {
            string permissions = verb == "remove" ? """["documents.write"]""" : """["documents.read","documents.write"]""";
            _record.Post(client, $"keys.{verb}Permissions", $$"""{"keyId":"{{keyId}}","permissions":{{permissions}}}""");
        }

        _record.Post(client, "permissions.createRole", """{"name":"reader"}""");
        foreach (string verb in new[] { "add", "set", "remove" })
        {
            string roles = verb == "remove" ? """["reader"]""" : """["editor","reader"]""";
            _record.Post(client, $"keys.{verb}Roles", $$"""{"keyId":"{{keyId}}","roles":{{roles}}}""");
        }

        _record.Post(client, "keys.updateKey", $$"""{"keyId":"{{keyId}}","enabled":true}""");
        _record.Post(client, "keys.updateCredits", $$"""{"keyId":"{{keyId}}","operation":"increment","value":5}""");
        _record.Post(client, "keys.getKey", byId.Replace("}", ",\"decrypt\":true}", StringComparison.Ordinal));
        _record.Post(client, "keys.whoami", $$"""{"key":"{{key}}"}""");
        _record.Post(client, "apis.listKeys", $$"""{"apiId":"{{apiId}}","decrypt":true}""");
        _record.Post(client, "keys.verifyKey", $$"""{"key":"{{key}}","permissions":"documents.read","ratelimits":[{"name":"inline","limit":5,"duration":60000}]}""");
        _record.Post(client, "migrations.createMigration", """{"algorithm":"sha256","migrationId":"from_legacy"}""");
        string import = $$"""{"migrationId":"from_legacy","apiId":"{{apiId}}","keys":[{"hash":"ZyhHyVXXNyRLQVCGtAXCkjXKDoBIdPS7Ywd0ceSnaQs="}]}""";
        _record.Post(client, "keys.migrateKeys", import);
        _record.Post(client, "keys.migrateKeys", import);
        JsonElement rerolled = _record.Post(client, "keys.rerollKey", $$"""{"keyId":"{{keyId}}","expiration":60000}""").Data;
        client.Server.AddSecret(rerolled.GetProperty("key").GetString()!);
        Assert.NotEmpty(roleId);
        return keyId;
    }

    private void Ratelimits(ApiClient client)
    {
        const string Check = """{"namespace":"emails","identifier":"a@example.com","limit":10,"duration":60000}""";
        _record.Post(client, "ratelimit.limit", Check);
        _record.Post(client, "ratelimit.updateNamespace", """{"namespace":"emails","algorithm":null}""");
        _record.Post(client, "ratelimit.setOverride", """{"namespace":"emails","identifier":"*@example.com","limit":1000,"duration":60000}""");
        _record.Post(client, "ratelimit.limit", Check);
        _record.Post(client, "ratelimit.multiLimit", $"[{Check}]");
        _record.Post(client, "ratelimit.getOverride", """{"namespace":"emails","identifier":"a@example.com"}""");
        _record.Post(client, "ratelimit.listOverrides", """{"namespace":"emails"}""");
        _record.Post(client, "ratelimit.deleteOverride", """{"namespace":"emails","identifier":"*@example.com"}""");
    }

    private void RootKeys(ApiClient client)
    {
        JsonElement created = _record.Post(client, "rootKeys.createRootKey", """{"name":"ci","permissions":["api.*.verify_key"],"expires":4102444800000}""").Data;
        client.Server.AddSecret(created.GetProperty("key").GetString()!);
        _record.Post(client, "rootKeys.listRootKeys", "{}");
        _record.Post(client, "rootKeys.deleteRootKey", $$"""{"keyId":"{{created.GetProperty("keyId").GetString()}}"}""");
    }

    private void Deletions(ApiClient client, string apiId, string keyId)
    {
        _record.Post(client, "keys.deleteKey", $$"""{"keyId":"{{keyId}}"}""");
        _record.Post(client, "permissions.deletePermission", """{"permission":"documents.read"}""");
        _record.Post(client, "permissions.deleteRole", """{"role":"editor"}""");
        _record.Post(client, "identities.deleteIdentity", """{"identity":"customer_7"}""");
        Reply limited = _record.Post(client, "apis.deleteApi", $$"""{"apiId":"{{apiId}}"}""");
        Assert.Equal("100000", limited.Http.Field("ratelimit-limit"));
        _record.Post(client, "audit.listEvents", "{}");
        _record.Post(client, "analytics.getVerifications", """{"query":"SELECT count() FROM key_verifications_v1"}""");
        _record.Post(client, "analytics.getRatelimits", """{"query":"SELECT count() FROM ratelimits_v1"}""");
    }

    private static double Counted(string metrics, string endpoint) => metrics.Split('\n')
        .Where(line => line.StartsWith($"unkey_http_requests_total{{endpoint=\"{endpoint}\",", StringComparison.Ordinal))
        .Sum(static line => double.Parse(line[(line.LastIndexOf(' ') + 1)..]));

    private static string Text(Reply reply, string member) => reply.Data.GetProperty(member).GetString()!;
}
