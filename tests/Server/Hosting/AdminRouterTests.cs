using System.Text;
using Unkey.Server.Diagnostics;
using Xunit;

namespace Unkey.Server.Tests.Hosting;

public sealed class AdminRouterTests
{
    private readonly HealthState _health = new();
    private readonly AdminRouter _router;

    public AdminRouterTests() => _router = new AdminRouter(new Metrics(1, "1", []), _health);

    [Fact]
    public void BeforeTheStartIsDoneEveryHealthPathAnswersNotStarted()
    {
        foreach (string path in new[] { "/health/live", "/health/startup", "/health/ready" })
        {
            Check(path, 503, "{\"status\":\"not started\"}\n");
        }
    }

    [Fact]
    public void AfterTheStartEveryHealthPathAnswersOk()
    {
        _health.MarkStarted();
        foreach (string path in new[] { "/health/live", "/health/startup", "/health/ready" })
        {
            Check(path, 200, "{\"status\":\"ok\"}\n");
        }
    }

    [Fact]
    public void ReadinessFollowsItsChecksAndLivenessDoesNot()
    {
        bool isStoreHealthy = true;
        _health.AddCheck("store", () => isStoreHealthy ? null : "does not answer");
        _health.MarkStarted();
        Check("/health/ready", 200, "{\"status\":\"ok\",\"checks\":{\"store\":\"ok\"}}\n");
        isStoreHealthy = false;
        Check("/health/ready", 503, "{\"status\":\"fail\",\"checks\":{\"store\":\"fail\"},\"reasons\":{\"store\":\"does not answer\"}}\n");
        Check("/health/live", 200, "{\"status\":\"ok\"}\n");
    }

    [Fact]
    public void ADrainingServerIsAliveButNotReady()
    {
        _health.MarkStarted();
        _health.MarkStopping();
        Check("/health/ready", 503, "{\"status\":\"shutting down\"}\n");
        Check("/health/live", 200, "{\"status\":\"ok\"}\n");
        _health.MarkStarted();
        Check("/health/ready", 503, "{\"status\":\"shutting down\"}\n");
    }

    [Fact]
    public void MetricsAreText()
    {
        AdminResponse response = _router.Handle("/metrics"u8, isGetOrHead: true);
        Assert.Equal(200, response.Status);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.ContentType);
        Assert.Contains("unkey_build_info{version=\"1\"", Encoding.UTF8.GetString(response.Body.Span), System.StringComparison.Ordinal);
    }

    [Fact]
    public void OtherPathsAndMethodsAreRefused()
    {
        Assert.Equal(404, _router.Handle("/metrics/"u8, isGetOrHead: true).Status);
        Assert.Equal(404, _router.Handle("/"u8, isGetOrHead: false).Status);
        AdminResponse refused = _router.Handle("/metrics"u8, isGetOrHead: false);
        Assert.Equal(405, refused.Status);
        Assert.Equal("GET, HEAD", refused.Allow);
    }

    private void Check(string path, int status, string body)
    {
        AdminResponse response = _router.Handle(Encoding.ASCII.GetBytes(path), isGetOrHead: true);
        Assert.Equal(status, response.Status);
        Assert.Equal("application/json", response.ContentType);
        Assert.Equal(body, Encoding.UTF8.GetString(response.Body.Span));
    }
}
