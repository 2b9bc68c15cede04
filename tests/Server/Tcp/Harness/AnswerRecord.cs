using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using Unkey.Server.ControlPlane.Documents;

namespace Unkey.Server.Tests.Tcp.Harness;

/// <summary>Calls operations and keeps which members their answers had.</summary>
internal sealed class AnswerRecord
{
    private readonly Dictionary<string, HashSet<string>> _seen = [];

    /// <summary>Operations that have answered 200.</summary>
    public IEnumerable<string> Operations => _seen.Keys;

    /// <summary>Calls an operation, which must succeed.</summary>
    public Reply Post(ApiClient client, string operation, string body)
    {
        Reply reply = client.Send(new ApiRequest(operation, body)
        {
            Authorization = "Bearer " + client.RootKey,
            MoreFields = ["User-Agent: tests"],
        });
        if (reply.Status != 200)
        {
            throw new Xunit.Sdk.XunitException($"A success was wanted: {reply}");
        }

        if (!_seen.TryGetValue(operation, out HashSet<string>? members))
        {
            members = _seen[operation] = [];
        }

        if (reply.Json.TryGetProperty("data", out JsonElement data))
        {
            Add(members, data, "");
        }

        return reply;
    }

    /// <summary>Members that are described and that no answer had, as <c>operation: path</c>.</summary>
    public IEnumerable<string> Missing() =>
        from operation in new ApiDescription("test").Operations
        let name = ApiDescription.NameOf(operation.Path)
        where operation.Description.Data is not null
        from row in SchemaRow.Of(operation.Description.Data!)
        where !_seen.TryGetValue(name, out HashSet<string>? members) || !members.Contains(row.Path)
        select $"{name}: {row.Path}";

    private static void Add(HashSet<string> members, JsonElement value, string path)
    {
        if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement item in value.EnumerateArray())
            {
                Add(members, item, path + "[]");
            }
        }
        else if (value.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty member in value.EnumerateObject())
            {
                string name = path.Length == 0 ? member.Name : $"{path}.{member.Name}";
                members.Add(name);
                Add(members, member.Value, name);
            }
        }
    }
}
