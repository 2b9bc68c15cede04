using System;
using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;

namespace Unkey.Load;

/// <summary>Where the server listens: <c>host:port</c> (IPv4 or localhost) or <c>unix:/path</c>, and how to connect to it.</summary>
internal sealed class ServerAddress
{
    private readonly byte[] _native;
    private readonly int _family;

    private ServerAddress(string text, int family, byte[] native)
    {
        Text = text;
        _family = family;
        _native = native;
    }

    /// <summary>The address as written; also the value of the Host field for TCP.</summary>
    internal string Text { get; }

    /// <summary>The value of the Host field.</summary>
    internal string Host => _family == Linux.AF_UNIX ? "localhost" : Text;

    internal static ServerAddress Parse(string text)
    {
        if (text.StartsWith("unix:", StringComparison.Ordinal))
        {
            byte[] path = Encoding.UTF8.GetBytes(text[5..]);
            if (path.Length is 0 or > 107)
            {
                throw new FormatException($"'{text}': a socket path has 1 to 107 bytes");
            }

            byte[] unix = new byte[2 + path.Length + 1];
            BitConverter.TryWriteBytes(unix, (ushort)Linux.AF_UNIX);
            path.CopyTo(unix, 2);
            return new ServerAddress(text, Linux.AF_UNIX, unix);
        }

        int colon = text.LastIndexOf(':');
        string host = colon > 0 ? text[..colon] : "";
        if (host == "localhost")
        {
            host = "127.0.0.1";
        }

        if (!IPAddress.TryParse(host, out IPAddress? address) || address.GetAddressBytes().Length != 4 ||
            !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
        {
            throw new FormatException($"'{text}' is neither ipv4:port nor unix:/path");
        }

        byte[] inet = new byte[16];
        BitConverter.TryWriteBytes(inet, (ushort)Linux.AF_INET);
        BinaryPrimitives.WriteUInt16BigEndian(inet.AsSpan(2), port);
        address.GetAddressBytes().CopyTo(inet, 4);
        return new ServerAddress($"{host}:{port}", Linux.AF_INET, inet);
    }

    /// <summary>Opens one connected socket, or returns -1 with <see cref="Linux.Errno"/> set.</summary>
    internal unsafe int TryConnect()
    {
        int fd = Linux.socket(_family, Linux.SOCK_STREAM | Linux.SOCK_CLOEXEC, 0);
        if (fd < 0)
        {
            return -1;
        }

        fixed (byte* native = _native)
        {
            if (Linux.connect(fd, native, (uint)_native.Length) != 0)
            {
                _ = Linux.close(fd);
                return -1;
            }
        }

        if (_family == Linux.AF_INET)
        {
            int one = 1;
            _ = Linux.setsockopt(fd, Linux.IPPROTO_TCP, Linux.TCP_NODELAY, &one, sizeof(int));
        }

        return fd;
    }
}
