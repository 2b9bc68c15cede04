using System;
using System.Text.RegularExpressions;

namespace Unkey.Server.Tests.Tcp.Harness;

/// <summary>Things of a workspace for tests to act on.</summary>
internal sealed partial record Scene
{
    /// <summary>A client with all permissions in the workspace.</summary>
    public required ApiClient Client { get; init; }

    public required string WorkspaceId { get; init; }

    public required string ApiId { get; init; }

    /// <summary>Key container of <see cref="ApiId"/>; URN grants name it.</summary>
    public required string KeyspaceId { get; init; }

    public required CreatedKey Key { get; init; }

    /// <summary>A key that tests may change in any way, so nothing may be expected of it.</summary>
    public required CreatedKey SpareKey { get; init; }

    /// <summary>The API of <see cref="SpareKey"/>, which tests may change as well.</summary>
    public string SpareApiId => SpareKey.ApiId;

    public required string RoleId { get; init; }

    public required string RoleName { get; init; }

    /// <summary>A rate-limit namespace.</summary>
    public required string Namespace { get; init; }

    public required string MigrationId { get; init; }

    public required string IdentityId { get; init; }

    public required string ExternalId { get; init; }

    public static Scene Create(ApiClient bootstrap)
    {
        Workspace workspace = bootstrap.CreateWorkspace();
        ApiClient client = workspace.Client;
        string apiId = client.CreateApi();
        string externalId = "user_" + Unique();
        string identityId = client.Post("identities.createIdentity", $$"""{"externalId":"{{externalId}}"}""")
            .Data.GetProperty("identityId").GetString()!;
        CreatedKey key = client.CreateKey(apiId, $"\"name\":\"a key\",\"externalId\":\"{externalId}\"");
        const string Namespace = "a namespace";
        const string RoleName = "editor";
        const string MigrationId = "a migration";
        client.Post("ratelimit.limit", $$"""{"namespace":"{{Namespace}}","identifier":"first","limit":1,"duration":1000}""");
        client.Post("migrations.createMigration", $$"""{"algorithm":"sha256","migrationId":"{{MigrationId}}"}""");
        string roleId = client.Post("permissions.createRole", $$"""{"name":"{{RoleName}}","permissions":["documents.read"]}""")
            .Data.GetProperty("roleId").GetString()!;
        return new Scene
        {
            Client = client,
            WorkspaceId = workspace.WorkspaceId,
            ApiId = apiId,
            KeyspaceId = KeyspaceOf(client, key),
            Key = key,
            SpareKey = client.CreateKey(client.CreateApi("spare")),
            RoleId = roleId,
            RoleName = RoleName,
            Namespace = Namespace,
            MigrationId = MigrationId,
            IdentityId = identityId,
            ExternalId = externalId,
        };
    }

    /// <summary>A text that no other test uses.</summary>
    public static string Unique() => Guid.NewGuid().ToString("N")[..16];

    /// <summary>The URN of an action on a resource of this workspace.</summary>
    public string Urn(string path, string action) => $"unkey:v1:{WorkspaceId}:{path}#{action}";

    /// <summary>The key container of a key. No answer shows it but the detail of a denial, which names the URN that would do.</summary>
    private static string KeyspaceOf(ApiClient client, CreatedKey key)
    {
        using ApiClient reader = client.WithPermissions("api.*.read_api");
        string detail = reader.Post("keys.getKey", $$"""{"keyId":"{{key.KeyId}}"}""").Refused(ErrorCode.InsufficientPermissions).Detail;
        return KeyspaceInUrn().Match(detail).Groups[1].Value;
    }

    [GeneratedRegex(@":keyspaces/([^/#]+)/keys/")]
    private static partial Regex KeyspaceInUrn();
}
