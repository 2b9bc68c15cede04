using System.Collections.Generic;

namespace Unkey.Server.Tests.Tcp.Harness;

/// <content>The bodies. What would take something of the scene away is asked of things that do not exist.</content>
internal sealed partial record Endpoint
{
    private const string LimitItem = """{"name":"requests","limit":100,"duration":60000,"autoApply":false}""";
    private const string Credits = """{"remaining":100,"refill":{"interval":"monthly","amount":10,"refillDay":5}}""";
    private const string CheckItem = """{"namespace":"bad input","identifier":"somebody","limit":10,"duration":60000,"cost":1}""";

    public static IReadOnlyList<Endpoint> All { get; } =
    [
        new("apis.createApi", _ => """{"name":"an api"}"""),
        new("apis.getApi", scene => $$"""{"apiId":"{{scene.ApiId}}"}"""),
        new(
            "apis.updateApi",
            scene => $$"""
            {"apiId":"{{scene.SpareApiId}}","name":"an api","deleteProtection":false,"ipAllowList":["127.0.0.1"],"defaultPrefix":"test","defaultBytes":16,
             "storeEncryptedKeys":false,"keyChecksum":false}
            """),
        new("apis.deleteApi", _ => """{"apiId":"api_unknown1"}"""),
        new(
            "apis.listKeys",
            scene => $$"""{"apiId":"{{scene.ApiId}}","limit":10,"cursor":"key_","externalId":"nobody","decrypt":false,"revalidateKeysCache":true}"""),
        new(
            "keys.createKey",
            scene => $$"""
            {"apiId":"{{scene.ApiId}}","prefix":"test","name":"a key","byteLength":16,"externalId":"{{scene.ExternalId}}","meta":{"a":1},
             "roles":["{{scene.RoleName}}"],"permissions":["documents.read"],"expires":4102444800000,"credits":{{Credits}},
             "ratelimits":[{{LimitItem}}],"enabled":true,"recoverable":false}
            """),
        new("keys.getKey", scene => $$"""{"keyId":"{{scene.Key.KeyId}}","decrypt":false}"""),
        new(
            "keys.updateKey",
            scene => $$"""
            {"keyId":"{{scene.SpareKey.KeyId}}","name":"a key","externalId":"{{scene.ExternalId}}","meta":{"a":1},"expires":4102444800000,
             "credits":{{Credits}},"ratelimits":[{{LimitItem}}],"enabled":true,"roles":["{{scene.RoleName}}"],"permissions":["documents.read"]}
            """),
        new("keys.deleteKey", _ => """{"keyId":"key_unknown1","permanent":false}"""),
        new("keys.updateCredits", scene => $$"""{"keyId":"{{scene.SpareKey.KeyId}}","operation":"set","value":5}"""),
        new("keys.rerollKey", scene => $$"""{"keyId":"{{scene.SpareKey.KeyId}}","expiration":60000}"""),
        new("keys.addPermissions", scene => Permissions(scene, "documents.read")),
        new("keys.removePermissions", scene => Permissions(scene, "documents.read")),
        new("keys.setPermissions", scene => Permissions(scene, "documents.read")),
        new("keys.addRoles", Roles),
        new("keys.removeRoles", Roles),
        new("keys.setRoles", Roles),
        new(
            "keys.migrateKeys",
            scene => $$"""
            {"migrationId":"{{scene.MigrationId}}","apiId":"{{scene.ApiId}}","keys":[{"hash":"a hash","name":"a key","externalId":"user 1","meta":{"a":1},
             "roles":["{{scene.RoleName}}"],"permissions":["documents.read"],"expires":4102444800000,"enabled":true,"credits":{{Credits}},
             "ratelimits":[{{LimitItem}}]}]}
            """),
        new("migrations.createMigration", _ => """{"algorithm":"sha256","migrationId":"bad_input"}"""),
        new("keys.whoami", scene => $$"""{"key":"{{scene.Key.Key}}"}"""),

        // A key that does not exist: the schema is what is looked at, and an answer about a key would depend on the query and the limits.
        new(
            "keys.verifyKey",
            _ => """
            {"key":"no such key","permissions":"a","credits":{"cost":1},"ratelimits":[{"name":"requests","cost":1,"limit":10,"duration":60000}],
             "tags":["tag=a"],"migrationId":"migration"}
            """),
        new("identities.createIdentity", scene => $$"""{"externalId":"{{scene.ExternalId}}","meta":{"a":1},"ratelimits":[{{LimitItem}}]}"""),
        new("identities.getIdentity", scene => $$"""{"identity":"{{scene.ExternalId}}"}"""),
        new("identities.listIdentities", _ => """{"limit":10,"cursor":"id_","search":"user"}"""),
        new("identities.updateIdentity", scene => $$"""{"identity":"{{scene.IdentityId}}","meta":{"a":1},"ratelimits":[{{LimitItem}}]}"""),
        new("identities.deleteIdentity", _ => """{"identity":"nobody"}"""),
        new("permissions.createPermission", _ => """{"name":"a permission","slug":"bad.input","description":"what it is for"}"""),
        new("permissions.getPermission", _ => """{"permission":"documents.read"}"""),
        new("permissions.listPermissions", _ => """{"limit":10,"cursor":"perm_","search":"documents"}"""),
        new("permissions.deletePermission", _ => """{"permission":"nothing.known"}"""),
        new("permissions.createRole", _ => """{"name":"a role","description":"what it is for","permissions":["documents.read"]}"""),
        new("permissions.getRole", scene => $$"""{"role":"{{scene.RoleName}}"}"""),
        new("permissions.listRoles", _ => """{"limit":10,"cursor":"role_","search":"e"}"""),
        new("permissions.deleteRole", _ => """{"role":"no such role"}"""),
        new("permissions.setRolePermissions", scene => $$"""{"roleId":"{{scene.RoleId}}","permissions":["documents.read"]}"""),
        new("ratelimit.limit", _ => CheckItem),
        new("ratelimit.multiLimit", _ => $"[{CheckItem}]"),
        new("ratelimit.updateNamespace", scene => $$"""{"namespace":"{{scene.Namespace}}","algorithm":"sliding-window"}"""),
        new("ratelimit.setOverride", scene => $$"""{"namespace":"{{scene.Namespace}}","identifier":"somebody","limit":10,"duration":60000}"""),
        new("ratelimit.getOverride", scene => $$"""{"namespace":"{{scene.Namespace}}","identifier":"somebody"}"""),
        new("ratelimit.listOverrides", scene => $$"""{"namespace":"{{scene.Namespace}}","cursor":"rlor_","limit":10}"""),
        new("ratelimit.deleteOverride", scene => $$"""{"namespace":"{{scene.Namespace}}","identifier":"nobody"}"""),
        new("rootKeys.createRootKey", _ => """{"name":"a root key","permissions":["api.*.read_api"],"expires":4102444800000}"""),
        new("rootKeys.listRootKeys", _ => """{"limit":10,"cursor":"key_a"}"""),
        new("rootKeys.deleteRootKey", _ => """{"keyId":"key_unknown1"}"""),
        new("workspaces.createWorkspace", _ => """{"name":"a workspace"}"""),
        new("workspaces.updateWorkspace", _ => """{"workspaceId":"ws_unknown1","apiLimit":100}"""),
        new("audit.listEvents", _ => """{"limit":10,"cursor":"5_5","since":0,"until":5,"event":"key.create","actor":"key_1","resource":"key_1"}"""),
        new("analytics.getVerifications", _ => """{"query":"SELECT outcome, COUNT(*) AS total FROM key_verifications_v1 GROUP BY outcome"}"""),
        new("analytics.getRatelimits", _ => """{"query":"SELECT identifier, SUM(total) AS total FROM ratelimits_per_day_v1 GROUP BY identifier"}"""),
    ];

    private static string Permissions(Scene scene, string slug) => $$"""{"keyId":"{{scene.SpareKey.KeyId}}","permissions":["{{slug}}"]}""";

    private static string Roles(Scene scene) => $$"""{"keyId":"{{scene.SpareKey.KeyId}}","roles":["{{scene.RoleName}}"]}""";
}
