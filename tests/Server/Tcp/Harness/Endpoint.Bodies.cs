using System.Collections.Generic;

namespace Unkey.Server.Tests.Tcp.Harness;

/// <content>The operations with large bodies.</content>
internal sealed partial record Endpoint
{
    private const string LimitItem = """{"name":"requests","limit":100,"duration":60000,"autoApply":false}""";
    private const long LatestExpiry = 4_102_444_800_000;

    private static IReadOnlyList<Field> CreateKeyFields =>
    [
        ApiId(3),
        Field.Text("prefix", 1, 16) with { OffPattern = "with blank" },
        Field.Text("name", 1, 255),
        Field.Integer("byteLength", 16, 255),
        Field.Text("externalId", 1, 255) with { OffPattern = "with blank" },
        Field.Object("meta") with { Max = 100 },
        Field.Array("roles", null, 100),
        Field.Array("permissions", null, 1000),
        Field.Text("permissions[0]", 1, 128) with { OffPattern = "with/slash" },
        Field.Integer("expires", 0, LatestExpiry),
        Field.Object("credits"),
        Field.Integer("credits.remaining", 0) with { Required = true, Nullable = true },
        Field.Object("credits.refill"),
        Field.Integer("credits.refill.amount", 1) with { Required = true },
        Field.Integer("credits.refill.refillDay", 1, 31),
        Field.Array("ratelimits", null, 50) with { Item = LimitItem },
        .. LimitFields,
        Field.Boolean("enabled"),
        Field.Boolean("recoverable"),
    ];

    private static IReadOnlyList<Field> UpdateKeyFields =>
    [
        KeyId,
        Field.Text("name", 1, 255) with { Nullable = true },
        Field.Text("externalId", 1, 255) with { Nullable = true, OffPattern = "with blank" },
        Field.Object("meta") with { Max = 100, Nullable = true },
        Field.Integer("expires", 0, LatestExpiry) with { Nullable = true },
        Field.Object("credits") with { Nullable = true },
        Field.Integer("credits.remaining", 0) with { Nullable = true },
        Field.Object("credits.refill") with { Nullable = true },
        Field.Integer("credits.refill.amount", 1) with { Required = true },
        Field.Integer("credits.refill.refillDay", 1, 31),
        Field.Array("ratelimits", null, 50) with { Item = LimitItem },
        .. LimitFields,
        Field.Boolean("enabled"),
        Field.Array("roles", null, 100),
        Field.Array("permissions", null, 1000),
        Field.Text("permissions[0]", 1, 128) with { OffPattern = "with/slash" },
    ];

    private static IReadOnlyList<Field> VerifyKeyFields =>
    [
        Field.Text("key", 1, 512) with { Required = true },
        Field.Text("permissions", 1, 1000) with { OffPattern = null },
        Field.Object("credits"),
        Field.Integer("credits.cost", 0, 1_000_000_000_000) with { Required = true },
        Field.Array("ratelimits") with { Item = """{"name":"requests","limit":100,"duration":60000}""" },
        Field.Text("ratelimits[0].name", 3, 255) with { Required = true },
        Field.Integer("ratelimits[0].cost", 0),
        Field.Integer("ratelimits[0].limit", 0),
        Field.Integer("ratelimits[0].duration", 0),
        Field.Array("tags", null, 20),
        Field.Text("tags[0]", 1, 512),
        Field.Text("migrationId", null, 256),
    ];

    private static IReadOnlyList<Field> MigrateKeysFields =>
    [
        Field.Text("migrationId", 3, 255) with { Required = true },
        Field.Text("apiId", 3, 255) with { Required = true },
        Field.Array("keys", 1) with { Required = true, Item = """{"hash":"a hash"}""" },
        Field.Text("keys[0].hash", 3) with { Required = true },
        Field.Text("keys[0].name", 1, 255),
        Field.Text("keys[0].externalId", 1, 255),
        Field.Object("keys[0].meta") with { Max = 100 },
        Field.Array("keys[0].roles", null, 100),
        Field.Array("keys[0].permissions", null, 1000),
        Field.Integer("keys[0].expires", 0, LatestExpiry),
        Field.Boolean("keys[0].enabled"),
        Field.Array("keys[0].ratelimits", null, 50) with { Item = LimitItem },
    ];

    private static IReadOnlyList<Field> CreateIdentityFields =>
    [
        Field.Text("externalId", 1, 255) with { Required = true, OffPattern = "with blank" },
        Field.Object("meta") with { Max = 100 },
        Field.Array("ratelimits", null, 50) with { Item = LimitItem },
        .. LimitFields,
    ];

    private static IReadOnlyList<Field> LimitFields =>
    [
        Field.Text("ratelimits[0].name", 3, 128) with { Required = true },
        Field.Integer("ratelimits[0].limit", 1) with { Required = true },
        Field.Integer("ratelimits[0].duration", 1000) with { Required = true },
        Field.Boolean("ratelimits[0].autoApply") with { Required = true },
    ];

    private static string CreateKeyBody(Scene scene) => $$$"""
        {"apiId":"{{{scene.ApiId}}}","prefix":"test","name":"a key","byteLength":16,"externalId":"{{{scene.ExternalId}}}","meta":{"a":1},
         "roles":[],"permissions":["documents.read"],"expires":4102444800000,
         "credits":{"remaining":100,"refill":{"interval":"monthly","amount":10,"refillDay":5}},
         "ratelimits":[{{{LimitItem}}}],"enabled":true,"recoverable":false}
        """;

    private static string UpdateKeyBody(Scene scene) => $$$"""
        {"keyId":"{{{scene.Key.KeyId}}}","name":"a key","externalId":"{{{scene.ExternalId}}}","meta":{"a":1},"expires":4102444800000,
         "credits":{"remaining":100,"refill":{"interval":"monthly","amount":10,"refillDay":5}},
         "ratelimits":[{{{LimitItem}}}],"enabled":true,"roles":[],"permissions":["documents.read"]}
        """;

    // A key that does not exist: the schema is what is looked at, and an answer about a key would depend on the query and the limits.
    private static string VerifyKeyBody(Scene scene) => """
        {"key":"no such key","permissions":"a","credits":{"cost":1},"ratelimits":[{"name":"requests","cost":1,"limit":10,"duration":60000}],
         "tags":["tag=a"],"migrationId":"migration"}
        """;

    // An API that does not exist: what is accepted by the schema must not leave keys behind.
    private static string MigrateKeysBody(Scene scene) => $$$"""
        {"migrationId":"migration","apiId":"api_unknown1","keys":[{"hash":"a hash","name":"a key","externalId":"user 1","meta":{"a":1},
         "roles":[],"permissions":["documents.read"],"expires":4102444800000,"enabled":true,"ratelimits":[{{{LimitItem}}}]}]}
        """;

    private static string CreateIdentityBody(Scene scene) => $$$"""
        {"externalId":"{{{scene.ExternalId}}}","meta":{"a":1},"ratelimits":[{{{LimitItem}}}]}
        """;
}
