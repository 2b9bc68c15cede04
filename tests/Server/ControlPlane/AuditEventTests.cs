using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Xunit;

namespace Unkey.Server.Tests.ControlPlane;

public sealed class AuditEventTests
{
    private const string List = "audit.listEvents";

    [Fact]
    public async Task EventsTellWhoChangedWhatWhenAndFromWhere()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        Answer made = await cp.PostAsync("apis.createApi", """{"name":"the api"}""", address: "198.51.100.9");
        string api = made.Ok().GetProperty("apiId").GetString()!;
        JsonElement entry = Assert.Single((await cp.PostAsync(List, $$"""{"resource":"{{api}}"}""")).Ok().EnumerateArray());
        Assert.StartsWith("log_", entry.GetProperty("id").GetString());
        Assert.Equal("api.create", entry.GetProperty("event").GetString());
        Assert.Equal(cp.Clock.NowMs, entry.GetProperty("time").GetInt64());
        Assert.Equal($$"""{"type":"rootkey","id":"{{cp.Host.BootstrapKeyId}}","name":"bootstrap"}""", entry.GetProperty("actor").GetRawText());
        Assert.Equal($$"""[{"type":"api","id":"{{api}}","name":"the api"}]""", entry.GetProperty("resources").GetRawText());
        Assert.Equal(made.Root.GetProperty("meta").GetProperty("requestId").GetString(), entry.GetProperty("requestId").GetString());
        Assert.Equal("198.51.100.9", entry.GetProperty("remoteAddress").GetString());
    }

    [Fact]
    public async Task EventsAreFilteredAndPagedNewestFirst()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        long start = cp.Clock.NowMs;
        string actor = await cp.RootKeyWithAsync("api.*.create_api");
        for (int i = 0; i < 6; i++)
        {
            // Two events a millisecond, so that the time alone does not order them.
            cp.Clock.NowMs = start + (i / 2);
            (await cp.PostAsync("apis.createApi", $$"""{"name":"api {{i}}"}""", i % 3 == 0 ? actor : null)).Ok();
        }

        (await cp.PostAsync("permissions.createPermission", """{"name":"p","slug":"p"}""")).Ok();
        Assert.Equal(["api 5", "api 4", "api 3", "api 2", "api 1", "api 0"], await NamesAsync(""","event":"api.create" """));
        Assert.Equal(["api 5", "api 4", "api 3", "api 2"], await NamesAsync($$""","event":"api.create","since":{{start + 1}}"""));
        Assert.Equal(["api 3", "api 2"], await NamesAsync($$""","event":"api.create","since":{{start + 1}},"until":{{start + 2}}"""));
        string actorId = (string)cp.Scalar("SELECT actor_id FROM audit_log WHERE resource_name = 'api 0'")!;
        Assert.Equal(["api 3", "api 0"], await NamesAsync($$""","actor":"{{actorId}}" """));
        Assert.Empty(await NamesAsync(""","event":"api" """));

        string[] paged = [];
        string cursor = "";
        for (int page = 0; page < 3; page++)
        {
            Answer answer = await cp.PostAsync(List, $$"""{"limit":3{{cursor}}}""");
            paged = [.. paged, .. answer.Ok().EnumerateArray().Select(Name)];
            Assert.Equal(page < 2, answer.HasMore);
            cursor = $",\"cursor\":\"{answer.Cursor}\"";
        }

        Assert.Equal(["p", "api 5", "api 4", "api 3", "api 2", "api 1", "api 0"], paged);

        async Task<string[]> NamesAsync(string filter) =>
            [.. (await cp.PostAsync(List, $$"""{"limit":100{{filter}}}""")).Ok().EnumerateArray().Select(Name)];
    }

    [Fact]
    public async Task TheLogIsReadWithItsPermissionAndInItsWorkspaceOnly()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        await cp.CreateApiAsync();
        (await cp.PostAsync(List, "{}", await cp.RootKeyWithAsync("api.*.read_api"))).Refused(403, "unkey/authorization/insufficient_permissions");
        Assert.Single((await cp.PostAsync(List, "{}", await cp.RootKeyWithAsync("audit.*.read_audit"))).Ok().EnumerateArray());
        (_, string foreign) = await cp.CreateWorkspaceAsync();
        Assert.Empty((await cp.PostAsync(List, "{}", foreign)).Ok().EnumerateArray());
        foreach (string cursor in new[] { "x", "_", "1_", "_1", "1_x", "-1_1", "99999999999999999999_1" })
        {
            (await cp.PostAsync(List, $$"""{"cursor":"{{cursor}}"}""")).Refused(400, "unkey/application/invalid_input");
        }

        (await cp.PostAsync(List, """{"since":-1}""")).Invalid("/v2/" + List, "/properties/since/minimum");
        (await cp.PostAsync(List, """{"event":""}""")).Invalid("/v2/" + List, "/properties/event/minLength");
    }

    private static string Name(JsonElement entry) => entry.GetProperty("resources")[0].GetProperty("name").GetString()!;
}
