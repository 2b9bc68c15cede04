using System;
using System.IO;
using System.Text;

namespace Unkey.Load;

/// <summary>SET of every key of the set, once, to one value: an answer like that of the other servers.</summary>
internal struct RedisFillWorkload(KeySet keys, byte[] value) : IWorkload
{
    private int _next;

    public readonly int RequestBytesMax => RespWriter.BytesMax(keys.LongestBytes, value.Length);

    public int WriteRequest(Span<byte> destination) =>
        _next == keys.Count ? 0 : RespWriter.WriteCommand(destination, "SET"u8, keys[_next++], value);

    public static int TryRead(ReadOnlySpan<byte> input, out int status, out ReadOnlySpan<byte> body) => RespScanner.TryRead(input, out status, out body);

    public readonly void OnResponse(int status, ReadOnlySpan<byte> body)
    {
        if (status != RespScanner.Found)
        {
            throw new IOException("SET answered " + Encoding.UTF8.GetString(body));
        }
    }
}
