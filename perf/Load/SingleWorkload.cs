using System;
using System.IO;
using System.Text;

namespace Unkey.Load;

/// <summary>One request whose answer is kept.</summary>
internal struct SingleWorkload(byte[] request, MemoryStream answer) : IWorkload
{
    private bool _sent;

    public readonly int RequestBytesMax => request.Length;

    public int WriteRequest(Span<byte> destination)
    {
        if (_sent)
        {
            return 0;
        }

        _sent = true;
        request.CopyTo(destination);
        return request.Length;
    }

    public static int TryRead(ReadOnlySpan<byte> input, out int status, out ReadOnlySpan<byte> body) => ResponseScanner.TryRead(input, out status, out body);

    public readonly void OnResponse(int status, ReadOnlySpan<byte> body)
    {
        if (status != 200)
        {
            throw new IOException($"answered {status}: {Encoding.UTF8.GetString(body)}");
        }

        answer.Write(body);
    }
}
