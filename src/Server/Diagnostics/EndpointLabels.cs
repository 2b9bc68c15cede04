using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Linq;

namespace Unkey.Server.Diagnostics;

/// <summary>The labels of all endpoints: those that the transport knows by itself, then one for each operation that is served. Immutable; any thread.</summary>
public sealed class EndpointLabels
{
    // In the order of the values of RequestEndpoint.
    private static readonly string[] s_fixed =
    [
        "malformed", "unknown", "liveness", "keys.verifyKey", "ratelimit.limit", "ratelimit.multiLimit", "v1.keys.verifyKey", "v1.ratelimits.limit",
        "documents", "admin",
    ];

    private readonly FrozenDictionary<string, RequestEndpoint> _byPath;
    private readonly FrozenDictionary<RequestEndpoint, string> _routes;

    /// <summary>Makes the labels.</summary>
    /// <param name="paths">Paths of the operations, such as <c>/v2/keys.createKey</c>; fewer than 240.</param>
    public EndpointLabels(IEnumerable<string> paths)
    {
        string[] all = [.. paths.Order(StringComparer.Ordinal)];
        string[] others = [.. all.Select(LabelOf).Where(static label => Array.IndexOf(s_fixed, label) < 0)];
        Names = [.. s_fixed, .. others];
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Names.Count, byte.MaxValue, nameof(paths));
        _routes = all.ToFrozenDictionary(path => new RequestEndpoint(IndexOf(LabelOf(path))), static path => path);
        _byPath = all.ToFrozenDictionary(static path => path, path => new RequestEndpoint(IndexOf(LabelOf(path))), StringComparer.Ordinal);
    }

    /// <summary>Every label in the order of the endpoints' positions; each is safe inside quotes.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The endpoint of an operation.</summary>
    /// <param name="path">The path without its query, such as <c>/v2/keys.createKey</c>.</param>
    /// <returns>The endpoint, or <see cref="RequestEndpoint.Unknown"/> when no operation has that path.</returns>
    public RequestEndpoint Of(string path) => _byPath.GetValueOrDefault(path, RequestEndpoint.Unknown);

    /// <summary>The path of an endpoint that has one of its own.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <returns>Such as <c>/v2/keys.createKey</c>; <see langword="null"/> for what is many paths or none.</returns>
    internal string? RouteOf(RequestEndpoint endpoint) => endpoint == RequestEndpoint.Liveness ? "/v2/liveness" : _routes.GetValueOrDefault(endpoint);

    // The current version of the API is the rule and goes without saying; another one stands in front, as in v1.keys.createKey.
    private static string LabelOf(string path) =>
        path.StartsWith("/v2/", StringComparison.Ordinal) ? path["/v2/".Length..] : path[1..].Replace('/', '.');

    private int IndexOf(string label)
    {
        for (int i = 0; i < Names.Count; i++)
        {
            if (Names[i] == label)
            {
                return i;
            }
        }

        throw new ArgumentException("Not a label.", nameof(label));
    }
}
