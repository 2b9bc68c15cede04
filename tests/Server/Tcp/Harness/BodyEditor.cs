using System;
using System.Linq;
using System.Text.Json.Nodes;

namespace Unkey.Server.Tests.Tcp.Harness;

/// <summary>Changes one place of a JSON body, and names that place as the validator does.</summary>
internal static class BodyEditor
{
    /// <summary>The body with another value at a path.</summary>
    public static string Set(string body, string path, string json)
    {
        JsonNode root = JsonNode.Parse(body)!;
        (JsonNode parent, string last) = Parent(root, path);
        JsonNode? value = JsonNode.Parse(json);
        if (last == "0")
        {
            parent.AsArray()[0] = value;
        }
        else
        {
            parent[last] = value;
        }

        return root.ToJsonString();
    }

    /// <summary>The body without the member at a path.</summary>
    public static string Remove(string body, string path)
    {
        JsonNode root = JsonNode.Parse(body)!;
        (JsonNode parent, string last) = Parent(root, path);
        if (!parent.AsObject().Remove(last))
        {
            throw new ArgumentException($"{path} is not there to remove", nameof(path));
        }

        return root.ToJsonString();
    }

    /// <summary>The schema location of a path: <c>ratelimits[0].name</c> is <c>/properties/ratelimits/items/properties/name</c>.</summary>
    public static string Location(string path) =>
        string.Concat(Steps(path).Select(step => step == "0" ? "/items" : "/properties/" + step));

    /// <summary>The schema location of the object that holds a path's last member.</summary>
    public static string ParentLocation(string path)
    {
        string[] steps = Steps(path);
        return string.Concat(steps[..^1].Select(step => step == "0" ? "/items" : "/properties/" + step));
    }

    private static (JsonNode Parent, string Last) Parent(JsonNode root, string path)
    {
        string[] steps = Steps(path);
        JsonNode node = root;
        foreach (string step in steps[..^1])
        {
            node = step == "0" ? node[0]! : node[step]!;
        }

        return (node, steps[^1]);
    }

    private static string[] Steps(string path) =>
        [.. path.Replace("[0]", ".0", StringComparison.Ordinal).Split('.')];
}
