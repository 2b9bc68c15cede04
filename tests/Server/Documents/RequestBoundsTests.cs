using System.Collections.Generic;
using System.Globalization;
using Unkey.Server.ControlPlane.Documents;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Documents;

/// <summary>The schemas against the tables of the contract as they stand here: tests that are drawn from the schemas cannot see a wrong bound.</summary>
/// <remarks>A line is a place of a body: <c>!</c> must be there, <c>?</c> may be null; then type, least and most, and pattern.</remarks>
public sealed class RequestBoundsTests
{
    private const string Contract = """
        keys.createKey
          . object closed
          apiId! string 3..255 ^[a-zA-Z0-9_]+$
          prefix string 1..16 ^[a-zA-Z0-9_]+$
          name string 1..255
          byteLength integer 16..255
          externalId string 1..255 ^[a-zA-Z0-9_.-]+$
          meta object open ..100
          roles array ..100
          roles[0] string 1..128
          permissions array ..1000
          permissions[0] string 1..128 ^[a-zA-Z0-9_:\-\.\*]+$
          expires integer 0..4102444800000
          credits object closed
          credits.remaining! integer? 0..
          credits.refill object closed
          credits.refill.interval! string daily|monthly
          credits.refill.amount! integer 1..
          credits.refill.refillDay integer 1..31
          ratelimits array ..50
          ratelimits[0] object open
          ratelimits[0].name! string 3..128
          ratelimits[0].limit! integer 1..
          ratelimits[0].duration! integer 1000..
          ratelimits[0].autoApply! boolean
          enabled boolean
          recoverable boolean
        keys.getKey
          . object closed
          keyId! string 3..255 ^[a-zA-Z0-9_]+$
          decrypt boolean
        keys.updateKey
          . object closed
          keyId! string 3..255 ^[a-zA-Z0-9_]+$
          name string? 1..255
          externalId string? 1..255 ^[a-zA-Z0-9_.-]+$
          meta object? open ..100
          expires integer? 0..4102444800000
          credits object? closed
          credits.remaining integer? 0..
          credits.refill object? closed
          credits.refill.interval! string daily|monthly
          credits.refill.amount! integer 1..
          credits.refill.refillDay integer 1..31
          ratelimits array ..50
          ratelimits[0] object open
          ratelimits[0].name! string 3..128
          ratelimits[0].limit! integer 1..
          ratelimits[0].duration! integer 1000..
          ratelimits[0].autoApply! boolean
          enabled boolean
          roles array ..100
          roles[0] string 1..128
          permissions array ..1000
          permissions[0] string 1..128 ^[a-zA-Z0-9_:\-\.\*]+$
        keys.deleteKey
          . object closed
          keyId! string 3..255 ^[a-zA-Z0-9_]+$
          permanent boolean
        keys.updateCredits
          . object closed
          keyId! string 3..
          operation! string set|increment|decrement
          value integer? 0..
        keys.rerollKey
          . object open
          keyId! string 3..255 ^[a-zA-Z0-9_]+$
          expiration! integer 0..4102444800000
        keys.addPermissions
          . object closed
          keyId! string 3..255 ^[a-zA-Z0-9_]+$
          permissions! array 1..1000
          permissions[0] string 1..128 ^[a-zA-Z0-9_:\-\.\*]+$
        keys.removePermissions
          . object closed
          keyId! string 3..255 ^[a-zA-Z0-9_]+$
          permissions! array 1..1000
          permissions[0] string 1..128 ^[a-zA-Z0-9_:\-\.\*]+$
        keys.setPermissions
          . object closed
          keyId! string 3..255 ^[a-zA-Z0-9_]+$
          permissions! array
          permissions[0] string 1..128 ^[a-zA-Z0-9_:\-\.\*]+$
        keys.addRoles
          . object closed
          keyId! string 3..255 ^[a-zA-Z0-9_]+$
          roles! array 1..100
          roles[0] string 1..128
        keys.removeRoles
          . object closed
          keyId! string 3..255 ^[a-zA-Z0-9_]+$
          roles! array 1..100
          roles[0] string 1..128
        keys.setRoles
          . object closed
          keyId! string 3..255 ^[a-zA-Z0-9_]+$
          roles! array ..100
          roles[0] string 1..128
        keys.migrateKeys
          . object closed
          migrationId! string 3..255
          apiId! string 3..255
          keys! array 1..
          keys[0] object closed
          keys[0].hash! string 3..
          keys[0].name string 1..255
          keys[0].externalId string 1..255
          keys[0].meta object open ..100
          keys[0].roles array ..100
          keys[0].roles[0] string 1..128
          keys[0].permissions array ..1000
          keys[0].permissions[0] string 1..128 ^[a-zA-Z0-9_:\-\.\*]+$
          keys[0].expires integer 0..4102444800000
          keys[0].enabled boolean
          keys[0].credits object closed
          keys[0].credits.remaining! integer? 0..
          keys[0].credits.refill object closed
          keys[0].credits.refill.interval! string daily|monthly
          keys[0].credits.refill.amount! integer 1..
          keys[0].credits.refill.refillDay integer 1..31
          keys[0].ratelimits array ..50
          keys[0].ratelimits[0] object open
          keys[0].ratelimits[0].name! string 3..128
          keys[0].ratelimits[0].limit! integer 1..
          keys[0].ratelimits[0].duration! integer 1000..
          keys[0].ratelimits[0].autoApply! boolean
        keys.whoami
          . object closed
          key! string 1..512
        keys.verifyKey
          . object closed
          key! string 1..512
          permissions string 1..1000
          credits object closed
          credits.cost! integer 0..1000000000000
          ratelimits array
          ratelimits[0] object open
          ratelimits[0].name! string 3..255
          ratelimits[0].cost integer 0..
          ratelimits[0].limit integer 0..
          ratelimits[0].duration integer 0..
          tags array ..20
          tags[0] string 1..512
          migrationId string ..256
        ratelimit.limit
          . object closed
          namespace! string 1..512
          identifier! string 1..512
          limit! integer 1..
          duration! integer 1000..2592000000
          cost integer 0..
        ratelimit.multiLimit
          . array 1..100
          [0] object closed
          [0].namespace! string 1..512
          [0].identifier! string 1..512
          [0].limit! integer 1..
          [0].duration! integer 1000..2592000000
          [0].cost integer 0..
        ratelimit.updateNamespace
          . object closed
          namespace! string 1..512
          algorithm! string? token-bucket|sliding-window
        ratelimit.setOverride
          . object closed
          namespace! string 1..512
          identifier! string 1..512
          limit! integer 0..
          duration! integer 1000..
        ratelimit.getOverride
          . object closed
          namespace! string 1..512
          identifier! string 1..512
        ratelimit.listOverrides
          . object closed
          namespace! string 1..512
          cursor string
          limit integer 1..100
        ratelimit.deleteOverride
          . object closed
          namespace! string 1..512
          identifier! string 1..512
        apis.createApi
          . object closed
          name! string 3..256
        apis.getApi
          . object closed
          apiId! string 8..255 ^[a-zA-Z0-9_]+$
        apis.updateApi
          . object closed
          apiId! string 8..255 ^[a-zA-Z0-9_]+$
          name string 3..256
          deleteProtection boolean
          ipAllowList array? ..1000
          ipAllowList[0] string 1..64
          defaultPrefix string? 1..16 ^[a-zA-Z0-9_]+$
          defaultBytes integer? 16..255
          storeEncryptedKeys boolean
          keyChecksum boolean
        apis.deleteApi
          . object closed
          apiId! string 8..255 ^[a-zA-Z0-9_]+$
        apis.listKeys
          . object closed
          apiId! string 1..
          limit integer 1..100
          cursor string
          externalId string 1..
          decrypt boolean
          revalidateKeysCache boolean
        identities.createIdentity
          . object open
          externalId! string 1..255 ^[a-zA-Z0-9_.-]+$
          meta object open ..100
          ratelimits array ..50
          ratelimits[0] object open
          ratelimits[0].name! string 3..128
          ratelimits[0].limit! integer 1..
          ratelimits[0].duration! integer 1000..
          ratelimits[0].autoApply! boolean
        identities.getIdentity
          . object closed
          identity! string 1..
        identities.listIdentities
          . object closed
          limit integer 1..100
          cursor string
          search string ..256
        identities.updateIdentity
          . object closed
          identity! string 1..
          meta object open ..100
          ratelimits array ..50
          ratelimits[0] object open
          ratelimits[0].name! string 3..128
          ratelimits[0].limit! integer 1..
          ratelimits[0].duration! integer 1000..
          ratelimits[0].autoApply! boolean
        identities.deleteIdentity
          . object closed
          identity! string 1..
        permissions.createPermission
          . object closed
          name! string 1..512
          slug! string 1..128 ^[a-zA-Z0-9_:\-\.\*]+$
          description string ..512
        permissions.getPermission
          . object closed
          permission! string 1..128 ^[a-zA-Z0-9_:\-\.\*]+$
        permissions.listPermissions
          . object closed
          limit integer 1..100
          cursor string ..1024
          search string ..256
        permissions.deletePermission
          . object closed
          permission! string 1..128 ^[a-zA-Z0-9_:\-\.\*]+$
        permissions.createRole
          . object closed
          name! string 1..128
          description string ..512
          permissions array
          permissions[0] string 1..128 ^[a-zA-Z0-9_:\-\.\*]+$
        permissions.getRole
          . object closed
          role! string 1..128
        permissions.listRoles
          . object closed
          limit integer 1..100
          cursor string ..1024
          search string ..256
        permissions.deleteRole
          . object closed
          role! string 1..128
        permissions.setRolePermissions
          . object closed
          roleId! string 3..255 ^[a-zA-Z0-9_-]+$
          permissions! array
          permissions[0] string 1..128 ^[a-zA-Z0-9_:\-\.\*]+$
        migrations.createMigration
          . object closed
          algorithm! string sha256|github.com/seamapi/prefixed-api-key
          migrationId string 8..256
        rootKeys.createRootKey
          . object closed
          name string 1..255
          permissions! array 1..1000
          permissions[0] string 1..512
          expires integer 0..4102444800000
        rootKeys.listRootKeys
          . object closed
          limit integer 1..100
          cursor string ..1024
        rootKeys.deleteRootKey
          . object closed
          keyId! string 3..255 ^[a-zA-Z0-9_]+$
        workspaces.createWorkspace
          . object closed
          name! string 1..256
        workspaces.updateWorkspace
          . object closed
          workspaceId string 3..255 ^[a-zA-Z0-9_]+$
          apiLimit integer? 0..2147483647
        audit.listEvents
          . object closed
          limit integer 1..100
          cursor string ..1024
          since integer 0..
          until integer 0..
          event string 1..128
          actor string 1..255
          resource string 1..255
        analytics.getVerifications
          . object open
          query! string
        analytics.getRatelimits
          . object open
          query! string
        """;

    [Fact]
    public void EveryBoundIsThatOfTheContract() => Assert.Equal(Contract.ReplaceLineEndings("\n"), string.Join('\n', Lines()));

    private static IEnumerable<string> Lines()
    {
        foreach (DescribedOperation operation in new ApiDescription("test").Operations)
        {
            yield return ApiDescription.NameOf(operation.Path);
            foreach (Field field in Field.Of(operation.Body))
            {
                string required = field.IsRequired && field.Path.Length > 0 ? "!" : "";
                string type = SchemaKindNames.Of(field.Schema.Kind) + (field.Schema.IsNullable ? "?" : "");
                yield return $"  {(field.Path.Length == 0 ? "." : field.Path)}{required} {type}{Bounds(field.Schema)}";
            }
        }
    }

    private static string Bounds(SchemaNode schema) => schema.Kind switch
    {
        SchemaKind.String when schema.Values.Count > 0 => " " + string.Join('|', schema.Values),
        SchemaKind.String => Range(schema.LengthMin, 0, schema.LengthMax, int.MaxValue) + (schema.Pattern is { } pattern ? " " + pattern.Source : ""),
        SchemaKind.Integer => Range(schema.Minimum, long.MinValue, schema.Maximum, long.MaxValue),
        SchemaKind.Array => Range(schema.ItemsMin, 0, schema.ItemsMax, int.MaxValue),
        SchemaKind.Object => (schema.IsClosed ? " closed" : " open") + Range(0, 0, schema.PropertiesMax, int.MaxValue),
        _ => "",
    };

    private static string Range(long least, long noLeast, long most, long noMost) => (least == noLeast, most == noMost) switch
    {
        (true, true) => "",
        (false, true) => $" {Text(least)}..",
        (true, false) => $" ..{Text(most)}",
        _ => $" {Text(least)}..{Text(most)}",
    };

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
