using System;
using System.Linq;
using System.Text;
using System.Text.Json.Nodes;

namespace Unkey.Server.Tests.Tcp.Harness;

/// <summary>Changes one place of a JSON body, and names that place as the validator does.</summary>
internal static class BodyEditor
{
    private const string Mark = "@here@";

    /// <summary>The body with another value at a path; the empty path is the whole body.</summary>
    /// <param name="body">Valid JSON.</param>
    /// <param name="path">The place.</param>
    /// <param name="json">What to put there, as it is: it need not be valid.</param>
    public static string Set(string body, string path, string json)
    {
        (string before, string after) = Around(body, path);
        return before + json + after;
    }

    /// <summary>As <see cref="Set(string, string, string)"/>, for bytes that are no text.</summary>
    public static byte[] Set(string body, string path, ReadOnlySpan<byte> json)
    {
        (string before, string after) = Around(body, path);
        return [.. Encoding.UTF8.GetBytes(before), .. json, .. Encoding.UTF8.GetBytes(after)];
    }

    /// <summary>The body without the member at a path.</summary>
    public static string Remove(string body, string path)
    {
        JsonNode root = JsonNode.Parse(body)!;
        string[] steps = Steps(path);
        if (!At(root, steps[..^1])!.AsObject().Remove(steps[^1]))
        {
            throw new ArgumentException($"{path} is not there to remove", nameof(path));
        }

        return root.ToJsonString();
    }

    /// <summary>Whether something stands at a path.</summary>
    public static bool Has(string body, string path)
    {
        string[] steps = Steps(path);
        return steps.Length == 0 || At(JsonNode.Parse(body)!, steps) is not null;
    }

    /// <summary>The value at a path.</summary>
    public static string Get(string body, string path) => At(JsonNode.Parse(body)!, Steps(path))!.ToJsonString();

    /// <summary>The schema location of a path: <c>ratelimits[0].name</c> is <c>/properties/ratelimits/items/properties/name</c>.</summary>
    public static string Location(string path) => Location(Steps(path));

    /// <summary>The schema location of the object that holds a path's last member.</summary>
    public static string ParentLocation(string path) => Location(Steps(path)[..^1]);

    private static string Location(string[] steps) => string.Concat(steps.Select(step => step == "0" ? "/items" : "/properties/" + step));

    private static (string Before, string After) Around(string body, string path)
    {
        string[] steps = Steps(path);
        if (steps.Length == 0)
        {
            return ("", "");
        }

        JsonNode root = JsonNode.Parse(body)!;
        JsonNode parent = At(root, steps[..^1])!;
        if (steps[^1] == "0")
        {
            parent.AsArray()[0] = Mark;
        }
        else
        {
            parent[steps[^1]] = Mark;
        }

        string[] parts = root.ToJsonString().Split($"\"{Mark}\"");
        return (parts[0], parts[1]);
    }

    private static JsonNode? At(JsonNode root, string[] steps)
    {
        JsonNode? node = root;
        foreach (string step in steps)
        {
            node = step == "0" ? node?.AsArray().FirstOrDefault() : node?[step];
        }

        return node;
    }

    private static string[] Steps(string path) =>
        path.Replace("[0]", ".0", StringComparison.Ordinal).Split('.', StringSplitOptions.RemoveEmptyEntries);
}
