using System;

namespace Unkey.Load;

/// <summary>Finds the end of one HTTP/1.1 response in a buffer. Responses carry Content-Length (blanks before the number are fine).</summary>
/// <remarks>Trusts the server far enough to be cheap: it is a measuring tool, not a conformance test.</remarks>
internal static class ResponseScanner
{
    /// <summary>Tries to read one whole response from the start of <paramref name="input"/>.</summary>
    /// <returns>Its length in bytes, 0 when more bytes are needed, -1 when it is not a response this tool can read.</returns>
    internal static int TryRead(ReadOnlySpan<byte> input, out int status, out ReadOnlySpan<byte> body)
    {
        status = 0;
        body = default;
        int head = input.IndexOf("\r\n\r\n"u8);
        if (head < 0)
        {
            return input.Length > 65536 ? -1 : 0;
        }

        if (head < 12 || !input.StartsWith("HTTP/1.1 "u8))
        {
            return -1;
        }

        status = ((input[9] - '0') * 100) + ((input[10] - '0') * 10) + (input[11] - '0');
        long length = ContentLength(input[..(head + 2)]);
        if (status is < 100 or > 599 || length < 0)
        {
            return -1;
        }

        long total = head + 4 + length;
        if (input.Length < total)
        {
            return 0;
        }

        body = input.Slice(head + 4, (int)length);
        return (int)total;
    }

    private static long ContentLength(ReadOnlySpan<byte> head)
    {
        // BOUND: every turn moves past one line end, and the head ends with one.
        int at = head.IndexOf((byte)'\n') + 1;
        while (at > 0 && at < head.Length)
        {
            ReadOnlySpan<byte> line = head[at..];
            if (line.Length > 15 && line[14] == ':' && (line[0] | 0x20) == 'c' && (line[8] | 0x20) == 'l' &&
                IsContentLength(line[..14]))
            {
                return Number(line[15..]);
            }

            at += line.IndexOf((byte)'\n') + 1;
        }

        return -1;
    }

    private static bool IsContentLength(ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> wanted = "content-length"u8;
        for (int i = 0; i < wanted.Length; i++)
        {
            if ((name[i] | 0x20) != wanted[i])
            {
                return false;
            }
        }

        return true;
    }

    private static long Number(ReadOnlySpan<byte> value)
    {
        int at = 0;
        while (at < value.Length && value[at] is (byte)' ' or (byte)'\t')
        {
            at++;
        }

        long number = 0;
        int first = at;
        while (at < value.Length && at - first < 12 && (uint)(value[at] - '0') <= 9)
        {
            number = (number * 10) + (value[at++] - '0');
        }

        return at == first ? -1 : number;
    }
}
