using System.Linq;
using System.Threading.Tasks;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Statements;
using Xunit;

namespace Unkey.Server.Tests.ControlPlane;

/// <summary>A start with more keys than one thread loads alone.</summary>
public sealed class LargeLoadTests
{
    private const int Keys = 30_000;

    [Fact]
    public async Task EveryKeyIsLoadedOnceWithWhatBelongsToIt()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        (string model, _) = await cp.CreateKeyAsync(
            api, ""","permissions":["doc.read","doc.write"],"ratelimits":[{"name":"requests","limit":3,"duration":60000,"autoApply":true}]""");
        await cp.WriteAsync(session => Copy(session, model));
        (string first, string firstKey) = await cp.CreateKeyAsync(api, ""","permissions":["doc.read"]""");
        (_, string plainKey) = await cp.CreateKeyAsync(api);
        long expected = cp.Engine.Keys.Count + Keys;
        await cp.RestartAsync();

        Assert.Equal(expected, cp.Engine.Keys.Count);
        Answer answer = await cp.VerifyAsync(firstKey, ""","permissions":"doc.read" """);
        Assert.Equal(first, answer.Field("keyId"));
        Assert.Equal("VALID", answer.Field("code"));
        Assert.Equal("INSUFFICIENT_PERMISSIONS", (await cp.VerifyAsync(plainKey, ""","permissions":"doc.read" """)).Field("code"));
        foreach (int number in Enumerable.Range(0, Keys).Where(static i => i % 997 == 0))
        {
            Answer copy = await cp.VerifyAsync(Secret(number), ""","permissions":"doc.read AND doc.write" """);
            Assert.Equal(("VALID", Id(number)), (copy.Field("code"), copy.Field("keyId")));
            Assert.Contains("\"remaining\":2", copy.Text);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(""","name":"caf\u00e9 \" \\ \n \ud83d\udd11" """)]
    [InlineData(""","enabled":false,"name":"off" """)]
    [InlineData(""","expires":4102444800000,"name":"later" """)]
    [InlineData(""","meta":{"a":[1,"b"]},"name":"meta" """)]
    [InlineData(""","externalId":"user_1" """)]
    [InlineData(""","credits":{"remaining":7}""")]
    [InlineData(""","permissions":["doc.read"],"name":"p" """)]
    [InlineData(""","roles":[],"ratelimits":[{"name":"requests","limit":3,"duration":60000,"autoApply":false}]""")]
    public async Task AKeyAnswersTheSameAfterALoadAsAfterItsCreation(string members)
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        (_, string key) = await cp.CreateKeyAsync(api, members);
        string before = Data(await cp.VerifyAsync(key, ""","credits":{"cost":0}"""));
        await cp.RestartAsync();
        Assert.Equal(before, Data(await cp.VerifyAsync(key, ""","credits":{"cost":0}""")));
    }

    [Fact]
    public async Task TheNumberOfKeysIsExactWhenTheyAreFewAndAnEstimateOfEvenIdsBeyond()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string api = await cp.CreateApiAsync();
        (string model, _) = await cp.CreateKeyAsync(api);
        long few = await cp.WriteAsync(static session => session.EstimateKeys(exactMax: 10));
        Assert.Equal(cp.Engine.Keys.Count, few);
        await cp.WriteAsync(session => Spread(session, model, 6_200));
        Assert.Equal(few + 6_200, await cp.WriteAsync(static session => session.EstimateKeys(exactMax: 10_000)));
        Assert.InRange(await cp.WriteAsync(static session => session.EstimateKeys(exactMax: 10)), 6_200, 6_400);
    }

    private static string Data(Answer answer) => answer.Text[answer.Text.IndexOf("\"data\":", System.StringComparison.Ordinal)..];

    private static bool Spread(StoreSession session, string model, int count)
    {
        const string Characters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        for (int i = 0; i < count; i++)
        {
            session.Execute(
                """
                INSERT INTO keys (id, workspace_id, keyspace_id, hash, start, enabled, created_at)
                SELECT @id, workspace_id, keyspace_id, @hash, start, enabled, created_at FROM keys WHERE id = @model
                """,
                ("@id", $"key_{Characters[i % Characters.Length]}{i:D8}"),
                ("@model", model),
                ("@hash", System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(Secret(i)))));
        }

        return true;
    }

    private static string Id(int number) => $"key_{(char)(number % 2 == 0 ? 'A' + (number % 26) : 'a' + (number % 26))}{number:D8}";

    private static string Secret(int number) => $"copy_{number}";

    private static bool Copy(StoreSession session, string model)
    {
        for (int i = 0; i < Keys; i++)
        {
            (string, object?)[] key = [("@id", Id(i)), ("@model", model)];
            session.Execute(
                """
                INSERT INTO keys (id, workspace_id, keyspace_id, hash, start, enabled, created_at)
                SELECT @id, workspace_id, keyspace_id, @hash, start, enabled, created_at FROM keys WHERE id = @model
                """,
                [.. key, ("@hash", System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(Secret(i))))]);
            session.Execute(
                "INSERT INTO keys_permissions (key_id, permission_id, created_at) SELECT @id, permission_id, created_at FROM keys_permissions WHERE key_id = @model", key);
            session.Execute(
                """
                INSERT INTO ratelimits (id, workspace_id, key_id, name, max_tokens, duration_ms, auto_apply, created_at)
                SELECT 'rl' || substr(@id, 4), workspace_id, @id, name, max_tokens, duration_ms, auto_apply, created_at FROM ratelimits WHERE key_id = @model
                """,
                key);
        }

        return true;
    }
}
