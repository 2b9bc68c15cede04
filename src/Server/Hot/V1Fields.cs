using System;
using Unkey.Protocol;

namespace Unkey.Server.Hot;

/// <summary>Response fields that only v1 has. Stateless, any thread.</summary>
internal static class V1Fields
{
    /// <summary>Name of the field that carries the request id.</summary>
    internal static ReadOnlySpan<byte> RequestId => "Unkey-Request-Id"u8;

    /// <summary>Name of the field that carries the name of the limit that has rejected a key.</summary>
    internal static ReadOnlySpan<byte> RatelimitTriggered => "Unkey-Ratelimit-Triggered"u8;

    /// <summary>Begins the head of a success; further fields may follow.</summary>
    /// <param name="writer">Where to write.</param>
    /// <param name="date29">The date.</param>
    /// <param name="option">What the answer says of the connection.</param>
    /// <param name="requestId">An id of our own.</param>
    [HotPath]
    internal static void BeginHead(ref ResponseWriter writer, scoped ReadOnlySpan<byte> date29, ConnectionOption option, scoped ReadOnlySpan<byte> requestId)
    {
        writer.BeginHead(200, ResponseWriter.ApplicationJson, date29, option);
        writer.WriteField(RequestId, requestId);
    }
}
