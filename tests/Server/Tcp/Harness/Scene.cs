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
        return new Scene
        {
            Client = client,
            WorkspaceId = workspace.WorkspaceId,
            ApiId = apiId,
            KeyspaceId = KeyspaceOf(client, key),
            Key = key,
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
