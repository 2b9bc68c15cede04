using System.Text;
using System.Text.Json;

namespace Unkey.Server.Tests.Tcp.Harness;

/// <summary>Calls v1 over the connection of a client of v2, with its root key.</summary>
internal sealed class V1Client(ApiClient client)
{
    /// <summary>Calls an operation that reads.</summary>
    /// <param name="operation">Group and operation.</param>
    /// <param name="query">The query without its question mark.</param>
    public V1Reply Get(string operation, string query = "") => Send(new ApiRequest(query.Length == 0 ? operation : $"{operation}?{query}", "")
    {
        Method = "GET",
        ContentType = null,
    });

    /// <summary>Calls an operation that writes.</summary>
    public V1Reply Post(string operation, string body) => Send(new ApiRequest(operation, body));

    /// <summary>Sends a request; it gets this client's root key when it has no Authorization of its own.</summary>
    public V1Reply Send(ApiRequest request)
    {
        ApiRequest complete = request with { Version = "v1", Authorization = request.Authorization ?? "Bearer " + client.RootKey };
        return Exchange(complete);
    }

    /// <summary>Sends a request without credentials.</summary>
    public V1Reply SendAnonymously(ApiRequest request) => Exchange(request with { Version = "v1", Authorization = null });

    /// <summary>Creates a key.</summary>
    /// <param name="apiId">Its API.</param>
    /// <param name="members">More members of the request; empty for none.</param>
    public CreatedKey CreateKey(string apiId, string members = "")
    {
        JsonElement result = Post("keys.createKey", $$"""{"apiId":"{{apiId}}"{{(members.Length == 0 ? "" : "," + members)}}}""").Result;
        CreatedKey created = new(result.GetProperty("keyId").GetString()!, result.GetProperty("key").GetString()!, apiId);
        client.Server.AddSecret(created.Key);
        return created;
    }

    /// <summary>Verifies a key without credentials.</summary>
    /// <param name="key">Its plain text.</param>
    /// <param name="members">More members of the request; empty for none.</param>
    public V1Reply Verify(string key, string members = "") => SendAnonymously(new ApiRequest("keys.verifyKey", VerifyBody(key, members)));

    /// <summary>As <see cref="Verify"/>, with a body so long that the control plane has to decide.</summary>
    public V1Reply VerifyOffReactor(string key, string members = "") => SendAnonymously(
        new ApiRequest("keys.verifyKey", VerifyBody(key, members + (members.Length == 0 ? "" : ",") + $"\"padding\":\"{new string('x', 100_000)}\"")));

    private static string VerifyBody(string key, string members) =>
        $$"""{"key":{{JsonSerializer.Serialize(key)}}{{(members.Length == 0 ? "" : "," + members)}}}""";

    private V1Reply Exchange(ApiRequest request) =>
        new(client.Exchange(request.ToBytes()), Encoding.UTF8.GetByteCount(request.Body) > 2_000 ? request.Operation : $"{request.Operation} {request.Body}");
}
