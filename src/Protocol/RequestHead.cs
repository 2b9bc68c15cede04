using System;

namespace Unkey.Protocol;

/// <summary>The request line and the fields of one request, as views of the bytes received. Owned and refilled by one
/// <see cref="HttpParser"/>; not thread-safe.</summary>
/// <remarks>Everything is valid from <see cref="ParseStatus.Done"/> until the next call of the parser or until the
/// input is given back, whichever is first. Reading never allocates, blocks or throws.</remarks>
public sealed class RequestHead
{
    private readonly FieldRange[] _fields;
    private ReadOnlyMemory<byte> _bytes;
    private KnownFields _known;
    private int _methodOffset;
    private int _methodLength;
    private int _targetOffset;
    private int _targetLength;
    private TargetParts _parts;

    internal RequestHead(int fieldsMax)
    {
        _fields = new FieldRange[fieldsMax];
    }

    /// <summary>Bytes of the input that belong to this head, empty lines before it included: the body begins behind them.</summary>
    public int ByteCount { get; internal set; }

    /// <summary>The request method.</summary>
    public HttpMethod Method { get; private set; }

    /// <summary>The method as it was sent: a token, 1 to 32 bytes.</summary>
    public ReadOnlySpan<byte> MethodName => _bytes.Span.Slice(_methodOffset, _methodLength);

    /// <summary>The request target as it was sent: visible ASCII without <c>#</c>, never empty.</summary>
    public ReadOnlySpan<byte> Target => _bytes.Span.Slice(_targetOffset, _targetLength);

    /// <summary>The path without the query, not decoded: begins with <c>/</c>; <c>*</c> for OPTIONS of the whole server;
    /// empty for CONNECT. The absolute form is reduced to its path.</summary>
    public ReadOnlySpan<byte> Path => _parts.PathLength == 0 && _parts.IsAbsolute
        ? "/"u8
        : _bytes.Span.Slice(_targetOffset + _parts.PathOffset, _parts.PathLength);

    /// <summary>What follows the first <c>?</c> of the target, without it; empty when there is none.</summary>
    public ReadOnlySpan<byte> Query => _bytes.Span.Slice(_targetOffset + _parts.QueryOffset, _parts.QueryLength);

    /// <summary>Whether the version is HTTP/1.1; otherwise it is HTTP/1.0.</summary>
    public bool IsHttp11 { get; private set; }

    /// <summary>Whether the client wants the connection to live on after this request (RFC 9112 9.3).</summary>
    public bool KeepAlive => (_known.Flags & HeadFlags.Close) == 0 && (IsHttp11 || (_known.Flags & HeadFlags.KeepAlive) != 0);

    /// <summary>What the answer has to say of the connection, should the server have nothing against its living on.</summary>
    public ConnectionOption AnswerOption => !KeepAlive ? ConnectionOption.Close : IsHttp11 ? ConnectionOption.None : ConnectionOption.KeepAlive;

    /// <summary>The announced length of the body in bytes, 0 to 2^63-1, or -1 when there is no Content-Length.
    /// It has not been compared with <see cref="HttpLimits.BodyBytesMax"/>.</summary>
    public long ContentLength { get; internal set; }

    /// <summary>Whether the body is chunked. Then <see cref="ContentLength"/> is -1.</summary>
    public bool IsChunked => _known.TransferEncoding != 0;

    /// <summary>Whether the client waits for <c>100 Continue</c> before it sends the body: HTTP/1.1, a body that is not
    /// empty, and the expectation.</summary>
    public bool ExpectContinue => (_known.Flags & HeadFlags.ExpectContinue) != 0 && IsHttp11 && (IsChunked || ContentLength > 0);

    /// <summary>Number of field lines.</summary>
    public int FieldCount { get; internal set; }

    /// <summary>Whether there is an Authorization field, even an empty one. There is never a second one.</summary>
    public bool HasAuthorization => _known.Authorization != 0;

    /// <summary>Whether there is a Content-Type field, even an empty one. There is never a second one.</summary>
    public bool HasContentType => _known.ContentType != 0;

    /// <summary>Value of Authorization, empty when absent. As long as a field may be: the caller bounds it.</summary>
    public ReadOnlySpan<byte> Authorization => Value(_known.Authorization);

    /// <summary>Value of Content-Type, empty when absent.</summary>
    public ReadOnlySpan<byte> ContentType => Value(_known.ContentType);

    /// <summary>Value of the first Accept field, empty when absent.</summary>
    public ReadOnlySpan<byte> Accept => Value(_known.Accept);

    /// <summary>Value of the first X-Forwarded-For field, empty when absent. Anybody can send it.</summary>
    public ReadOnlySpan<byte> XForwardedFor => Value(_known.XForwardedFor);

    /// <summary>Value of Host, empty when absent (HTTP/1.0 only): a valid authority.</summary>
    public ReadOnlySpan<byte> Host => Value(_known.Host);

    /// <summary>Value of the first X-Test-Time field, empty when absent.</summary>
    public ReadOnlySpan<byte> TestTime => Value(_known.TestTime);

    /// <summary>Value of the first User-Agent field, empty when absent.</summary>
    public ReadOnlySpan<byte> UserAgent => Value(_known.UserAgent);

    /// <summary>Value of the first X-Unkey-Metrics field, empty when absent.</summary>
    public ReadOnlySpan<byte> Metrics => Value(_known.Metrics);

    internal FieldRange[] Fields => _fields;

    internal ref KnownFields Known => ref _known;

    /// <summary>Finds the first field with a name.</summary>
    /// <param name="name">The field name; the case of its letters does not matter.</param>
    /// <param name="value">The value without white space around it; no control byte but HTAB. Empty when not found.</param>
    /// <returns>Whether there is such a field.</returns>
    /// <remarks>O(number of fields). No allocation.</remarks>
    public bool TryGetField(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        for (int i = 0; i < FieldCount; i++)
        {
            GetField(i, out ReadOnlySpan<byte> candidate, out value);
            if (Ascii.EqualsIgnoreCase(candidate, name))
            {
                return true;
            }
        }

        value = default;
        return false;
    }

    /// <summary>The field at a position, in the order received.</summary>
    /// <param name="index">0 to <see cref="FieldCount"/> - 1.</param>
    /// <param name="name">The name as it was sent: a token.</param>
    /// <param name="value">The value without white space around it.</param>
    /// <exception cref="IndexOutOfRangeException">The index is outside the fields: a bug of the caller.</exception>
    public void GetField(int index, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        ReadOnlySpan<FieldRange> fields = _fields.AsSpan(0, FieldCount);
        FieldRange field = fields[index];
        ReadOnlySpan<byte> bytes = _bytes.Span;
        name = bytes.Slice(field.NameOffset, field.NameLength);
        value = bytes.Slice(field.ValueOffset, field.ValueLength);
    }

    /// <summary>Empties the head for a new request in <paramref name="bytes"/>.</summary>
    internal void Reset(ReadOnlyMemory<byte> bytes)
    {
        _bytes = bytes;
        _known = default;
        ContentLength = -1;
        FieldCount = 0;
    }

    /// <summary>Goes on to <paramref name="bytes"/>, which begin with the same head.</summary>
    [HotPath]
    internal void Move(ReadOnlyMemory<byte> bytes) => _bytes = bytes;

    internal void SetRequestLine(HttpMethod method, int methodOffset, int methodLength, int targetLength, bool isHttp11, TargetParts parts)
    {
        Method = method;
        _methodOffset = methodOffset;
        _methodLength = methodLength;
        _targetOffset = methodOffset + methodLength + 1;
        _targetLength = targetLength;
        IsHttp11 = isHttp11;
        _parts = parts;
    }

    internal ReadOnlySpan<byte> Value(int indexPlusOne)
    {
        if (indexPlusOne == 0)
        {
            return default;
        }

        FieldRange field = _fields[indexPlusOne - 1];
        return _bytes.Span.Slice(field.ValueOffset, field.ValueLength);
    }
}
