using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>keys.updateCredits, grouped by status.</summary>
public sealed class UpdateCreditsTests(ServerFixture fixture) : TcpTests(fixture)
{
    private const string Refill = """{"interval":"daily","amount":7}""";

    [Fact]
    public void Updated200SetIncrementAndDecrement()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, $"\"credits\":{{\"remaining\":1,\"refill\":{Refill}}}");
        foreach ((string operation, long value, long wanted) in new[] { ("set", 10L, 10L), ("increment", 5, 15), ("decrement", 3, 12), ("decrement", 100, 0), ("increment", 0, 0) })
        {
            Assert.True(Update(Client, key, operation, $"{value}").Data.IsJson($$"""{"remaining":{{wanted}},"refill":{{Refill}}}"""), operation);
            Assert.Equal(wanted, Client.GetKey(key.KeyId).GetProperty("credits").Number("remaining"));
        }

        Assert.Equal("USAGE_EXCEEDED", Client.Verify(key.Key).Code);
    }

    [Theory]
    [InlineData(",\"value\":null")]
    [InlineData("")]
    public void Updated200SetToNothingIsUnlimitedWithoutARefill(string value)
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, $"\"credits\":{{\"remaining\":1,\"refill\":{Refill}}}");
        Assert.Equal("""{"remaining":null}""", Send(Client, key.KeyId, $"\"operation\":\"set\"{value}").Data.GetRawText());
        Assert.False(Client.GetKey(key.KeyId).Has("credits"));
        Assert.False(Client.Verify(key.Key).Data.Has("credits"));
        Assert.Equal(5, Update(Client, key, "set", "5").Data.Number("remaining"));
        Assert.Equal(4, Client.Verify(key.Key).Data.Number("credits"));
    }

    [Fact]
    public void Updated200TheLargestBalanceIsKept()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, "\"credits\":{\"remaining\":0}");
        Assert.Equal(long.MaxValue, Update(Client, key, "set", $"{long.MaxValue}").Data.Number("remaining"));
        Assert.Equal(long.MaxValue, Update(Client, key, "increment", $"{long.MaxValue}").Data.Number("remaining"));
        Assert.Equal(long.MaxValue - 1, Client.Verify(key.Key).Data.Number("credits"));
        Assert.Equal(0, Update(Client, key, "decrement", $"{long.MaxValue}").Data.Number("remaining"));
    }

    [Fact]
    public async Task Updated200NoneOfManyAtOnceIsLost()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, "\"credits\":{\"remaining\":1000}");
        IEnumerable<Task> tasks = Enumerable.Range(0, 8).Select(i => Task.Factory.StartNew(
            () =>
            {
                using ApiClient client = Client.Another();
                for (int round = 0; round < 10; round++)
                {
                    Assert.Equal("VALID", client.Verify(key.Key).Code);
                    Assert.Equal(200, Update(client, key, i % 2 == 0 ? "increment" : "decrement", i % 2 == 0 ? "3" : "2").Status);
                }
            },
            TaskCreationOptions.LongRunning));
        await Task.WhenAll(tasks);

        // 80 verifications, 40 times three more and 40 times two less.
        Assert.Equal(1000 - 80 + 120 - 80, Client.Verify(key.Key, "\"credits\":{\"cost\":0}").Data.Number("credits"));
    }

    [Fact]
    public void Refused400WithoutAValueAndOnAnUnlimitedKey()
    {
        CreatedKey limited = Client.CreateKey(Scene.ApiId, "\"credits\":{\"remaining\":5}");
        CreatedKey unlimited = Client.CreateKey(Scene.ApiId);
        foreach (string operation in new[] { "increment", "decrement" })
        {
            Reply[] replies =
            [
                Update(Client, limited, operation, "null"), Send(Client, limited.KeyId, $"\"operation\":\"{operation}\""), Update(Client, unlimited, operation, "1"),
            ];
            Assert.All(replies, static reply => Assert.Empty(reply.Refused(ErrorCode.InvalidInput).ErrorLocations));
        }

        Assert.Equal(5, Client.GetKey(limited.KeyId).GetProperty("credits").Number("remaining"));
        Assert.False(Client.GetKey(unlimited.KeyId).Has("credits"));
    }

    [Fact]
    public void Refused404WhenUnknownOrForeignAnd403WithoutPermission()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, "\"credits\":{\"remaining\":5}");
        Send(Client, "key_unknown1", "\"operation\":\"set\",\"value\":1").Refused(ErrorCode.KeyNotFound);
        Send(Client, new string('k', 2_000), "\"operation\":\"set\",\"value\":1").Refused(ErrorCode.KeyNotFound);
        using ApiClient stranger = Fixture.Client.CreateWorkspace().Client;
        Update(stranger, key, "set", "1").Refused(ErrorCode.KeyNotFound);
        string otherApi = Client.CreateApi();
        foreach (string permission in new[] { "api.*.create_key", $"api.{otherApi}.update_key", "identity.*.read_identity" })
        {
            using ApiClient caller = Client.WithPermissions(permission);
            Update(caller, key, "set", "1").Refused(ErrorCode.InsufficientPermissions);
        }

        foreach (string permission in new[] { "api.*.update_key", $"api.{Scene.ApiId}.update_key", Scene.Urn($"keyspaces/{Scene.KeyspaceId}/keys/{key.KeyId}", "update_key") })
        {
            using ApiClient caller = Client.WithPermissions(permission);
            Assert.Equal(6, Update(caller, key, "set", "6").Data.Number("remaining"));
        }

        Assert.Equal("key.update", Client.Events(key.KeyId)[^1].Text("event"));
    }

    private static Reply Update(ApiClient client, CreatedKey key, string operation, string value) =>
        Send(client, key.KeyId, $"\"operation\":\"{operation}\",\"value\":{value}");

    private static Reply Send(ApiClient client, string keyId, string members) => client.Post("keys.updateCredits", $$"""{"keyId":"{{keyId}}",{{members}}}""");
}
