using System.Threading.Tasks;
using Unkey.Server.Storage;
using Xunit;

namespace Unkey.Server.Tests.ControlPlane;

public sealed class BootstrapTests
{
    private const string Given = "given_root_key_with_enough_entropy_0123456789";

    [Fact]
    public async Task TheFirstStartMakesARootKeyAndTellsItOnce()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        Assert.Matches("^unkey_[1-9A-HJ-NP-Za-km-z]{40,44}$", cp.RootKey);
        string api = await cp.CreateApiAsync();
        await cp.RestartAsync();
        Assert.Null(cp.Host.BootstrapSecret);
        (await cp.PostAsync("apis.getApi", $$"""{"apiId":"{{api}}"}""")).Ok();
        Assert.True(await cp.Host.IsHealthyAsync());
    }

    [Fact]
    public async Task AGivenRootKeyWorksFromTheFirstStartAndIsNeverTold()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync(Given);
        Assert.Null(cp.Host.BootstrapSecret);
        await cp.CreateApiAsync();
        await cp.RestartAsync(Given);
        Assert.Null(cp.Host.ReplacedBootstrapKeyId);
        await cp.CreateApiAsync();
    }

    [Fact]
    public async Task AnotherGivenRootKeyReplacesTheBootstrapKeyAndSaysSo()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        string previous = cp.Host.BootstrapKeyId;
        string api = await cp.CreateApiAsync();
        await cp.RestartAsync(Given);
        Assert.Equal(previous, cp.Host.ReplacedBootstrapKeyId);
        Assert.NotEqual(previous, cp.Host.BootstrapKeyId);
        (await cp.PostAsync("apis.getApi", $$"""{"apiId":"{{api}}"}""")).Refused(401, "unkey/authentication/key_not_found");
        (await cp.PostAsync("apis.getApi", $$"""{"apiId":"{{api}}"}""", Given)).Ok();
    }

    [Fact]
    public async Task AGivenRootKeyThatWasRevokedWorksAgain()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync(Given);
        (await cp.PostAsync("rootKeys.deleteRootKey", $$"""{"keyId":"{{cp.Host.BootstrapKeyId}}"}""")).Ok();
        (await cp.PostAsync("rootKeys.listRootKeys", "{}")).Refused(401, "unkey/authentication/key_not_found");
        await cp.RestartAsync();
        (await cp.PostAsync("rootKeys.listRootKeys", "{}")).Refused(401, "unkey/authentication/key_not_found");
        await cp.RestartAsync(Given);
        (await cp.PostAsync("rootKeys.listRootKeys", "{}")).Ok();
    }

    [Fact]
    public async Task AGivenRootKeyThatIsACustomersKeyIsRefused()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (_, string key) = await cp.CreateKeyAsync(await cp.CreateApiAsync());
        await cp.CloseAsync();
        StoreException refused = await Assert.ThrowsAsync<StoreException>(() => cp.OpenAsync(key));
        Assert.DoesNotContain(key, refused.Message);
        await cp.OpenAsync();
        (await cp.PostAsync("apis.createApi", """{"name":"abc"}""", key)).Refused(401, "unkey/authentication/key_not_found");
    }

    [Fact]
    public async Task EverythingThatWasAnsweredIsThereAfterARestart()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        await cp.CreateRoleAsync("ops", "ops.a");
        string api = await cp.CreateApiAsync();
        (_, string key) = await cp.CreateKeyAsync(
            api,
            """
            ,"name":"n","externalId":"u","meta":{"m":[1]},"roles":["ops"],"permissions":["p"],"credits":{"remaining":7},
            "ratelimits":[{"name":"own","limit":3,"duration":60000,"autoApply":false}]
            """);
        string before = (await cp.VerifyAsync(key, ""","credits":{"cost":0}""")).Ok().GetRawText();
        await cp.RestartAsync();
        Assert.Equal(before, (await cp.VerifyAsync(key, ""","credits":{"cost":0}""")).Ok().GetRawText());
    }
}
