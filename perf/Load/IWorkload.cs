using System;

namespace Unkey.Load;

/// <summary>What is sent and what is made of the answers. Implemented by structs, so that the driver pays no virtual call.</summary>
internal interface IWorkload
{
    /// <summary>The most bytes one request can have.</summary>
    public int RequestBytesMax { get; }

    /// <summary>Writes the next request.</summary>
    /// <returns>Its length, or 0 when there is nothing more to send.</returns>
    public int WriteRequest(Span<byte> destination);

    /// <summary>Tries to read one whole answer of the protocol it speaks from the start of <paramref name="input"/>.</summary>
    /// <returns>Its length in bytes, 0 when more bytes are needed, -1 when this tool cannot read it.</returns>
    public static abstract int TryRead(ReadOnlySpan<byte> input, out int status, out ReadOnlySpan<byte> body);

    /// <summary>Takes one answer.</summary>
    public void OnResponse(int status, ReadOnlySpan<byte> body);
}
