using System;
using System.Collections.Generic;
using System.Security.Cryptography;
using System.Text;

namespace Unkey.Server.Diagnostics;

/// <summary>Answers the requests of the admin listener: metrics and health. Any thread; allocates; never throws on a request.</summary>
/// <remarks>Bodies follow the public contract: bare JSON with a line end, no envelope. Where there is a token, everything asks for it but health, which
/// orchestrators ask without one and which tells no figures.</remarks>
public sealed class AdminRouter
{
    private const string Json = "application/json";
    private const string PlainText = "text/plain; charset=utf-8";

    private readonly Metrics _metrics;
    private readonly HealthState _health;
    private readonly ReadOnlyMemory<byte>? _tokenHash;

    /// <summary>Makes the router.</summary>
    /// <param name="metrics">What <c>/metrics</c> shows.</param>
    /// <param name="health">What <c>/health/*</c> shows.</param>
    /// <param name="tokenHash">SHA-256 of the bearer token that is asked for, or <see langword="null"/> for none.</param>
    public AdminRouter(Metrics metrics, HealthState health, ReadOnlyMemory<byte>? tokenHash = null)
    {
        _metrics = metrics;
        _health = health;
        _tokenHash = tokenHash;
    }

    /// <summary>Answers one request.</summary>
    /// <param name="path">Path without its query, as bytes of the request.</param>
    /// <param name="isGetOrHead">Whether the method was GET or HEAD; every other one is answered 405.</param>
    /// <param name="authorization">Value of the Authorization field, or <see langword="null"/> when there is none.</param>
    /// <returns>The answer; 404 for a path that is not served.</returns>
    public AdminResponse Handle(ReadOnlySpan<byte> path, bool isGetOrHead, byte[]? authorization = null)
    {
        Func<AdminRouter, AdminResponse>? health =
            path.SequenceEqual("/health/live"u8) ? static self => self.Started()
            : path.SequenceEqual("/health/startup"u8) ? static self => self.Started()
            : path.SequenceEqual("/health/ready"u8) ? static self => self.Ready()
            : null;

        // Before anything is told of the rest, even whether it exists.
        if (health is null && !IsAllowed(authorization))
        {
            return new(401, PlainText, "Unauthorized: send the admin token as Authorization: Bearer <token>\n"u8.ToArray(), Challenge: "Bearer");
        }

        Func<AdminRouter, AdminResponse>? handler = health
            ?? (path.SequenceEqual("/metrics"u8) ? static self => new(200, PrometheusText.ContentType, self._metrics.Render()) : null);
        if (handler is null)
        {
            return new(404, PlainText, "404 page not found\n"u8.ToArray());
        }

        return isGetOrHead ? handler(this) : new(405, PlainText, "Method Not Allowed\n"u8.ToArray(), "GET, HEAD");
    }

    // Hashes of one length are compared, so that the time tells neither the token nor its length.
    private bool IsAllowed(byte[]? authorization)
    {
        const int SchemeBytes = 7;
        if (_tokenHash is not { } expected)
        {
            return true;
        }

        ReadOnlySpan<byte> given = authorization;
        return given.Length > SchemeBytes
            && Ascii.EqualsIgnoreCase(given[..SchemeBytes], "Bearer "u8)
            && CryptographicOperations.FixedTimeEquals(SHA256.HashData(given[SchemeBytes..].Trim((byte)' ')), expected.Span);
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

        List<string> checks = [];
        List<string> reasons = [];
        foreach ((string name, Func<string?> check) in _health.Checks)
        {
            string? reason = check();
            checks.Add($"\"{name}\":\"{(reason is null ? "ok" : "fail")}\"");
            if (reason is not null)
            {
                reasons.Add($"\"{name}\":\"{reason}\"");
            }
        }

        List<string> warnings = [];
        foreach ((string name, Func<string?> check) in _health.Warnings)
        {
            if (check() is { } reason)
            {
                warnings.Add($"\"{name}\":\"{reason}\"");
            }
        }

        bool isHealthy = reasons.Count == 0;
        string body = $"{{\"status\":\"{(isHealthy ? "ok" : "fail")}\"{Member("checks", checks)}{Member("reasons", reasons)}{Member("warnings", warnings)}}}\n";
        return new(isHealthy ? 200 : 503, Json, Encoding.UTF8.GetBytes(body));
    }

    private static string Member(string name, List<string> members) => members.Count == 0 ? "" : $",\"{name}\":{{{string.Join(',', members)}}}";
}
