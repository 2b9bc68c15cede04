using System.Threading.Tasks;
using Unkey.Engine.Keys;
using Unkey.Server.ControlPlane;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.Storage.Statements;
using Xunit;

namespace Unkey.Server.Tests.ControlPlane;

/// <summary>Answers of v1 to states that no endpoint brings about.</summary>
public sealed class V1Tests
{
    [Fact]
    public async Task ADisabledWorkspaceIsTheErrorOfEveryCall()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync(v1: true);
        (string id, string key) = await cp.CreateKeyAsync(await cp.CreateApiAsync());
        lock (cp.Engine.WriterLock)
        {
            cp.Engine.Workspaces.Upsert(cp.WorkspaceId, enabled: false);
        }

        Refused(await cp.V1Async("keys.verifyKey", $$"""{"key":"{{key}}"}"""), 403, "FORBIDDEN", "workspace is disabled");
        Refused(await cp.V1Async("keys.getKey", query: $"keyId={id}"), 403, "FORBIDDEN", "workspace is disabled");
        Refused(await cp.V1Async("ratelimits.limit", """{"identifier":"i","limit":1,"duration":1000}"""), 403, "FORBIDDEN", "workspace is disabled");

        // Without a key nobody learns that there is a workspace.
        Assert.Equal(200, (await cp.V1Async("keys.verifyKey", """{"key":"unknown"}""")).Status);
    }

    [Fact]
    public async Task ADisabledRootKeyAndOneOfAWorkspaceThatIsGoneAreRefused()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync(v1: true);
        KeySecret secret = KeySecret.Create("unkey", 32);
        await cp.WriteAsync(session =>
        {
            string keyId = RootKeyStore.Insert(session, cp.Host.Root, secret, cp.WorkspaceId, null, null, ["*"], cp.Clock.NowMs);
            session.UpdateKey(session.FindKey(keyId)! with { IsEnabled = false }, cp.Clock.NowMs);
            return keyId;
        });
        Refused(await cp.V1Async("identities.listIdentities", authorization: secret.Text), 403, "DISABLED", "the root key is disabled");
        KeySecret orphan = KeySecret.Create("unkey", 32);
        lock (cp.Engine.WriterLock)
        {
            cp.Engine.Keys.Upsert(new KeySpec
            {
                Digest = KeyDigest.FromBytes(orphan.Hash),
                KeyId = "key_orphan",
                WorkspaceIndex = cp.Engine.Workspaces.Upsert("ws_operator", enabled: true).Index,
                IsRootKey = true,
            });
        }

        Refused(
            await cp.V1Async("identities.listIdentities", authorization: orphan.Text), 403, "FORBIDDEN", "the workspace of the root key does not exist");
    }

    [Fact]
    public async Task AClosedStoreIsAnInternalErrorOfV1()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync(v1: true);
        string apiId = await cp.CreateApiAsync();
        await cp.Host.DisposeAsync();
        Answer answer = await cp.V1Async("keys.createKey", $$"""{"apiId":"{{apiId}}"}""");
        Assert.Equal((500, "INTERNAL_SERVER_ERROR"), (answer.Status, answer.Error.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task WithoutTheOptionTheRouterKnowsNoPathOfV1()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        Assert.False(cp.Host.Router.ServesV1);
        Assert.False(cp.Host.Router.IsKnown("/v1/keys.getKey"));
    }

    private static void Refused(Answer answer, int status, string code, string message)
    {
        Assert.True(status == answer.Status, answer.Text);
        Assert.Equal((code, message), (answer.Error.GetProperty("code").GetString(), answer.Error.GetProperty("message").GetString()));
        Assert.Contains(answer.Fields, static field => field.Key == "Unkey-Request-Id");
    }
}
