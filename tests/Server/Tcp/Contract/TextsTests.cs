using System.Linq;
using System.Text.Json;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>Texts that may hold any characters come back as they were given, from the store and from the hot path.</summary>
public sealed class TextsTests(ServerFixture fixture) : TcpTests(fixture)
{
    public static TheoryData<string> Texts =>
    [
        " blanks inside and around ",
        "quotes ' \" ` and \\ back \\\\ slashes",
        "line\r\nbreaks\ttabs\u2028\u2029\u0085",
        "nul \0 and \u0001\u001f\u007f controls",
        "</script><b>&amp;",
        "'; DROP TABLE keys; --",
        "%_ wild [cards] *?",
        "\u65e5\u672c\u8a9e \u0639\u0631\u0628\u064a \U0001F511\U0001F468\u200D\U0001F469",
        "e\u0301 is not \u00e9",
        "\ufeffbom \uffff \U0010FFFF",
    ];

    [Theory]
    [MemberData(nameof(Texts))]
    public void TheyComeBackAsGiven(string text)
    {
        string json = JsonSerializer.Serialize(text);
        string unique = Scene.Unique();
        CreatedKey key = Client.CreateKey(Scene.ApiId, $"\"name\":{json},\"meta\":{{{json}:[{json}]}},\"ratelimits\":[{{\"name\":{json},\"limit\":5,\"duration\":60000,\"autoApply\":true}}]");
        foreach (JsonElement shown in new[] { Client.GetKey(key.KeyId), Client.Verify(key.Key).Data })
        {
            Assert.Equal(text, shown.Text("name"));
            Assert.Equal(text, shown.GetProperty("meta").GetProperty(text)[0].GetString());
            Assert.Equal(text, shown.GetProperty("ratelimits").Only().Text("name"));
        }

        Assert.Equal(3, Client.Verify(key.Key, $"\"ratelimits\":[{{\"name\":{json}}}]").Data.GetProperty("ratelimits").Only().Number("remaining"));

        Client.Post("permissions.createPermission", $$"""{"name":{{json}},"slug":"{{unique}}","description":{{json}}}""");
        JsonElement permission = Client.Post("permissions.getPermission", $$"""{"permission":"{{unique}}"}""").Data;
        Assert.Equal((text, text), (permission.Text("name"), permission.Text("description")));

        string roleId = Client.Post("permissions.createRole", $$"""{"name":{{JsonSerializer.Serialize(unique + text)}},"description":{{json}}}""").Data.Text("roleId");
        JsonElement role = Client.Post("permissions.getRole", $$"""{"role":{{JsonSerializer.Serialize(unique + text)}}}""").Data;
        Assert.Equal((roleId, unique + text, text), (role.Text("id"), role.Text("name"), role.Text("description")));

        string check = $$"""{"namespace":{{JsonSerializer.Serialize(unique + text)}},"identifier":{{json}},"limit":10,"duration":60000}""";
        Assert.Equal(9, Client.Post("ratelimit.limit", check).Data.Number("remaining"));
        JsonElement batch = Client.Post("ratelimit.multiLimit", $"[{check}]").Data.GetProperty("limits").Only();
        Assert.Equal((unique + text, text, 8), (batch.Text("namespace"), batch.Text("identifier"), batch.Number("remaining")));
        string named = $$"""{"namespace":{{JsonSerializer.Serialize(unique + text)}},"identifier":{{json}}}""";
        Client.Post("ratelimit.setOverride", named[..^1] + ",\"limit\":3,\"duration\":60000}");
        Assert.Equal(text, Client.Post("ratelimit.getOverride", named).Data.Text("identifier"));
        Assert.Equal(3, Client.Post("ratelimit.limit", check).Data.Number("limit"));

        string rootKeyId = Client.Post("rootKeys.createRootKey", $$"""{"name":{{json}},"permissions":["api.*.read_api"]}""").Data.Text("keyId");
        Assert.Equal(text, Client.Pages("rootKeys.listRootKeys").SelectMany(static page => page).Single(item => item.Text("keyId") == rootKeyId).Text("name"));
        Assert.Equal(text, Client.Events(key.KeyId)[0].GetProperty("resources")[0].Text("name"));
    }
}
