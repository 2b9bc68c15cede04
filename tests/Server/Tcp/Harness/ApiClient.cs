using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;

namespace Unkey.Server.Tests.Tcp.Harness;

/// <summary>Calls the API with one root key over one keep-alive connection. Not thread-safe: give each thread its <see cref="Another"/>.</summary>
internal sealed class ApiClient(ServerProcess server, string rootKey) : IDisposable
{
    private RawConnection? _connection;

    public string RootKey { get; } = rootKey;

    public ServerProcess Server { get; } = server;

    /// <summary>A client with the same root key and a connection of its own.</summary>
    public ApiClient Another() => new(Server, RootKey);

    /// <summary>A client with another root key.</summary>
    public ApiClient With(string rootKey) => new(Server, rootKey);

    /// <summary>Calls an operation with this client's root key.</summary>
    public Reply Post(string operation, string body) =>
        Send(new ApiRequest(operation, body) { Authorization = "Bearer " + RootKey });

    /// <summary>Sends a request as it is. An answer that the OpenAPI document does not describe fails the test.</summary>
    public Reply Send(ApiRequest request) =>
        new Reply(Exchange(request.ToBytes()), $"{request.Operation} {request.Body}").CheckedAgainstDocument(request.Operation);

    /// <summary>Sends bytes and reads one answer. A connection that ends without having been announced as closing fails the test.</summary>
    public HttpAnswer Exchange(ReadOnlySpan<byte> request)
    {
        _connection ??= Server.Connect();
        _connection.Send(request);
        HttpAnswer answer = _connection.Read();
        if (answer.Closes)
        {
            Disconnect();
        }

        return answer;
    }

    public string CreateApi(string name = "api of a test") =>
        Post("apis.createApi", $$"""{"name":{{JsonSerializer.Serialize(name)}}}""").Data.GetProperty("apiId").GetString()!;

    /// <summary>Creates a key.</summary>
    /// <param name="apiId">Its API.</param>
    /// <param name="members">More members of the request, such as <c>"name":"x"</c>; empty for none.</param>
    public CreatedKey CreateKey(string apiId, string members = "")
    {
        JsonElement data = Post("keys.createKey", $$"""{"apiId":"{{apiId}}"{{(members.Length == 0 ? "" : "," + members)}}}""").Data;
        CreatedKey created = new(data.GetProperty("keyId").GetString()!, data.GetProperty("key").GetString()!, apiId);
        Server.AddSecret(created.Key);
        return created;
    }

    /// <summary>Credits that a key has left.</summary>
    public long Remaining(string keyId) => GetKey(keyId).GetProperty("credits").GetProperty("remaining").GetInt64();

    public JsonElement GetKey(string keyId) => Post("keys.getKey", $$"""{"keyId":"{{keyId}}"}""").Data;

    /// <summary>Verifies a key.</summary>
    /// <param name="key">Its plain text.</param>
    /// <param name="members">More members of the request; empty for none.</param>
    public Reply Verify(string key, string members = "") =>
        Post("keys.verifyKey", $$"""{"key":{{JsonSerializer.Serialize(key)}}{{(members.Length == 0 ? "" : "," + members)}}}""");

    /// <summary>A client with a new root key that has these permissions.</summary>
    public ApiClient WithPermissions(params IEnumerable<string> permissions)
    {
        string list = JsonSerializer.Serialize(permissions.ToArray());
        JsonElement data = Post("rootKeys.createRootKey", $$"""{"name":"root key of a test","permissions":{{list}}}""").Data;
        string key = data.GetProperty("key").GetString()!;
        Server.AddSecret(key);
        return With(key);
    }

    /// <summary>A new workspace with its root key of all permissions.</summary>
    public Workspace CreateWorkspace(string name = "workspace of a test")
    {
        JsonElement data = Post("workspaces.createWorkspace", $$"""{"name":"{{name}}"}""").Data;
        string key = data.GetProperty("rootKey").GetString()!;
        Server.AddSecret(key);
        return new Workspace(data.GetProperty("workspaceId").GetString()!, data.GetProperty("rootKeyId").GetString()!, With(key));
    }

    /// <summary>Every page of a list, in order. A page that contradicts itself fails the test.</summary>
    /// <param name="operation">The list operation.</param>
    /// <param name="members">Members of the request besides the cursor; empty for none.</param>
    public IReadOnlyList<JsonElement[]> Pages(string operation, string members = "")
    {
        List<JsonElement[]> pages = [];
        for (string? cursor = ""; cursor is not null;)
        {
            string start = cursor.Length == 0 ? "" : $"\"cursor\":{JsonSerializer.Serialize(cursor)}";
            Reply reply = Post(operation, "{" + string.Join(',', new[] { members, start }.Where(static part => part.Length > 0)) + "}");
            pages.Add([.. reply.Data.EnumerateArray()]);
            cursor = reply.NextCursor;
        }

        return pages;
    }

    /// <summary>Entries of the audit log about one thing, oldest first.</summary>
    public JsonElement[] Events(string resource) =>
        [.. Post("audit.listEvents", $$"""{"limit":100,"resource":"{{resource}}"}""").Data.EnumerateArray().Reverse()];

    public void Dispose() => Disconnect();

    private void Disconnect()
    {
        _connection?.Dispose();
        _connection = null;
    }
}
