using System;
using System.Linq;
using System.Threading.Tasks;
using Unkey.Server.ControlPlane;
using Xunit;

namespace Unkey.Server.Tests.ControlPlane;

public sealed class ApiLimitTests
{
    private const string Update = "workspaces.updateWorkspace";
    private const string List = "permissions.listPermissions";
    private const string Limited = "user/too_many_requests/workspace_rate_limited";

    [Fact]
    public async Task WithoutALimitNothingIsCountedAndNoFieldIsSent()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        for (int i = 0; i < 5; i++)
        {
            Answer answer = await cp.PostAsync(List, "{}");
            answer.Ok();
            Assert.Empty(answer.Fields);
        }
    }

    [Fact]
    public async Task ALimitOfTwoAdmitsTwoCallsAMinuteAndTellsSo()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        cp.Clock.NowMs = 1_750_000_020_000; // The beginning of a minute.
        (string workspace, string bearer) = await cp.CreateWorkspaceAsync();
        (await cp.PostAsync(Update, $$"""{"workspaceId":"{{workspace}}","apiLimit":2}""")).Ok();
        cp.Clock.NowMs += 15_500;

        Answer first = await cp.PostAsync(List, "{}", bearer);
        first.Ok();
        Assert.Equal("RateLimit-Limit: 2, RateLimit-Remaining: 1, RateLimit-Reset: 45", Shown(first));

        // Refused before it counts: a bad body, and a root key that is unknown.
        (await cp.PostAsync(List, """{"limit":0}""", bearer)).Invalid("/v2/" + List, "/properties/limit/minimum");
        (await cp.PostAsync(List, "{}", "unknown")).Refused(401, "unkey/authentication/key_not_found");

        Answer missing = (await cp.PostAsync("apis.getApi", """{"apiId":"api_missing"}""", bearer)).Refused(404, "unkey/data/api_not_found");
        Assert.Equal("RateLimit-Limit: 2, RateLimit-Remaining: 0, RateLimit-Reset: 45", Shown(missing));
        Answer third = (await cp.PostAsync("apis.createApi", """{"name":"too much"}""", bearer)).Refused(429, Limited);
        Assert.Equal("RateLimit-Limit: 2, RateLimit-Remaining: 0, RateLimit-Reset: 45, Retry-After: 45", Shown(third));
        Assert.Equal(0L, cp.Scalar("SELECT count(*) FROM apis WHERE name = 'too much'"));
        (await cp.VerifyAsync("some key", bearer: bearer)).Refused(429, Limited);
        (await cp.PostAsync(List, "{}")).Ok();

        // Half of the minute later, half of the two calls still weigh.
        cp.Clock.NowMs = 1_750_000_020_000 + 90_000;
        (await cp.PostAsync(List, "{}", bearer)).Ok();
        (await cp.PostAsync(List, "{}", bearer)).Refused(429, Limited);
    }

    [Fact]
    public async Task AVerificationCarriesTheFieldsAsWell()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (_, string key) = await cp.CreateKeyAsync(await cp.CreateApiAsync());
        (await cp.PostAsync(Update, """{"apiLimit":5}""")).Ok();
        Answer answer = await cp.VerifyAsync(key);
        Assert.Equal("VALID", answer.Code);
        Assert.StartsWith("RateLimit-Limit: 5, RateLimit-Remaining: 4, ", Shown(answer));
    }

    [Fact]
    public async Task ALimitOfZeroBlocksWithoutFieldsAndSurvivesARestart()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (string workspace, string bearer) = await cp.CreateWorkspaceAsync();
        (await cp.PostAsync(Update, $$"""{"workspaceId":"{{workspace}}","apiLimit":0}""")).Ok();
        Answer blocked = (await cp.PostAsync(List, "{}", bearer)).Refused(429, Limited);
        Assert.Empty(blocked.Fields);
        await cp.RestartAsync();
        (await cp.PostAsync(List, "{}", bearer)).Refused(429, Limited);
        (await cp.PostAsync(Update, $$"""{"workspaceId":"{{workspace}}"}""")).Ok();
        (await cp.PostAsync(List, "{}", bearer)).Refused(429, Limited);
        (await cp.PostAsync(Update, $$"""{"workspaceId":"{{workspace}}","apiLimit":null}""")).Ok();
        Answer free = await cp.PostAsync(List, "{}", bearer);
        free.Ok();
        Assert.Empty(free.Fields);
        Assert.Equal(2L, cp.Scalar($"SELECT count(*) FROM audit_log WHERE event = 'workspace.update' AND resource_id = '{workspace}'"));
    }

    [Fact]
    public async Task OnlyTheOperatorSetsLimits()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (string workspace, string bearer) = await cp.CreateWorkspaceAsync();
        (await cp.PostAsync(Update, """{"apiLimit":null}""", bearer)).Refused(403, "unkey/authorization/insufficient_permissions");
        (await cp.PostAsync(Update, """{"workspaceId":"ws_missing","apiLimit":1}""")).Refused(404, "unkey/data/workspace_not_found");
        (await cp.PostAsync(Update, $$"""{"workspaceId":"{{cp.Host.Root.WorkspaceId}}","apiLimit":1}""")).Refused(404, "unkey/data/workspace_not_found");
        (await cp.PostAsync(Update, $$"""{"workspaceId":"{{workspace}}","apiLimit":-1}""")).Invalid("/v2/" + Update, "/properties/apiLimit/minimum");
        (await cp.PostAsync(Update, $$"""{"workspaceId":"{{workspace}}","apiLimit":"1"}""")).Invalid("/v2/" + Update, "/properties/apiLimit/type");
    }

    [Fact]
    public async Task CallsAtTheSameTimeNeverPassTheLimit()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (string workspace, string bearer) = await cp.CreateWorkspaceAsync();
        (await cp.PostAsync(Update, $$"""{"workspaceId":"{{workspace}}","apiLimit":10}""")).Ok();
        Answer[] answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Task.Run(() => cp.PostAsync(List, "{}", bearer))));
        Assert.Equal(10, answers.Count(static answer => answer.Status == 200));
    }

    [Theory]
    [InlineData(10, 5, 10, 0.5, false)] // 5 + 5 + 1
    [InlineData(10, 5, 10, 0.99, true)] // 5 + 0 + 1
    [InlineData(10, 0, 10, 0, false)]
    [InlineData(10, 9, 0, 0.2, true)]
    [InlineData(10, 10, 0, 0.2, false)]
    public void TheWindowDecidesAsTheWorkedExamplesDo(long limit, int current, int previous, double share, bool isAdmitted)
    {
        const long Window = 60_000;
        ApiCallWindow window = new();
        for (int i = 0; i < previous; i++)
        {
            Assert.True(window.Take(long.MaxValue, Window).IsAdmitted);
        }

        long nowMs = (2 * Window) + (long)(share * Window);
        for (int i = 0; i < current; i++)
        {
            Assert.True(window.Take(long.MaxValue, nowMs).IsAdmitted);
        }

        ApiCallWindow.Count count = window.Take(limit, nowMs);
        Assert.Equal(isAdmitted, count.IsAdmitted);
        Assert.Equal((long)Math.Ceiling((1 - share) * 60), count.ResetSeconds);
        Assert.Equal(!isAdmitted, count.Fields().Any(static field => field.Key == "Retry-After"));
    }

    [Fact]
    public void AStepBackGivesNoCallsAndAClockThatIsSetBackTakesNone()
    {
        ApiCallWindow window = new();
        Assert.True(window.Take(1, 600_000).IsAdmitted);
        Assert.False(window.Take(1, 599_999).IsAdmitted);
        Assert.True(window.Take(1, 720_000).IsAdmitted);
        Assert.True(window.Take(1, 60_000).IsAdmitted);
        Assert.False(window.Take(1, 60_000).IsAdmitted);
    }

    private static string Shown(Answer answer) => string.Join(", ", answer.Fields.Select(static field => $"{field.Key}: {field.Value}"));
}
