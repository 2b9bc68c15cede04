using System;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Unkey.Server.Diagnostics;
using Unkey.Server.Hosting;

namespace Unkey.Server.Transport;

/// <summary>One managed listening socket that deals its connections out to the portable reactors in turn.</summary>
internal sealed class PortableListener : IDisposable
{
    private const int Backlog = 4096;
    private const int PauseMs = 100;

    private readonly Socket _socket;
    private readonly bool _isAdmin;
    private readonly ILogger _logger;
    private bool _paused;

    private PortableListener(Socket socket, EndPoint endPoint, bool isAdmin, ILogger logger)
    {
        _socket = socket;
        _isAdmin = isAdmin;
        _logger = logger;
        EndPoint = endPoint;
    }

    /// <summary>The address in use.</summary>
    internal EndPoint EndPoint { get; }

    /// <summary>Binds to <paramref name="endPoint"/> and listens.</summary>
    /// <exception cref="TransportException">The address is taken, not permitted or not of this machine.</exception>
    internal static PortableListener Bind(EndPoint endPoint, bool isAdmin, UnixFileMode mode, ILogger logger)
    {
        // Removed by the socket itself when it is disposed.
        UnixSocketFile? file = endPoint is UnixDomainSocketEndPoint path ? new UnixSocketFile(path) : null;
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, file is null ? ProtocolType.Tcp : ProtocolType.Unspecified);
        try
        {
            socket.Bind(endPoint);
            file?.Bound(mode);
            socket.Listen(Backlog);
            return new PortableListener(socket, file is null ? socket.LocalEndPoint! : endPoint, isAdmin, logger);
        }
        catch (TransportException)
        {
            socket.Dispose();
            throw;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            string address = ListenAddress.Show(endPoint);
            throw new TransportException(
                e.SocketErrorCode switch
                {
                    SocketError.AddressAlreadyInUse => $"{address} is in use by another process",
                    SocketError.AddressNotAvailable when file is not null => $"{address}: its directory does not exist",
                    SocketError.AddressNotAvailable => $"{address} is not an address of this machine",
                    SocketError.AccessDenied when file is not null => $"{address}: permission denied; this user may not write to its directory",
                    SocketError.AccessDenied => $"{address}: permission denied (ports below 1024 need CAP_NET_BIND_SERVICE)",
                    _ => $"cannot listen on {address}: {e.Message}",
                },
                e);
        }
    }

    /// <summary>Accepts until the listener is disposed.</summary>
    internal async Task AcceptAsync(PortableReactor[] reactors)
    {
        for (int next = 0; ; next = (next + 1) % reactors.Length)
        {
            Socket socket;
            try
            {
                socket = await _socket.AcceptAsync().ConfigureAwait(false);
                _paused = false;
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.OperationAborted or SocketError.Interrupted or SocketError.InvalidArgument)
            {
                return;
            }
            catch (SocketException)
            {
                // Out of descriptors, most likely: an accept would fail at once for ever, so look away for a moment.
                if (!_paused)
                {
                    TransportLog.AcceptPaused(_logger);
                    _paused = true;
                }

                await Task.Delay(PauseMs, CancellationToken.None).ConfigureAwait(false);
                continue;
            }

            reactors[next].Post(new AcceptedSocket(socket, _isAdmin));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private sealed class AcceptedSocket(Socket socket, bool isAdmin) : IReactorWork, IDisposable
    {
        public void Run(Reactor reactor) => ((PortableReactor)reactor).Adopt(socket, isAdmin);

        public void Dispose() => socket.Dispose();
    }
}
