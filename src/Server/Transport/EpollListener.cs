using System;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Unkey.Server.Hosting;
using Unkey.Server.Transport.Interop;

namespace Unkey.Server.Transport;

/// <summary>Makes listening descriptors for the epoll reactors.</summary>
internal static unsafe class EpollListener
{
    private const int Backlog = 4096; // The kernel caps it at net.core.somaxconn.

    /// <summary>Binds <paramref name="count"/> listeners to one address, among which the kernel shares new connections.</summary>
    /// <param name="endPoint">Where to listen; port 0 takes a free one for all of them.</param>
    /// <param name="count">How many, at least 1.</param>
    /// <param name="bound">The address in use.</param>
    /// <exception cref="TransportException">The address is taken, not permitted or not of this machine.</exception>
    internal static int[] Bind(IPEndPoint endPoint, int count, out IPEndPoint bound)
    {
        // SO_REUSEPORT would let a second server of the same user join in silence and take half of the requests. The
        // first bind goes without it, so that a taken port is an error.
        int probe = Create(endPoint, reusePort: false);
        bound = BoundEndPoint(probe);
        _ = Linux.close(probe);

        var listeners = new int[count];
        Array.Fill(listeners, -1);
        try
        {
            for (int i = 0; i < count; i++)
            {
                listeners[i] = Create(bound, reusePort: true);
                if (Linux.listen(listeners[i], Backlog) < 0)
                {
                    throw Failure(bound, Marshal.GetLastPInvokeError());
                }
            }
        }
        catch (TransportException)
        {
            Close(listeners);
            throw;
        }

        return listeners;
    }

    /// <summary>Binds a listener to a Unix socket; there can only be one.</summary>
    /// <param name="endPoint">A path or an abstract name.</param>
    /// <param name="mode">Permissions of the file.</param>
    /// <param name="file">The file, for the caller to remove before it closes the listener.</param>
    /// <exception cref="TransportException">The place is taken or not permitted, or its directory does not exist.</exception>
    internal static int Bind(UnixDomainSocketEndPoint endPoint, UnixFileMode mode, out UnixSocketFile file)
    {
        file = new UnixSocketFile(endPoint);
        int descriptor = Linux.socket(Linux.AF_UNIX, Linux.SOCK_STREAM | Linux.SOCK_NONBLOCK | Linux.SOCK_CLOEXEC, 0);
        if (descriptor < 0)
        {
            throw Failure(endPoint, Marshal.GetLastPInvokeError());
        }

        byte* address = stackalloc byte[SocketAddressBytes.UnixSizeMax];
        int length = SocketAddressBytes.Write(endPoint, new Span<byte>(address, SocketAddressBytes.UnixSizeMax));
        try
        {
            if (Linux.bind(descriptor, address, length) < 0)
            {
                throw Failure(endPoint, Marshal.GetLastPInvokeError());
            }

            file.Bound(mode);
            return Linux.listen(descriptor, Backlog) == 0 ? descriptor : throw Failure(endPoint, Marshal.GetLastPInvokeError());
        }
        catch (TransportException)
        {
            file.Remove();
            _ = Linux.close(descriptor);
            throw;
        }
    }

    /// <summary>Closes listeners that no reactor took over; negative ones are none.</summary>
    internal static void Close(ReadOnlySpan<int> listeners)
    {
        foreach (int listener in listeners)
        {
            if (listener >= 0)
            {
                _ = Linux.close(listener);
            }
        }
    }

    private static int Create(IPEndPoint endPoint, bool reusePort)
    {
        int family = endPoint.AddressFamily == AddressFamily.InterNetwork ? Linux.AF_INET : Linux.AF_INET6;
        int descriptor = Linux.socket(family, Linux.SOCK_STREAM | Linux.SOCK_NONBLOCK | Linux.SOCK_CLOEXEC, 0);
        if (descriptor < 0)
        {
            throw Failure(endPoint, Marshal.GetLastPInvokeError());
        }

        int on = 1;
        _ = Linux.setsockopt(descriptor, Linux.SOL_SOCKET, Linux.SO_REUSEADDR, &on, sizeof(int));
        if (reusePort)
        {
            _ = Linux.setsockopt(descriptor, Linux.SOL_SOCKET, Linux.SO_REUSEPORT, &on, sizeof(int));
        }

        byte* address = stackalloc byte[SocketAddressBytes.SizeMax];
        int length = SocketAddressBytes.Write(endPoint, new Span<byte>(address, SocketAddressBytes.SizeMax));
        if (Linux.bind(descriptor, address, length) < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            _ = Linux.close(descriptor);
            throw Failure(endPoint, error);
        }

        return descriptor;
    }

    private static IPEndPoint BoundEndPoint(int descriptor)
    {
        byte* address = stackalloc byte[SocketAddressBytes.SizeMax];
        int length = SocketAddressBytes.SizeMax;
        _ = Linux.getsockname(descriptor, address, &length);
        var bytes = new ReadOnlySpan<byte>(address, length);
        // The family decides between the two forms; a mapped address must stay IPv6 here.
        return length >= SocketAddressBytes.SizeMax
            ? new IPEndPoint(new IPAddress(bytes.Slice(8, 16)), SocketAddressBytes.ToPort(bytes))
            : new IPEndPoint(new IPAddress(bytes.Slice(4, 4)), SocketAddressBytes.ToPort(bytes));
    }

    private static TransportException Failure(EndPoint endPoint, int error)
    {
        string address = ListenAddress.Show(endPoint);
        return new(error switch
        {
            Linux.EADDRINUSE => $"{address} is in use by another process",
            Linux.EADDRNOTAVAIL => $"{address} is not an address of this machine",
            Linux.EACCES when endPoint is UnixDomainSocketEndPoint => $"{address}: permission denied; this user may not write to its directory",
            Linux.EACCES => $"{address}: permission denied (ports below 1024 need CAP_NET_BIND_SERVICE)",
            Linux.ENOENT or Linux.ENOTDIR => $"{address}: its directory does not exist",
            _ => $"cannot listen on {address}: {Marshal.GetPInvokeErrorMessage(error)}",
        });
    }
}
