using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Unkey.Server.Tests.Tcp.Harness;

/// <summary>A TCP connection, or one over a Unix socket, that sends bytes as they are, or over TLS, and reads responses strictly. Not thread-safe.</summary>
internal sealed partial class RawConnection : IDisposable
{
    private readonly Socket _socket;
    private readonly SslStream? _tls;
    private byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;
    private bool _ended;

    public RawConnection(int port, int receiveBufferBytes = 0, SslClientAuthenticationOptions? tls = null)
        : this(new IPEndPoint(IPAddress.Loopback, port), receiveBufferBytes, tls)
    {
    }

    public RawConnection(EndPoint endPoint, int receiveBufferBytes = 0, SslClientAuthenticationOptions? tls = null)
    {
        _socket = endPoint is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBufferBytes > 0)
        {
            _socket.ReceiveBufferSize = receiveBufferBytes;
        }

        _socket.Connect(endPoint);
        if (tls is not null)
        {
            _tls = new SslStream(new NetworkStream(_socket, ownsSocket: false) { ReadTimeout = (int)Poll.Deadline.TotalMilliseconds });
            try
            {
                _tls.AuthenticateAsClient(tls);
            }
            catch
            {
                Dispose();
                throw;
            }
        }
    }

    /// <summary>The TLS of the connection.</summary>
    public SslStream Tls => _tls ?? throw new InvalidOperationException("The connection is plain.");

    public Socket Socket => _socket;

    /// <summary>How long a read waits before the test fails.</summary>
    public TimeSpan ReadDeadline { get; set; } = Poll.Deadline;

    public void Send(string latin1) => Send(Encoding.Latin1.GetBytes(latin1));

    /// <summary>Sends bytes; over TLS, each call makes a record of its own.</summary>
    public void Send(ReadOnlySpan<byte> bytes)
    {
        if (_tls is not null)
        {
            _tls.Write(bytes);
            return;
        }

        while (!bytes.IsEmpty)
        {
            bytes = bytes[_socket.Send(bytes)..];
        }
    }

    /// <summary>Sends one byte a packet.</summary>
    public void SendByteByByte(string latin1)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(latin1);
        for (int i = 0; i < bytes.Length; i++)
        {
            Send(bytes.AsSpan(i, 1));
        }
    }

    /// <summary>Tells the server that nothing more will be sent, and goes on reading.</summary>
    public void HalfClose()
    {
        _tls?.ShutdownAsync().GetAwaiter().GetResult();
        _socket.Shutdown(SocketShutdown.Send);
    }

    /// <summary>Ends the connection with a reset.</summary>
    public void Abort()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    /// <summary>Reads the next final response; interim ones are skipped.</summary>
    public HttpAnswer Read(bool toHead = false)
    {
        while (true)
        {
            HttpAnswer answer = ReadOne(toHead);
            if (answer.Status >= 200)
            {
                return answer;
            }
        }
    }

    /// <summary>Reads the next response of any kind, interim ones included.</summary>
    public HttpAnswer ReadOne(bool toHead = false)
    {
        int headLength;
        while ((headLength = Unread.IndexOf("\r\n\r\n"u8)) < 0)
        {
            Fill("a response head");
        }

        string head = Encoding.Latin1.GetString(Unread[..headLength]);
        _start += headLength + 4;
        string[] lines = head.Split("\r\n");
        Match status = StatusLine().Match(lines[0]);
        Demand(status.Success, $"bad status line '{lines[0]}'");
        int code = int.Parse(status.Groups[1].ValueSpan);
        List<KeyValuePair<string, string>> fields = [];
        for (int i = 1; i < lines.Length; i++)
        {
            Match field = FieldLine().Match(lines[i]);
            Demand(field.Success, $"bad field line '{lines[i]}'");
            fields.Add(new(field.Groups[1].Value, field.Groups[2].Value));
        }

        HttpAnswer answer = new(code, fields, []);
        string? length = answer.Field("content-length");
        string? coding = answer.Field("transfer-encoding");
        Demand(length is null || coding is null, "both Content-Length and Transfer-Encoding");
        if (code is < 200 or 204 or 304)
        {
            // RFC: 9110 section 8.6. A 304 may say how long the content of the 200 would be.
            Demand((length is null or "0" || code == 304) && coding is null, $"a {code} with a body");
            return answer;
        }

        if (toHead)
        {
            return answer;
        }

        if (coding is not null)
        {
            Demand(coding == "chunked", $"unknown transfer coding '{coding}'");
            return new HttpAnswer(code, fields, ReadChunks());
        }

        Demand(length is not null && Digits().IsMatch(length), $"no usable Content-Length: '{length}'");
        return new HttpAnswer(code, fields, Take(int.Parse(length!)));
    }

    /// <summary>Whether the server ends the connection, having sent nothing but what was read. Waits for it up to the read deadline.</summary>
    public bool ReadEnd()
    {
        if (_end > _start)
        {
            return false;
        }

        return !TryFill();
    }

    /// <summary>Everything up to the end of the connection; a reset counts as an end.</summary>
    public byte[] ReadToEnd()
    {
        while (TryFill())
        {
        }

        byte[] all = Unread.ToArray();
        _start = _end;
        return all;
    }

    /// <summary>Whether anything arrives, or the end, within a while. For proving that the server does not answer yet.</summary>
    public bool Arrives(TimeSpan within) => _end > _start || _socket.Poll(within, SelectMode.SelectRead);

    public void Dispose()
    {
        _tls?.Dispose();
        _socket.Dispose();
    }

    private ReadOnlySpan<byte> Unread => _buffer.AsSpan(_start, _end - _start);

    private static void Demand(bool condition, string fault)
    {
        if (!condition)
        {
            throw new InvalidDataException("Malformed response: " + fault);
        }
    }

    private byte[] Take(int count)
    {
        while (_end - _start < count)
        {
            Fill("a response body");
        }

        byte[] taken = Unread[..count].ToArray();
        _start += count;
        return taken;
    }

    private byte[] ReadChunks()
    {
        using MemoryStream body = new();
        while (true)
        {
            string line = ReadLine();
            Demand(ChunkSize().IsMatch(line), $"bad chunk size '{line}'");
            int size = int.Parse(line, System.Globalization.NumberStyles.HexNumber);
            body.Write(Take(size));
            Demand(ReadLine().Length == 0, "chunk data not followed by CRLF");
            if (size == 0)
            {
                return body.ToArray();
            }
        }
    }

    private string ReadLine()
    {
        int length;
        while ((length = Unread.IndexOf("\r\n"u8)) < 0)
        {
            Fill("a line");
        }

        string line = Encoding.Latin1.GetString(Unread[..length]);
        _start += length + 2;
        return line;
    }

    private void Fill(string what)
    {
        if (!TryFill())
        {
            string rest = Encoding.Latin1.GetString(Unread[..Math.Min(200, Unread.Length)]);
            throw new EndOfStreamException($"The server ended the connection instead of sending {what}; unread: '{rest}'");
        }
    }

    private bool TryFill()
    {
        if (_ended)
        {
            return false;
        }

        if (_start == _end)
        {
            _start = _end = 0;
        }
        else if (_end == _buffer.Length)
        {
            byte[] larger = _start > _buffer.Length / 2 ? _buffer : new byte[_buffer.Length * 2];
            _buffer.AsSpan(_start, _end - _start).CopyTo(larger);
            (_buffer, _start, _end) = (larger, 0, _end - _start);
        }

        long start = Stopwatch.GetTimestamp();
        if (_tls is null && !_socket.Poll(ReadDeadline, SelectMode.SelectRead))
        {
            throw new TimeoutException($"Nothing arrived within {Stopwatch.GetElapsedTime(start).TotalSeconds:0.#} s");
        }

        try
        {
            int count = _tls?.Read(_buffer.AsSpan(_end)) ?? _socket.Receive(_buffer.AsSpan(_end));
            _end += count;
            _ended = count == 0;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted)
        {
            _ended = true;
        }
        catch (IOException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.ConnectionAborted })
        {
            _ended = true;
        }

        return !_ended;
    }

    [GeneratedRegex(@"^HTTP/1\.1 ([1-5]\d\d) [\x20-\x7e]+\z")]
    private static partial Regex StatusLine();

    [GeneratedRegex(@"^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e]*?)[ \t]*\z")]
    private static partial Regex FieldLine();

    [GeneratedRegex(@"^[0-9]{1,9}\z")]
    private static partial Regex Digits();

    [GeneratedRegex(@"^[0-9A-Fa-f]{1,8}\z")]
    private static partial Regex ChunkSize();
}
