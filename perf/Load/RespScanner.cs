using System;

namespace Unkey.Load;

/// <summary>Finds the end of one answer of Redis (RESP2): a bulk string, or a line that says OK, PONG or what is wrong.</summary>
internal static class RespScanner
{
    /// <summary>What stands for an answer that is there, as in HTTP.</summary>
    internal const int Found = 200;

    /// <summary>What stands for a key that is not there.</summary>
    internal const int Missing = 404;

    /// <summary>What stands for an error of the server.</summary>
    internal const int Error = 500;

    private const int LengthDigitsMax = 9;

    /// <summary>Tries to read one whole answer from the start of <paramref name="input"/>.</summary>
    /// <returns>Its length in bytes, 0 when more bytes are needed, -1 when it is not an answer this tool can read.</returns>
    internal static int TryRead(ReadOnlySpan<byte> input, out int status, out ReadOnlySpan<byte> body)
    {
        status = 0;
        body = default;
        int line = input.IndexOf("\r\n"u8);
        if (line < 0)
        {
            return input.Length > 65536 ? -1 : 0;
        }

        if (line == 0)
        {
            return -1;
        }

        switch (input[0])
        {
            case (byte)'+' or (byte)'-':
                status = input[0] == '+' ? Found : Error;
                body = input[1..line];
                return line + 2;
            case (byte)'$' when input[1..line].SequenceEqual("-1"u8):
                status = Missing;
                return line + 2;
            case (byte)'$':
                return TryReadBulk(input, line, out status, out body);
            default:
                return -1;
        }
    }

    private static int TryReadBulk(ReadOnlySpan<byte> input, int line, out int status, out ReadOnlySpan<byte> body)
    {
        status = 0;
        body = default;
        int length = 0;
        ReadOnlySpan<byte> digits = input[1..line];
        if (digits.IsEmpty || digits.Length > LengthDigitsMax)
        {
            return -1;
        }

        foreach (byte digit in digits)
        {
            if ((uint)(digit - '0') > 9)
            {
                return -1;
            }

            length = (length * 10) + (digit - '0');
        }

        int end = line + 2 + length;
        if (input.Length < end + 2)
        {
            return 0;
        }

        if (!input.Slice(end, 2).SequenceEqual("\r\n"u8))
        {
            return -1;
        }

        status = Found;
        body = input[(line + 2)..end];
        return end + 2;
    }
}
