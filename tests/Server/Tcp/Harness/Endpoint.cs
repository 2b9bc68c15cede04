using System;
using System.Collections.Generic;
using System.Linq;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Harness;

/// <summary>An operation with a body that is always accepted and the members that the contract bounds.</summary>
/// <param name="Operation">What stands behind <c>/v2/</c>.</param>
/// <param name="Body">A body with every member; sending it again and again does no harm to the scene.</param>
/// <param name="Fields">The members.</param>
internal sealed partial record Endpoint(string Operation, Func<Scene, string> Body, IReadOnlyList<Field> Fields)
{
    private const string OffIdPattern = "api-with-hyphen";

    /// <summary>Whether unknown members at the top are ignored instead of refused.</summary>
    public bool IsOpen { get; init; }

    /// <summary>Name of every operation, for theories.</summary>
    public static TheoryData<string> Operations => [.. All.Select(endpoint => endpoint.Operation)];

    /// <summary>Every pair of an operation and one of its members, for theories.</summary>
    public static TheoryData<string, string> OperationFields
    {
        get
        {
            TheoryData<string, string> data = [];
            foreach (Endpoint endpoint in All)
            {
                foreach (Field member in endpoint.Fields)
                {
                    data.Add(endpoint.Operation, member.Path);
                }
            }

            return data;
        }
    }

    public static Endpoint Of(string operation) => All.Single(endpoint => endpoint.Operation == operation);

    /// <summary>The operations whose body has a required member.</summary>
    public static TheoryData<string> OperationsWithRequired =>
        [.. All.Where(endpoint => endpoint.Fields.Any(member => member.Required)).Select(endpoint => endpoint.Operation)];

    public static IReadOnlyList<Endpoint> All { get; } =
    [
        new("apis.createApi", _ => """{"name":"an api"}""", [Field.Text("name", 3, 256) with { Required = true }]),
        new("apis.getApi", scene => $$"""{"apiId":"{{scene.ApiId}}"}""", [ApiId(8)]),
        new("apis.deleteApi", _ => """{"apiId":"api_unknown1"}""", [ApiId(8)]),
        new("keys.createKey", CreateKeyBody, CreateKeyFields),
        new("keys.getKey", scene => $$"""{"keyId":"{{scene.Key.KeyId}}","decrypt":false}""", [KeyId, Field.Boolean("decrypt")]),
        new("keys.updateKey", UpdateKeyBody, UpdateKeyFields),
        new("keys.deleteKey", _ => """{"keyId":"key_unknown1","permanent":false}""", [KeyId, Field.Boolean("permanent")]),
        new("keys.verifyKey", VerifyKeyBody, VerifyKeyFields),
        new("keys.whoami", scene => $$"""{"key":"{{scene.Key.Key}}"}""", [Field.Text("key", 1, 512) with { Required = true }]),
        new(
            "keys.updateCredits",
            _ => """{"keyId":"key_unknown1","operation":"set","value":5}""",
            [Field.Text("keyId", 3) with { Required = true }, Field.Integer("value", 0) with { Nullable = true }]),
        new(
            "keys.rerollKey",
            _ => """{"keyId":"key_unknown1","expiration":0}""",
            [KeyId, Field.Integer("expiration", 0, LatestExpiry) with { Required = true }]) { IsOpen = true },
        .. new[] { "add", "remove", "set" }.Select(static verb => new Endpoint(
            $"keys.{verb}Permissions",
            _ => """{"keyId":"key_unknown1","permissions":["documents.read"]}""",
            [
                KeyId,
                Field.Array("permissions", verb == "set" ? null : 1, verb == "set" ? null : 1000) with { Required = true },
                Field.Text("permissions[0]", 1, 128) with { OffPattern = "with/slash" },
            ])),
        .. new[] { "add", "remove", "set" }.Select(static verb => new Endpoint(
            $"keys.{verb}Roles",
            _ => """{"keyId":"key_unknown1","roles":["a role"]}""",
            [KeyId, Field.Array("roles", verb == "set" ? null : 1, 100) with { Required = true }, Field.Text("roles[0]", 1, 128)])),
        new("keys.migrateKeys", MigrateKeysBody, MigrateKeysFields),
        new(
            "migrations.createMigration",
            _ => """{"algorithm":"sha256","migrationId":"bad_input"}""",
            [Field.Text("migrationId", 8, 256)]),
        new("identities.createIdentity", CreateIdentityBody, CreateIdentityFields) { IsOpen = true },
        new("identities.getIdentity", scene => $$"""{"identity":"{{scene.ExternalId}}"}""", [Field.Text("identity", 1) with { Required = true }]),
        new(
            "permissions.createPermission",
            _ => """{"name":"a permission","slug":"bad.input","description":"what it is for"}""",
            [
                Field.Text("name", 1, 512) with { Required = true },
                Field.Text("slug", 1, 128) with { Required = true, OffPattern = "with blank" },
                Field.Text("description", null, 512),
            ]),
        new(
            "rootKeys.createRootKey",
            _ => """{"name":"a root key","permissions":["api.*.read_api"],"expires":4102444800000}""",
            [
                Field.Text("name", 1),
                Field.Array("permissions", 1, 1000) with { Required = true, Item = "\"api.*.read_api\"" },
                Field.Text("permissions[0]", 1),
                Field.Integer("expires", 0, LatestExpiry),
            ]),
        new("rootKeys.listRootKeys", _ => """{"limit":10,"cursor":"key_a"}""", [Field.Integer("limit", 1, 100), Field.Text("cursor")]),
        new("rootKeys.deleteRootKey", _ => """{"keyId":"key_unknown1"}""", [KeyId]),
        new("workspaces.createWorkspace", _ => """{"name":"a workspace"}""", [Field.Text("name", 1) with { Required = true }]),
    ];

    private static Field KeyId => Field.Text("keyId", 3, 255) with { Required = true, OffPattern = OffIdPattern };

    private static Field ApiId(int min) => Field.Text("apiId", min, 255) with { Required = true, OffPattern = OffIdPattern };
}
