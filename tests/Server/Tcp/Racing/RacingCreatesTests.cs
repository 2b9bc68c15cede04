using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Racing;

/// <summary>Creations that race for one name: one wins and the others are told so, or all get the same thing where creating again is no conflict.</summary>
public sealed class RacingCreatesTests(ServerFixture fixture) : TcpTests(fixture)
{
    private const int Rounds = 4;
    private const int Callers = 16;

    [Theory]
    [InlineData("permissions.createPermission", """{"name":"n","slug":"@"}""", ErrorCode.PermissionExists, "permissions.listPermissions", true)]
    [InlineData("permissions.createRole", """{"name":"@","permissions":["of.@"]}""", ErrorCode.RoleExists, "permissions.listRoles", true)]
    [InlineData("identities.createIdentity", """{"externalId":"@"}""", ErrorCode.IdentityExists, "identities.listIdentities", false)]
    public async Task OneWinsAndTheOthersConflict(string operation, string body, string conflict, string list, bool isCaseIgnored)
    {
        for (int round = 0; round < Rounds; round++)
        {
            string name = "racing-" + Scene.Unique();
            Reply[] replies = await Race.RunAsync(Client, Callers, (client, i) => client.Post(
                operation, body.Replace("@", isCaseIgnored && i % 2 == 1 ? name.ToUpperInvariant() : name)));
            Reply winner = Assert.Single(replies, static reply => reply.Status == 200);
            Assert.All(replies.Where(reply => reply != winner), reply => reply.Refused(conflict));
            JsonElement row = Assert.Single(Client.Post(list, $$"""{"search":"{{name}}"}""").Data.EnumerateArray(), row => !IsSlugOfRole(row));
            Assert.Equal(Assert.Single(winner.Data.EnumerateObject()).Value.GetString(), row.GetProperty("id").GetString());
        }

        static bool IsSlugOfRole(JsonElement row) =>
            row.TryGetProperty("slug", out JsonElement slug) && slug.GetString()!.StartsWith("of.", System.StringComparison.Ordinal);
    }

    [Fact]
    public async Task OneMigrationIsMadeOfAnIdAndTheOthersConflict()
    {
        string body = $$"""{"algorithm":"sha256","migrationId":"migration_{{Scene.Unique()}}"}""";
        Reply[] replies = await Race.RunAsync(Client, Callers, (client, _) => client.Post("migrations.createMigration", body));
        Reply winner = Assert.Single(replies, static reply => reply.Status == 200);
        Assert.All(replies.Where(reply => reply != winner), static reply => reply.Refused(ErrorCode.MigrationExists));
    }

    [Fact]
    public async Task KeysShareWhatTheyCreateOnTheFly()
    {
        string name = "racing." + Scene.Unique();
        CreatedKey[] keys = await Race.RunAsync(Client, Callers, (client, i) => client.CreateKey(
            Scene.ApiId, $"\"externalId\":\"{name}\",\"permissions\":[\"{(i % 2 == 1 ? name.ToUpperInvariant() : name)}\",\"{name}.{i}\"]"));
        JsonElement[] permissions = [.. Client.Post("permissions.listPermissions", $$"""{"search":"{{name}}"}""").Data.EnumerateArray()];
        Assert.Equal(Callers + 1, permissions.Length);
        string slug = Assert.Single(permissions.Select(static row => row.GetProperty("slug").GetString()!), text => text.Length == name.Length);
        Assert.All(keys, key => Assert.Equal("VALID", Client.Verify(key.Key, $"\"permissions\":\"{slug}\"").Code));
        Assert.Single(keys.Select(key => Client.GetKey(key.KeyId).GetProperty("identity").GetProperty("id").GetString()).Distinct());
    }

    [Fact]
    public async Task SetsOfOneOverrideAllSucceedAndOneOfThemCounts()
    {
        for (int round = 0; round < Rounds; round++)
        {
            string space = "racing " + Scene.Unique();
            Client.Post("ratelimit.limit", $$"""{"namespace":"{{space}}","identifier":"maker","limit":1,"duration":1000}""");
            string[] ids = await Race.RunAsync(Client, Callers, (client, i) => client
                .Post("ratelimit.setOverride", $$"""{"namespace":"{{space}}","identifier":"u","limit":{{i + 1}},"duration":{{(i + 1) * 1000}}}""")
                .Data.GetProperty("overrideId").GetString()!);
            string id = Assert.Single(ids.Distinct());
            JsonElement stored = Client.Post("ratelimit.getOverride", $$"""{"namespace":"{{space}}","identifier":"u"}""").Data;
            long limit = stored.GetProperty("limit").GetInt64();
            Assert.InRange(limit, 1, Callers);
            Assert.Equal((id, limit * 1000), (stored.GetProperty("overrideId").GetString(), stored.GetProperty("duration").GetInt64()));
            Assert.Single(Client.Post("ratelimit.listOverrides", $$"""{"namespace":"{{space}}"}""").Data.EnumerateArray());
            JsonElement decision = Client.Post("ratelimit.limit", $$"""{"namespace":"{{space}}","identifier":"u","limit":99,"duration":5000}""").Data;
            Assert.Equal((id, limit), (decision.GetProperty("overrideId").GetString(), decision.GetProperty("limit").GetInt64()));
        }
    }

    [Fact]
    public async Task FirstUsesOfNamespacesMakeOneOfEachAndShareItsCounters()
    {
        const int Limit = 10;
        for (int round = 0; round < Rounds; round++)
        {
            string[] spaces = ["first " + Scene.Unique(), "second " + Scene.Unique()];
            bool[] passed = await Race.RunAsync(Client, 2 * Callers, (client, i) => (i % 4) switch
            {
                0 => Passed(client.Post("ratelimit.limit", Check(spaces[0])), "success"),
                1 => Passed(client.Post("ratelimit.limit", Check(spaces[1])), "success"),
                2 => Passed(client.Post("ratelimit.multiLimit", $"[{Check(spaces[0])},{Check(spaces[1])}]"), "passed"),
                _ => Passed(client.Post("ratelimit.multiLimit", $"[{Check(spaces[1])},{Check(spaces[0])}]"), "passed"),
            });
            JsonElement[] made = [.. Client.Post("audit.listEvents", """{"event":"ratelimitNamespace.create","limit":100}""").Data.EnumerateArray()];
            for (int space = 0; space < spaces.Length; space++)
            {
                Assert.Single(made, entry => entry.GetProperty("resources")[0].GetProperty("name").GetString() == spaces[space]);

                // Checks alone count on one of the two counters, checks of both on both; more would pass if there were two namespaces of a name.
                int taken = passed.Where((_, i) => i % 4 == space || i % 4 >= 2).Count(static success => success);
                JsonElement left = Client.Post("ratelimit.limit", Check(spaces[space]).Replace("}", ",\"cost\":0}")).Data;
                Assert.Equal(Limit - taken, left.GetProperty("remaining").GetInt64());
            }
        }

        static string Check(string space) => $$"""{"namespace":"{{space}}","identifier":"u","limit":{{Limit}},"duration":86400000}""";

        static bool Passed(Reply reply, string member) => reply.Data.GetProperty(member).GetBoolean();
    }
}
