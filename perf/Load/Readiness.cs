using System;
using System.Text;

namespace Unkey.Load;

/// <summary>One question that any of the servers answers when it is up.</summary>
internal static unsafe class Readiness
{
    /// <summary>The bytes of the question: GET of the path, or PING of Redis.</summary>
    internal static byte[] Request(LoadOptions options, ServerAddress address) => Encoding.ASCII.GetBytes(options.IsRedis
        ? "PING\r\n"
        : $"GET {options.Path} HTTP/1.1\r\nHost: {address.Host}\r\nConnection: close\r\n\r\n");

    /// <summary>Whether the server takes a connection and gives a good answer. Waits as long as the server takes.</summary>
    internal static bool Ask(ServerAddress address, byte[] request)
    {
        int fd = address.TryConnect();
        if (fd < 0)
        {
            return false;
        }

        byte* answer = stackalloc byte[4096];
        bool answered = false;
        fixed (byte* bytes = request)
        {
            if (Linux.send(fd, bytes, request.Length, Linux.MSG_NOSIGNAL) == request.Length)
            {
                nint got = Linux.recv(fd, answer, 4096, 0);
                ReadOnlySpan<byte> start = new(answer, Math.Max(0, (int)got));
                // A Redis that still loads its file answers -LOADING.
                answered = start.StartsWith("HTTP/1.1 200 "u8) || start.StartsWith("+PONG"u8);
            }
        }

        _ = Linux.close(fd);
        return answered;
    }
}
