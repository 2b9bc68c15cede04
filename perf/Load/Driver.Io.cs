using System;
using System.IO;

namespace Unkey.Load;

/// <summary>The half of the driver that touches sockets.</summary>
internal sealed unsafe partial class Driver<TWorkload>
{
    private long OnReadable(int index)
    {
        ref Connection connection = ref _connections[index];
        int carried = connection.CarryLength;
        if (carried > 0)
        {
            connection.Carry.AsSpan(0, carried).CopyTo(new Span<byte>(_receive, ReceiveBytes));
            connection.CarryLength = 0;
        }

        nint got = Linux.recv(connection.Fd, _receive + carried, ReceiveBytes - carried, Linux.MSG_DONTWAIT);
        if (got <= 0)
        {
            if (got < 0 && Linux.Errno is Linux.EAGAIN or Linux.EINTR)
            {
                connection.CarryLength = carried;
            }
            else
            {
                Reopen(index);
            }

            return Clock();
        }

        long now = Clock();
        ReadOnlySpan<byte> input = new(_receive, carried + (int)got);
        int answered = 0;
        int used;
        while ((used = TWorkload.TryRead(input, out int status, out ReadOnlySpan<byte> body)) > 0)
        {
            if (connection.Outstanding == 0)
            {
                used = -1;
                break;
            }

            _workload.OnResponse(status, body);
            Complete(index, now, used);
            input = input[used..];
            answered++;
        }

        if (used < 0)
        {
            throw new IOException("not an answer that this tool can read: HTTP/1.1 with a Content-Length, or a bulk string of RESP");
        }

        if (!input.IsEmpty)
        {
            Keep(ref connection, input);
        }

        if (!_options.IsOpenLoop)
        {
            Fill(index, now);
        }
        else
        {
            for (; answered > 0; answered--)
            {
                Release(index);
            }
        }

        return now;
    }

    private void Complete(int index, long now, int bytes)
    {
        ref Connection connection = ref _connections[index];
        uint sequence = connection.Sent - (uint)connection.Outstanding;
        long start = _starts[(index * (_startsMask + 1)) + (int)(sequence & (uint)_startsMask)];
        connection.Outstanding--;
        _outstanding--;
        _completed++;
        _responseBytes += bytes;
        if (start >= _windowFrom && (_options.IsOpenLoop ? start : now) < _windowTo)
        {
            _latency.RecordValue(Math.Clamp(now - start, 1, LatencyNsMax));
        }
    }

    private void Release(int index)
    {
        int tail = _freeHead + _freeCount;
        _free[tail >= _free.Length ? tail - _free.Length : tail] = index;
        _freeCount++;
    }

    private static void Keep(ref Connection connection, ReadOnlySpan<byte> rest)
    {
        if (connection.Carry is null || connection.Carry.Length < rest.Length)
        {
            if (rest.Length > ReceiveBytes / 2)
            {
                throw new IOException("a response is longer than this tool reads");
            }

            connection.Carry = new byte[Math.Max(4096, rest.Length * 2)];
        }

        rest.CopyTo(connection.Carry);
        connection.CarryLength = rest.Length;
    }

    private void Send(int index, int length)
    {
        ref Connection connection = ref _connections[index];
        nint sent = 0;
        if (connection.UnsentLength == 0)
        {
            sent = Linux.send(connection.Fd, _send, length, Linux.MSG_DONTWAIT | Linux.MSG_NOSIGNAL);
            if (sent == length)
            {
                return;
            }

            // A broken connection shows up as readable and is reopened there.
            sent = Math.Max(sent, 0);
        }

        int rest = length - (int)sent;
        byte[] unsent = new byte[connection.UnsentLength + rest];
        connection.Unsent.AsSpan(0, connection.UnsentLength).CopyTo(unsent);
        new ReadOnlySpan<byte>(_send + sent, rest).CopyTo(unsent.AsSpan(connection.UnsentLength));
        connection.Unsent = unsent;
        connection.UnsentLength = unsent.Length;
        Watch(Linux.EPOLL_CTL_MOD, index, Linux.EPOLLIN | Linux.EPOLLOUT);
    }

    private void Flush(int index)
    {
        ref Connection connection = ref _connections[index];
        if (connection.UnsentLength > 0)
        {
            fixed (byte* unsent = connection.Unsent)
            {
                nint sent = Math.Max(0, Linux.send(connection.Fd, unsent, connection.UnsentLength,
                    Linux.MSG_DONTWAIT | Linux.MSG_NOSIGNAL));
                connection.Unsent.AsSpan((int)sent, connection.UnsentLength - (int)sent).CopyTo(connection.Unsent);
                connection.UnsentLength -= (int)sent;
            }
        }

        if (connection.UnsentLength == 0)
        {
            Watch(Linux.EPOLL_CTL_MOD, index, Linux.EPOLLIN);
        }
    }

    private void Open(int index)
    {
        int fd = _address.TryConnect();
        if (fd < 0)
        {
            throw new IOException($"cannot connect to {_address.Text}: error {Linux.Errno}");
        }

        _connections[index].Fd = fd;
        Watch(Linux.EPOLL_CTL_ADD, index, Linux.EPOLLIN);
    }

    private void Watch(int operation, int index, uint events)
    {
        // The last record is kept free of results for this use.
        if (Linux.epoll_ctl(_epoll, operation, _connections[index].Fd, _records.Set(_records.Capacity - 1, events, index)) != 0)
        {
            throw new IOException($"epoll_ctl: error {Linux.Errno}");
        }
    }

    private void Reopen(int index)
    {
        ref Connection connection = ref _connections[index];
        int lost = connection.Outstanding;
        _ = Linux.close(connection.Fd);
        _disconnects++;
        _abandoned += lost;
        _outstanding -= lost;
        connection = default;
        if (_disconnects > DisconnectsMax)
        {
            return;
        }

        Open(index);
        if (!_options.IsOpenLoop)
        {
            Fill(index, Clock());
            return;
        }

        for (; lost > 0; lost--)
        {
            Release(index);
        }
    }

    private struct Connection
    {
        internal int Fd;
        internal int Outstanding;
        internal uint Sent;
        internal int CarryLength;
        internal int UnsentLength;
        internal byte[]? Carry;
        internal byte[]? Unsent;
    }
}
