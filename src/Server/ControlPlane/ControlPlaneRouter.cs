using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Text;
using System.Threading.Tasks;

namespace Unkey.Server.ControlPlane;

/// <summary>Answers every POST operation of the API off the reactor: validates, authenticates, runs, renders. Any thread.</summary>
public sealed class ControlPlaneRouter
{
    private const int PathCharsMax = 64;
    private const string PlainText = "text/plain; charset=utf-8";

    private readonly FrozenDictionary<string, ColdEndpoint> _endpoints;
    private readonly FrozenDictionary<string, ColdEndpoint>.AlternateLookup<ReadOnlySpan<char>> _endpointsBySpan;

    internal ControlPlaneRouter(IEnumerable<ColdEndpoint> endpoints)
    {
        _endpoints = endpoints.ToFrozenDictionary(static endpoint => endpoint.Path, StringComparer.Ordinal);
        _endpointsBySpan = _endpoints.GetAlternateLookup<ReadOnlySpan<char>>();
    }

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

    /// <summary>Answers one request. Never throws and never faults the task: an unexpected failure is the 500 envelope.</summary>
    /// <param name="request">A request whose path is known and whose method is POST; others answer 404 or 405 in plain text.</param>
    /// <remarks>Work up to the first wait runs on the calling thread, so call it from the thread pool and not from a reactor.</remarks>
    public Task<ColdResponse> HandleAsync(ColdRequest request)
    {
        if (!_endpoints.TryGetValue(request.Path, out ColdEndpoint? endpoint))
        {
            return Task.FromResult(new ColdResponse(404, PlainText, "404 page not found"u8.ToArray()));
        }

        return request.Method == "POST"
            ? endpoint.HandleAsync(request)
            : Task.FromResult(new ColdResponse(405, PlainText, "Method Not Allowed"u8.ToArray()) { Fields = [new("Allow", "POST")] });
    }
}
