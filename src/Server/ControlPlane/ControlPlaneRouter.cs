using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging.Abstractions;
using Unkey.Server.ControlPlane.Callers;
using Unkey.Server.ControlPlane.V1;

namespace Unkey.Server.ControlPlane;

/// <summary>Answers every operation of the API off the reactor: validates, authenticates, runs, renders. Any thread.</summary>
public sealed class ControlPlaneRouter
{
    private const int PathCharsMax = 64;
    private const string V1Prefix = "/v1/";
    private const string PlainText = "text/plain; charset=utf-8";

    private readonly FrozenDictionary<string, ColdEndpoint> _endpoints;
    private readonly FrozenDictionary<string, ColdEndpoint>.AlternateLookup<ReadOnlySpan<char>> _endpointsBySpan;

    internal ControlPlaneRouter(IEnumerable<ColdEndpoint> endpoints)
    {
        _endpoints = endpoints.ToFrozenDictionary(static endpoint => endpoint.Path, StringComparer.Ordinal);
        ServesV1 = _endpoints.Keys.Any(IsOfV1);
        _endpointsBySpan = _endpoints.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Whether the operations of the old v1 API are among those that are answered.</summary>
    public bool ServesV1 { get; }

    /// <summary>Knows which sources send unknown root keys in floods.</summary>
    internal AuthenticationThrottle Throttle { get; init; } = new(0, NullLogger.Instance);

    /// <summary>Paths of all operations.</summary>
    public IReadOnlyCollection<string> Paths => _endpoints.Keys;

    /// <summary>Whether a path names an operation. Exact and case-sensitive; no trailing slash.</summary>
    /// <param name="path">Path without the query.</param>
    public bool IsKnown(string path) => _endpoints.ContainsKey(path);

    /// <summary>As <see cref="IsKnown(string)"/>, for the bytes of the request-target's path. Allocates nothing.</summary>
    /// <param name="path">Path without the query, as sent.</param>
    public bool IsKnown(ReadOnlySpan<byte> path)
    {
        Span<char> text = stackalloc char[PathCharsMax];
        return path.Length <= PathCharsMax
            && Ascii.ToUtf16(path, text, out int length) == System.Buffers.OperationStatus.Done
            && _endpointsBySpan.ContainsKey(text[..length]);
    }

    /// <summary>Answers one request. Never throws and never faults the task: an unexpected failure is the 500 of its version.</summary>
    /// <param name="request">A request; an unknown path or another method than the operation's is answered 404 or 405, in v2 in plain text.</param>
    /// <remarks>Work up to the first wait runs on the calling thread, so call it from the thread pool and not from a reactor.</remarks>
    public Task<ColdResponse> HandleAsync(ColdRequest request)
    {
        bool isV1 = ServesV1 && IsOfV1(request.Path);
        if (!_endpoints.TryGetValue(request.Path, out ColdEndpoint? endpoint))
        {
            return Task.FromResult(isV1 ? V1Envelope.NotServed(request) : new ColdResponse(404, PlainText, "404 page not found"u8.ToArray()));
        }

        if (request.Method == endpoint.Method || (request.Method == "HEAD" && endpoint.Method == "GET"))
        {
            return endpoint.HandleAsync(request);
        }

        string allowed = endpoint.Method == "GET" ? "GET, HEAD" : endpoint.Method;
        ColdResponse refused = isV1
            ? V1Envelope.MethodNotAllowed(request, allowed)
            : new ColdResponse(405, PlainText, "Method Not Allowed"u8.ToArray());
        return Task.FromResult(refused with { Fields = [.. refused.Fields, new("Allow", allowed)] });
    }

    private static bool IsOfV1(string path) => path.StartsWith(V1Prefix, StringComparison.Ordinal);
}
