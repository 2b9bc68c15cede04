using System;
using System.Globalization;
using System.IO;
using System.Text;

namespace Unkey.Load;

/// <summary>Creates keys through the public API and collects the plaintexts.</summary>
internal struct SeedWorkload(byte[] request, int count, Stream keys) : IWorkload
{
    private int _left = count;

    public readonly int RequestBytesMax => request.Length;

    public int WriteRequest(Span<byte> destination)
    {
        if (_left == 0)
        {
            return 0;
        }

        _left--;
        request.CopyTo(destination);
        return request.Length;
    }

    public static int TryRead(ReadOnlySpan<byte> input, out int status, out ReadOnlySpan<byte> body) => ResponseScanner.TryRead(input, out status, out body);

    public readonly void OnResponse(int status, ReadOnlySpan<byte> body)
    {
        if (status != 200)
        {
            throw new IOException($"createKey answered {status}: {Encoding.UTF8.GetString(body)}");
        }

        keys.Write(SeedCommand.StringMember(body, "\"key\":\""u8));
        keys.WriteByte((byte)'\n');
    }

    /// <summary>The request bytes of one POST with a JSON body.</summary>
    internal static byte[] Post(ServerAddress address, string path, string rootKey, string body) => Encoding.UTF8.GetBytes(
        $"POST {path} HTTP/1.1\r\nHost: {address.Host}\r\nAuthorization: Bearer {rootKey}\r\nContent-Type: application/json\r\n" +
        $"Accept: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body).ToString(CultureInfo.InvariantCulture)}\r\n\r\n{body}");
}
