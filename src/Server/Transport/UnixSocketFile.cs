using System;
using System.IO;
using System.Net.Sockets;
using Unkey.Server.Hosting;

namespace Unkey.Server.Transport;

/// <summary>The file of a listening Unix socket, from the place made free for it to its removal. One thread at a time.</summary>
/// <remarks>
/// Order: the constructor, <c>bind</c>, <see cref="Bound"/>, <c>listen</c>, <see cref="Remove"/>, close. Nobody can connect before
/// <c>listen</c>, so nobody meets the file with other permissions than asked for. An abstract name has no file, and all of this does nothing.
/// </remarks>
internal sealed class UnixSocketFile
{
    private readonly string? _path;
    private readonly string _shown;
    private DateTime? _madeAt;

    /// <summary>Makes the place free: the socket of a server that is gone is deleted.</summary>
    /// <exception cref="TransportException">Something else stands there, a server listens there, or this user cannot tell.</exception>
    internal UnixSocketFile(UnixDomainSocketEndPoint endPoint)
    {
        _shown = ListenAddress.Show(endPoint);
        string text = endPoint.ToString();
        if (text[0] == '@')
        {
            return;
        }

        // Of the working directory of now.
        _path = Path.GetFullPath(text);
        if (Directory.Exists(_path) || (File.Exists(_path) && !IsSocket()))
        {
            throw new TransportException($"{_shown} is not a socket; move it away or choose another --listen or --admin");
        }

        if (File.Exists(_path))
        {
            RefuseLiving(endPoint);
            Delete();
        }
    }

    /// <summary>Gives the file its permissions. Between <c>bind</c> and <c>listen</c>.</summary>
    /// <exception cref="TransportException">It cannot be done.</exception>
    internal void Bound(UnixFileMode mode)
    {
        if (_path is null)
        {
            return;
        }

        try
        {
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(_path, mode);
            }

            _madeAt = File.GetLastWriteTimeUtc(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TransportException($"{_shown}: --unix-socket-mode cannot be set: {e.Message}", e);
        }
    }

    /// <summary>Deletes the file, unless another server has put its own there meanwhile. Never throws; any number of times.</summary>
    internal void Remove()
    {
        // A socket's file is never written to, so its time says which one it is.
        if (_path is not null && _madeAt is { } madeAt)
        {
            _madeAt = null;
            try
            {
                if (File.Exists(_path) && File.GetLastWriteTimeUtc(_path) == madeAt)
                {
                    File.Delete(_path);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The directory is gone or another user's by now; the next start deals with the file.
            }
        }
    }

    // A socket is the one kind of file that cannot be opened. For reading and writing, because a pipe would wait for its other side otherwise.
    private bool IsSocket()
    {
        try
        {
            using FileStream opened = new(_path!, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            throw new TransportException($"{_shown} exists, and this user may not connect to it to see whether a server is there; delete it or choose another path");
        }
        catch (IOException)
        {
            return true;
        }
    }

    private void RefuseLiving(UnixDomainSocketEndPoint endPoint)
    {
        using Socket probe = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            probe.Connect(endPoint);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AccessDenied)
        {
            throw new TransportException($"{_shown} exists, and this user may not connect to it to see whether a server is there; delete it or choose another path", e);
        }
        catch (SocketException)
        {
            // Its queue is full, or it is of another kind than a server of HTTP has: somebody's at any rate.
        }

        throw new TransportException($"{_shown} is in use by another process");
    }

    private void Delete()
    {
        try
        {
            File.Delete(_path!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TransportException($"{_shown} is the socket of a server that is gone, and it cannot be deleted: {e.Message}", e);
        }
    }
}
