using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Racing;

/// <summary>Deletions that race with each other and with changes: one deletes, and afterwards the store and the verification tell the same.</summary>
public sealed class RacingDeletesTests(ServerFixture fixture) : TcpTests(fixture)
{
    private const int Callers = 12;
    private const int Rounds = 4;

    [Theory]
    [InlineData("keys.deleteKey", ErrorCode.KeyNotFound)]
    [InlineData("apis.deleteApi", ErrorCode.ApiNotFound)]
    [InlineData("permissions.deletePermission", ErrorCode.PermissionNotFound)]
    [InlineData("permissions.deleteRole", ErrorCode.RoleNotFound)]
    [InlineData("ratelimit.deleteOverride", ErrorCode.OverrideNotFound)]
    [InlineData("rootKeys.deleteRootKey", ErrorCode.KeyNotFound)]
    public async Task OneDeletesAndTheOthersFindNothing(string operation, string notFound)
    {
        for (int round = 0; round < Rounds; round++)
        {
            string target = Target(operation);
            Reply[] replies = await Race.RunAsync(Client, Callers, (client, i) => client.Post(
                operation, $$"""{{{target}}{{(operation == "keys.deleteKey" && i % 2 == 1 ? ",\"permanent\":true" : "")}}}"""));
            Reply first = Assert.Single(replies, static reply => reply.Status == 200);
            Assert.All(replies.Where(reply => reply != first), reply => reply.Refused(notFound));
        }
    }

    [Fact]
    public async Task DeletionsOfOneIdentityMayAllSucceedAndItIsDeletedOnce()
    {
        for (int round = 0; round < Rounds; round++)
        {
            string user = "user." + Scene.Unique();
            string id = Client.Post("identities.createIdentity", $$"""{"externalId":"{{user}}"}""").Data.GetProperty("identityId").GetString()!;
            string body = $$"""{"identity":"{{user}}"}""";
            Reply[] replies = await Race.RunAsync(Client, Callers, (client, _) => client.Post("identities.deleteIdentity", body));
            Assert.Contains(replies, static reply => reply.Status == 200);
            Assert.All(replies.Where(static reply => reply.Status != 200), static reply => reply.Refused(ErrorCode.IdentityNotFound));
            Client.Post("identities.deleteIdentity", body).Refused(ErrorCode.IdentityNotFound);
            Reply events = Client.Post("audit.listEvents", $$"""{"event":"identity.delete","resource":"{{id}}"}""");
            Assert.Single(events.Data.EnumerateArray());
        }
    }

    [Fact]
    public async Task AChangeThatRacesWithTheDeletionOfItsKeyDoesNotBringItBack()
    {
        string[] changes =
        [
            "keys.updateKey @,\"name\":\"changed\",\"enabled\":true", "keys.addPermissions @,\"permissions\":[\"racing.delete\"]",
            "keys.updateCredits @,\"operation\":\"set\",\"value\":5", "keys.rerollKey @,\"expiration\":60000",
        ];
        for (int round = 0; round < Rounds; round++)
        {
            CreatedKey key = Client.CreateKey(Scene.ApiId, "\"credits\":{\"remaining\":100}");
            Reply[] replies = await Race.RunAsync(Client, Callers, (client, i) =>
            {
                string[] change = (i == 0 ? "keys.deleteKey @" : changes[i % changes.Length]).Split(' ');
                return client.Post(change[0], "{" + change[1].Replace("@", $"\"keyId\":\"{key.KeyId}\"") + "}");
            });
            Assert.Equal(200, replies[0].Status);
            Assert.All(replies.Where(static reply => reply.Status != 200), static reply => reply.Refused(ErrorCode.KeyNotFound));
            Assert.Equal("NOT_FOUND", Client.Verify(key.Key).Code);
            Client.Post("keys.getKey", $$"""{"keyId":"{{key.KeyId}}"}""").Refused(ErrorCode.KeyNotFound);

            // What a reroll made before the deletion is a key of its own.
            Assert.All(replies.Where((reply, i) => i % changes.Length == changes.Length - 1 && reply.Status == 200), reply =>
                Assert.Equal("VALID", Client.Verify(reply.Data.GetProperty("key").GetString()!).Code));
        }
    }

    [Fact]
    public async Task NoKeyOfADeletedApiVerifies()
    {
        for (int round = 0; round < Rounds; round++)
        {
            string api = Client.CreateApi();
            Reply[] replies = await Race.RunAsync(Client, Callers, (client, i) => client.Post(
                i == 0 ? "apis.deleteApi" : "keys.createKey", $$"""{"apiId":"{{api}}"}"""));
            Assert.Equal(200, replies[0].Status);
            foreach (Reply reply in replies.Skip(1))
            {
                if (reply.Status == 200)
                {
                    Assert.Equal("NOT_FOUND", Client.Verify(reply.Data.GetProperty("key").GetString()!).Code);
                }
                else
                {
                    reply.Refused(ErrorCode.ApiNotFound);
                }
            }
        }
    }

    [Fact]
    public async Task AKeyThatRacesWithTheDeletionOfItsIdentityHasALiveOneOrNone()
    {
        for (int round = 0; round < Rounds; round++)
        {
            string user = "user." + Scene.Unique();
            Client.Post("identities.createIdentity", $$"""{"externalId":"{{user}}"}""");
            CreatedKey?[] keys = await Race.RunAsync(Client, Callers, (client, i) =>
            {
                if (i > 2)
                {
                    return client.CreateKey(Scene.ApiId, $"\"externalId\":\"{user}\"");
                }

                Reply reply = client.Post("identities.deleteIdentity", $$"""{"identity":"{{user}}"}""");
                Assert.True(reply.Status == 200 || reply.Refused(ErrorCode.IdentityNotFound) is not null);
                return null;
            });
            foreach (CreatedKey key in keys.OfType<CreatedKey>())
            {
                string? stored = Identity(Client.GetKey(key.KeyId));
                Assert.Equal(stored, Identity(Client.Verify(key.Key).Data));
                Assert.True(stored is null || Client.Post("identities.getIdentity", $$"""{"identity":"{{stored}}"}""").Status == 200);
            }
        }

        static string? Identity(JsonElement key) =>
            key.TryGetProperty("identity", out JsonElement identity) ? identity.GetProperty("id").GetString() : null;
    }

    [Fact]
    public async Task APermissionThatIsDeletedWhileKeysGetItIsTheSameInStoreAndVerification()
    {
        for (int round = 0; round < Rounds; round++)
        {
            string slug = "racing." + Scene.Unique();
            CreatedKey[] keys = [.. Enumerable.Range(0, Callers).Select(_ => Client.CreateKey(Scene.ApiId, $"\"permissions\":[\"{slug}\"]"))];
            Reply[] replies = await Race.RunAsync(Client, Callers, (client, i) => i % 4 == 0
                ? client.Post("permissions.deletePermission", $$"""{"permission":"{{slug}}"}""")
                : client.Post("keys.addPermissions", $$"""{"keyId":"{{keys[i].KeyId}}","permissions":["{{slug}}"]}"""));
            Assert.Contains(replies, static reply => reply.Status == 200);
            Assert.All(replies.Where(static reply => reply.Status != 200), static reply => reply.Refused(ErrorCode.PermissionNotFound));
            bool exists = Client.Post("permissions.getPermission", $$"""{"permission":"{{slug}}"}""").Status == 200;
            foreach (CreatedKey key in keys)
            {
                bool has = Client.GetKey(key.KeyId).TryGetProperty("permissions", out _);
                Assert.True(exists || !has);
                Assert.Equal(has ? "VALID" : "INSUFFICIENT_PERMISSIONS", Client.Verify(key.Key, $"\"permissions\":\"{slug}\"").Code);
            }
        }
    }

    [Fact]
    public async Task AnOverrideThatIsSetAndDeletedAtOnceIsThereOrNot()
    {
        for (int round = 0; round < Rounds; round++)
        {
            string target = Target("ratelimit.deleteOverride");
            Reply[] replies = await Race.RunAsync(Client, Callers, (client, i) => i % 2 == 0
                ? client.Post("ratelimit.deleteOverride", "{" + target + "}")
                : client.Post("ratelimit.setOverride", "{" + target + $",\"limit\":{i},\"duration\":1000}}"));
            Assert.All(replies.Where(static (_, i) => i % 2 == 1), static reply => Assert.Equal(200, reply.Status));
            Assert.All(replies.Where(static reply => reply.Status != 200), static reply => reply.Refused(ErrorCode.OverrideNotFound));
            Reply stored = Client.Post("ratelimit.getOverride", "{" + target + "}");
            long limit = stored.Status == 200 ? stored.Data.GetProperty("limit").GetInt64() : 99;
            JsonElement decision = Client.Post("ratelimit.limit", "{" + target + ",\"limit\":99,\"duration\":1000}").Data;
            Assert.Equal((limit, stored.Status == 200), (decision.GetProperty("limit").GetInt64(), decision.TryGetProperty("overrideId", out _)));
        }
    }

    /// <summary>Makes something for an operation to delete; the members that name it.</summary>
    private string Target(string operation)
    {
        string name = "racing-" + Scene.Unique();
        switch (operation)
        {
            case "keys.deleteKey":
                return $"\"keyId\":\"{Client.CreateKey(Scene.ApiId).KeyId}\"";
            case "apis.deleteApi":
                return $"\"apiId\":\"{Client.CreateApi()}\"";
            case "permissions.deletePermission":
                _ = Client.Post("permissions.createPermission", $$"""{"name":"n","slug":"{{name}}"}""").Data;
                return $"\"permission\":\"{name}\"";
            case "permissions.deleteRole":
                _ = Client.Post("permissions.createRole", $$"""{"name":"{{name}}"}""").Data;
                return $"\"role\":\"{name}\"";
            case "ratelimit.deleteOverride":
                _ = Client.Post("ratelimit.limit", $$"""{"namespace":"{{name}}","identifier":"maker","limit":1,"duration":1000}""").Data;
                _ = Client.Post("ratelimit.setOverride", $$"""{"namespace":"{{name}}","identifier":"u","limit":7,"duration":1000}""").Data;
                return $"\"namespace\":\"{name}\",\"identifier\":\"u\"";
            default:
                JsonElement made = Client.Post("rootKeys.createRootKey", """{"permissions":["api.*.read_api"]}""").Data;
                return $"\"keyId\":\"{made.GetProperty("keyId").GetString()}\"";
        }
    }
}
