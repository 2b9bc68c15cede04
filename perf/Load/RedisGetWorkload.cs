using System;

namespace Unkey.Load;

/// <summary>GET of a random key of the set from Redis: the same keys in the same order as <see cref="VerifyWorkload"/> asks for.</summary>
internal struct RedisGetWorkload(KeySet keys, Tally tally) : IWorkload
{
    private RandomIndex _random = new(keys.Count);

    public readonly int RequestBytesMax => RespWriter.BytesMax(keys.LongestBytes, 0);

    public int WriteRequest(Span<byte> destination) => RespWriter.WriteCommand(destination, "GET"u8, keys[_random.Take()], default);

    public static int TryRead(ReadOnlySpan<byte> input, out int status, out ReadOnlySpan<byte> body) => RespScanner.TryRead(input, out status, out body);

    public readonly void OnResponse(int status, ReadOnlySpan<byte> body) => tally.Add(status, body);
}
