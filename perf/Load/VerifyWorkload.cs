using System;
using System.Globalization;
using System.Text;

namespace Unkey.Load;

/// <summary>The measured request: one POST with a random key of the set in a body that is otherwise constant.</summary>
/// <remarks>Keys may differ in length; the body is padded with blanks behind its end to one Content-Length, so the head never changes.</remarks>
internal struct VerifyWorkload : IWorkload
{
    private readonly byte[] _head;
    private readonly byte[] _tail;
    private readonly KeySet _keys;
    private readonly Tally _tally;
    private readonly int _bytes;
    private RandomIndex _random;

    internal VerifyWorkload(LoadOptions options, ServerAddress address, KeySet keys, Tally tally)
    {
        string template = options.Body.Length > 0 ? options.Body : DefaultBody(options);
        int slot = template.IndexOf("{key}", StringComparison.Ordinal);
        if (slot < 0)
        {
            throw new FormatException("--body: no {key} in it");
        }

        byte[] before = Encoding.UTF8.GetBytes(template[..slot]);
        _tail = Encoding.UTF8.GetBytes(template[(slot + 5)..]);
        int bodyBytes = before.Length + keys.LongestBytes + _tail.Length;
        _head = [.. Encoding.UTF8.GetBytes(
            $"POST {options.Path} HTTP/1.1\r\nHost: {address.Host}\r\nAuthorization: Bearer {options.RootKey}\r\n" +
            "Content-Type: application/json\r\nAccept: application/json\r\n" +
            $"Content-Length: {bodyBytes.ToString(CultureInfo.InvariantCulture)}\r\n\r\n"), .. before];
        _bytes = _head.Length - before.Length + bodyBytes;
        _keys = keys;
        _tally = tally;
        _random = new RandomIndex(keys.Count);
    }

    public readonly int RequestBytesMax => _bytes;

    public int WriteRequest(Span<byte> destination)
    {
        ReadOnlySpan<byte> key = _keys[_random.Take()];
        _head.CopyTo(destination);
        int at = _head.Length;
        key.CopyTo(destination[at..]);
        at += key.Length;
        _tail.CopyTo(destination[at..]);
        at += _tail.Length;
        destination[at.._bytes].Fill((byte)' ');
        return _bytes;
    }

    public static int TryRead(ReadOnlySpan<byte> input, out int status, out ReadOnlySpan<byte> body) => ResponseScanner.TryRead(input, out status, out body);

    public readonly void OnResponse(int status, ReadOnlySpan<byte> body) => _tally.Add(status, body);

    private static string DefaultBody(LoadOptions options)
    {
        StringBuilder body = new("{\"key\":\"{key}\"");
        if (options.Permissions.Length > 0)
        {
            body.Append(",\"permissions\":\"").Append(options.Permissions).Append('"');
        }

        if (options.Tag.Length > 0)
        {
            body.Append(",\"tags\":[\"").Append(options.Tag).Append("\"]");
        }

        return body.Append('}').ToString();
    }
}
