using System;
using System.Runtime.CompilerServices;
using System.Text;
using Unkey.Protocol;
using Unkey.Server.Hot;

namespace Unkey.Server.Diagnostics.Requests;

/// <summary>What is kept of one answered request for the log of slow ones or for a trace. A plain value without references; holds nothing of the request but
/// its method and its trace context: no key, no body, no path.</summary>
internal struct RequestMark
{
    /// <summary>When it began to be handled, in ticks of the monotonic clock.</summary>
    public long StartTimestamp;

    /// <summary>How long it took until its answer was written, in the same ticks.</summary>
    public long ElapsedTicks;

    /// <summary>Trace and parent of a caller that traces; all zero for a trace that begins here.</summary>
    public TraceParent Parent;

    /// <summary>What it was for.</summary>
    public RequestEndpoint Endpoint;

    /// <summary>Its method.</summary>
    public HttpMethod Method;

    /// <summary>HTTP/1.1 rather than 1.0.</summary>
    public bool IsHttp11;

    /// <summary>Whether a trace is to show it.</summary>
    public bool IsSampled;

    /// <summary>Status of the answer.</summary>
    public short Status;

    private IdBytes _requestId;

    /// <summary>The id that its answer shows, or one of its own when the answer shows none.</summary>
    public readonly string RequestId => Encoding.ASCII.GetString(((ReadOnlySpan<byte>)_requestId)[..RequestIds.Length]);

    /// <summary>Sets <see cref="RequestId"/>; a longer one is cut.</summary>
    [HotPath]
    public void SetRequestId(ReadOnlySpan<byte> id) => id[..Math.Min(id.Length, RequestIds.Length)].CopyTo(_requestId);

    [InlineArray(RequestIds.Length)]
    private struct IdBytes
    {
#pragma warning disable IDE0044, IDE0051 // The element of an inline array is accessed through the span only.
        private byte _element;
#pragma warning restore IDE0044, IDE0051
    }
}
