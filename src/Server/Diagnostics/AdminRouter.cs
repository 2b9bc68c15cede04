using System;
using System.Text;

namespace Unkey.Server.Diagnostics;

/// <summary>Answers the requests of the admin listener: metrics and health. Any thread; allocates; never throws on a request.</summary>
/// <remarks>Bodies follow the public contract: bare JSON with a line end, no envelope.</remarks>
public sealed class AdminRouter
{
    private const string Json = "application/json";
    private const string PlainText = "text/plain; charset=utf-8";

    private readonly Metrics _metrics;
    private readonly HealthState _health;

    /// <summary>Makes the router.</summary>
    /// <param name="metrics">What <c>/metrics</c> shows.</param>
    /// <param name="health">What <c>/health/*</c> shows.</param>
    public AdminRouter(Metrics metrics, HealthState health)
    {
        _metrics = metrics;
        _health = health;
    }

    /// <summary>Answers one request.</summary>
    /// <param name="path">Path without its query, as bytes of the request.</param>
    /// <param name="isGetOrHead">Whether the method was GET or HEAD; every other one is answered 405.</param>
    /// <returns>The answer; 404 for a path that is not served.</returns>
    public AdminResponse Handle(ReadOnlySpan<byte> path, bool isGetOrHead)
    {
        Func<AdminRouter, AdminResponse>? handler =
            path.SequenceEqual("/metrics"u8) ? static self => new(200, PrometheusText.ContentType, self._metrics.Render())
            : path.SequenceEqual("/health/live"u8) ? static self => self.Started()
            : path.SequenceEqual("/health/startup"u8) ? static self => self.Started()
            : path.SequenceEqual("/health/ready"u8) ? static self => self.Ready()
            : null;
        if (handler is null)
        {
            return new(404, PlainText, "404 page not found\n"u8.ToArray());
        }

        return isGetOrHead ? handler(this) : new(405, PlainText, "Method Not Allowed\n"u8.ToArray(), "GET, HEAD");
    }

    private AdminResponse Started() => _health.HasStarted
        ? new(200, Json, "{\"status\":\"ok\"}\n"u8.ToArray())
        : new(503, Json, "{\"status\":\"not started\"}\n"u8.ToArray());

    private AdminResponse Ready()
    {
        if (!_health.HasStarted)
        {
            return new(503, Json, "{\"status\":\"not started\"}\n"u8.ToArray());
        }

        if (_health.IsStopping)
        {
            return new(503, Json, "{\"status\":\"shutting down\"}\n"u8.ToArray());
        }

        bool isHealthy = true;
        StringBuilder checks = new();
        foreach ((string name, Func<bool> check) in _health.Checks)
        {
            bool passes = check();
            isHealthy &= passes;
            checks.Append(checks.Length == 0 ? "" : ",").Append('"').Append(name).Append("\":\"").Append(passes ? "ok" : "fail").Append('"');
        }

        string body = checks.Length == 0
            ? "{\"status\":\"ok\"}\n"
            : $"{{\"status\":\"{(isHealthy ? "ok" : "fail")}\",\"checks\":{{{checks}}}}}\n";
        return new(isHealthy ? 200 : 503, Json, Encoding.UTF8.GetBytes(body));
    }
}
