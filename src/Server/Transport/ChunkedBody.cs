using System.Buffers;
using Unkey.Protocol;

namespace Unkey.Server.Transport;

/// <summary>A chunked request body while it arrives: the decoder's state and the bytes decoded so far.</summary>
/// <remarks>ALLOC: one per chunked request that does not arrive whole; chunked requests are not the hot path.</remarks>
internal sealed class ChunkedBody
{
    /// <summary>The decoder; resumable at any byte.</summary>
    internal ChunkedDecoder Decoder;

    /// <summary>Input bytes, head included, that were decoded; the decoder goes on behind them.</summary>
    internal int InputBytesDecoded { get; set; }

    /// <summary>The decoded bytes.</summary>
    internal ArrayBufferWriter<byte> Bytes { get; } = new();
}
