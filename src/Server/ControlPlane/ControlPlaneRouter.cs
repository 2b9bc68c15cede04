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

    private readonly RequestPipeline _pipeline;
    private readonly FrozenDictionary<string, Operation> _operations;
    private readonly FrozenDictionary<string, Operation>.AlternateLookup<ReadOnlySpan<char>> _operationsBySpan;

    internal ControlPlaneRouter(RequestPipeline pipeline, IEnumerable<Operation> operations)
    {
        _pipeline = pipeline;
        _operations = operations.ToFrozenDictionary(static operation => operation.Path, StringComparer.Ordinal);
        _operationsBySpan = _operations.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Whether a path names an operation. Exact and case-sensitive; no trailing slash.</summary>
    /// <param name="path">Path without the query.</param>
    public bool IsKnown(string path) => _operations.ContainsKey(path);

    /// <summary>As <see cref="IsKnown(string)"/>, for the bytes of the request-target's path. Allocates nothing.</summary>
    /// <param name="path">Path without the query, as sent.</param>
    public bool IsKnown(ReadOnlySpan<byte> path)
    {
        Span<char> text = stackalloc char[PathCharsMax];
        return path.Length <= PathCharsMax
            && Ascii.ToUtf16(path, text, out int length) == System.Buffers.OperationStatus.Done
            && _operationsBySpan.ContainsKey(text[..length]);
    }

    /// <summary>Answers one request. Never throws and never faults the task: an unexpected failure is the 500 envelope.</summary>
    /// <param name="request">A request whose path is known and whose method is POST; others answer 404 or 405 in plain text.</param>
    /// <remarks>Work up to the first wait runs on the calling thread, so call it from the thread pool and not from a reactor.</remarks>
    public Task<ColdResponse> HandleAsync(ColdRequest request)
    {
        if (!_operations.TryGetValue(request.Path, out Operation? operation))
        {
            return Task.FromResult(new ColdResponse(404, PlainText, "404 page not found"u8.ToArray()));
        }

        return request.Method == "POST"
            ? _pipeline.RunAsync(operation, request)
            : Task.FromResult(new ColdResponse(405, PlainText, "Method Not Allowed"u8.ToArray()) { Fields = [new("Allow", "POST")] });
    }
}
