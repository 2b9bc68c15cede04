using System.Collections.Generic;
using System.Linq;
using System.Text.Json;

namespace Unkey.Server.Tests.Tcp.Harness;

/// <summary>Short ways to what tests look at in an answer.</summary>
internal static class JsonReading
{
    /// <summary>A member that is a text.</summary>
    public static string Text(this JsonElement element, string member) => element.GetProperty(member).GetString()!;

    /// <summary>A member that is an integer.</summary>
    public static long Number(this JsonElement element, string member) => element.GetProperty(member).GetInt64();

    /// <summary>A member that is true or false.</summary>
    public static bool Flag(this JsonElement element, string member) => element.GetProperty(member).GetBoolean();

    public static bool Has(this JsonElement element, string member) => element.TryGetProperty(member, out _);

    /// <summary>One text of each item of an array.</summary>
    public static string[] Each(this JsonElement array, string member) => [.. array.EnumerateArray().Select(item => item.Text(member))];

    /// <summary>The texts of an array; none when the member is absent.</summary>
    public static string[] Texts(this JsonElement element, string member) =>
        element.TryGetProperty(member, out JsonElement array) ? [.. array.EnumerateArray().Select(static item => item.GetString()!)] : [];

    /// <summary>The names of the members, sorted.</summary>
    public static IEnumerable<string> Names(this JsonElement element) => element.EnumerateObject().Select(static member => member.Name).Order();

    /// <summary>The only item of an array.</summary>
    public static JsonElement Only(this JsonElement array) => array.EnumerateArray().Single();

    /// <summary>Whether two values are equal as JSON.</summary>
    public static bool IsJson(this JsonElement element, string json)
    {
        using JsonDocument other = JsonDocument.Parse(json);
        return JsonElement.DeepEquals(element, other.RootElement);
    }
}
