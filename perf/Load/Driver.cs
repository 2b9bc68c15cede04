using System;
using System.Diagnostics;
using System.IO;
using System.Runtime.InteropServices;
using HdrHistogram;

namespace Unkey.Load;

/// <summary>One thread that keeps many connections busy over epoll and measures every answer.</summary>
/// <remarks>
/// Closed loop: every connection has <c>Depth</c> requests outstanding; an answer is followed by the next request at once.
/// Open loop: request i is due at a time fixed in advance, whatever the server does. It is sent on the first free connection, waits
/// when there is none, and its latency runs from the time it was due, so that a stalled server is charged for the requests that it
/// held up (no coordinated omission). Requests that are never answered are counted with the time they had waited.
/// </remarks>
internal sealed unsafe partial class Driver<TWorkload> : IDisposable
    where TWorkload : struct, IWorkload
{
    /// <summary>One hour; longer waits are counted as one hour.</summary>
    private const long LatencyNsMax = 3_600_000_000_000;

    private const int ReceiveBytes = 1 << 20;
    private const long SettleNs = 20_000_000;
    private const long DrainNs = 2_000_000_000;
    private const int DisconnectsMax = 10_000;

    private readonly ServerAddress _address;
    private readonly LoadOptions _options;
    private readonly Connection[] _connections;
    private readonly long[] _starts;
    private readonly int _startsMask;
    private readonly int[] _free;
    private readonly EpollRecords _records;
    private readonly byte* _receive;
    private readonly byte* _send;
    private readonly int _epoll;
    private readonly LongHistogram _latency = new(1, LatencyNsMax, 3);
    private readonly LongHistogram _lateness = new(1, LatencyNsMax, 3);
#pragma warning disable IDE0044 // Its methods change it: a readonly field would give each call a copy.
    private TWorkload _workload;
#pragma warning restore IDE0044
    private ArrivalSchedule _schedule;
    private int _freeHead;
    private int _freeCount;
    private bool _starved;
    private bool _exhausted;
    private long _sendUntil = long.MaxValue;
    private long _windowFrom = long.MaxValue;
    private long _windowTo = long.MaxValue;
    private long _completed;
    private long _responseBytes;
    private long _outstanding;
    private long _disconnects;
    private long _abandoned;

    internal Driver(ServerAddress address, LoadOptions options, TWorkload workload)
    {
        _address = address;
        _options = options;
        _workload = workload;
        int depthSlots = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)options.Depth);
        _startsMask = depthSlots - 1;
        _connections = new Connection[options.Connections];
        _starts = new long[options.Connections * depthSlots];
        _free = new int[options.Connections * options.Depth];
        _records = new EpollRecords(Math.Min(options.Connections, 1024) + 1);
        _receive = (byte*)NativeMemory.AlignedAlloc(ReceiveBytes, 4096);
        _send = (byte*)NativeMemory.AlignedAlloc((nuint)(workload.RequestBytesMax * options.Depth), 4096);
        _epoll = Linux.epoll_create1(Linux.EPOLL_CLOEXEC);
        // The default slack of 50 us would make every sleep late by about that much.
        _ = Linux.prctl(Linux.PR_SET_TIMERSLACK, 1, 0, 0, 0);
    }

    /// <summary>Connects, warms up, measures, drains.</summary>
    internal RunResult Run()
    {
        for (int i = 0; i < _connections.Length; i++)
        {
            Open(i);
        }

        long start = Clock();
        _schedule = new ArrivalSchedule(_options.RatePerSecond, _options.PoissonArrivals, start);
        BeginSending(start);
        RunUntil(start + Nanoseconds(_options.WarmUpSeconds));

        // Reading /proc and /metrics takes a moment; the latency window opens a little later, when its trace is gone.
        AllocationCounter allocations = new(_options.MetricsAddress);
        allocations.Begin();
        ProcessSample before = ProcessSample.Take(_options.ServerPid);
        long completedBefore = _completed;
        long bytesBefore = _responseBytes;
        TimeSpan ownBefore = Environment.CpuUsage.TotalTime;
        long sampledAt = Clock();
        _windowFrom = sampledAt + SettleNs;
        _windowTo = _windowFrom + Nanoseconds(_options.Seconds);
        _sendUntil = _windowTo;
        RunUntil(_windowTo);
        long drainUntil = _windowTo + DrainNs;
        while (_outstanding > 0 || (_options.IsOpenLoop && _schedule.NextNs < _sendUntil))
        {
            long now = Turn(drainUntil);
            if (now >= drainUntil || _disconnects > DisconnectsMax)
            {
                break;
            }
        }

        long stopped = Clock();
        ProcessSample after = ProcessSample.Take(_options.ServerPid);
        double ownCpu = (Environment.CpuUsage.TotalTime - ownBefore).TotalSeconds / ((stopped - sampledAt) / 1e9);
        AllocationCounter.Allocated allocated = allocations.End();
        long unanswered = CountUnanswered(stopped);
        return new RunResult
        {
            Options = _options,
            Latency = _latency,
            Lateness = _lateness,
            Requests = _latency.TotalCount - unanswered,
            Unanswered = unanswered,
            Disconnects = _disconnects,
            Abandoned = _abandoned,
            Completed = _completed - completedBefore,
            ResponseBytes = _responseBytes - bytesBefore,
            Server = after.Since(before),
            Allocated = allocated,
            WallSeconds = (stopped - sampledAt) / 1e9,
            LoadBusy = ownCpu,
        };
    }

    /// <summary>Sends what the workload has, once, and waits for every answer.</summary>
    internal void RunToExhaustion()
    {
        for (int i = 0; i < _connections.Length; i++)
        {
            Open(i);
        }

        _windowFrom = 0;
        BeginSending(Clock());
        while (_outstanding > 0 && _disconnects == 0)
        {
            Turn(Clock() + 1_000_000_000);
        }

        if (_disconnects > 0)
        {
            throw new IOException("the server closed a connection");
        }
    }

    internal LongHistogram Latency => _latency;

    public void Dispose()
    {
        foreach (Connection connection in _connections)
        {
            if (connection.Fd > 0)
            {
                _ = Linux.close(connection.Fd);
            }
        }

        _ = Linux.close(_epoll);
        _records.Dispose();
        NativeMemory.AlignedFree(_receive);
        NativeMemory.AlignedFree(_send);
    }

    private static long Clock()
    {
        // On Linux one tick of the stopwatch is one nanosecond.
        return Stopwatch.GetTimestamp();
    }

    private static long Nanoseconds(double seconds) => (long)(seconds * 1e9);

    private void BeginSending(long now)
    {
        if (!_options.IsOpenLoop)
        {
            for (int i = 0; i < _connections.Length; i++)
            {
                Fill(i, now);
            }

            return;
        }

        // Slot k belongs to connection k mod N, so that consecutive requests go to different connections.
        for (int slot = 0; slot < _free.Length; slot++)
        {
            _free[slot] = slot % _connections.Length;
        }

        _freeCount = _free.Length;
    }

    private void RunUntil(long deadline)
    {
        while (Turn(deadline) < deadline && _disconnects <= DisconnectsMax)
        {
        }
    }

    /// <summary>Waits for the next thing to do, does it, and returns the time.</summary>
    private long Turn(long deadline)
    {
        int ready;
        if (_options.Spin)
        {
            ready = Linux.epoll_poll(_epoll, _records.Pointer, _records.Capacity - 1, 0);
        }
        else
        {
            long wake = deadline;
            if (_options.IsOpenLoop && _freeCount > 0 && _schedule.NextNs < Math.Min(wake, _sendUntil))
            {
                wake = _schedule.NextNs;
            }

            long wait = Math.Max(0, wake - Clock());
            Linux.TimeSpec timeout = new() { Seconds = wait / 1_000_000_000, Nanoseconds = wait % 1_000_000_000 };
            ready = Linux.epoll_pwait2(_epoll, _records.Pointer, _records.Capacity - 1, &timeout, null);
        }

        long now = 0;
        for (int i = 0; i < ready; i++)
        {
            int connection = _records.Data(i);
            uint events = _records.Events(i);
            if ((events & Linux.EPOLLOUT) != 0)
            {
                Flush(connection);
            }

            if ((events & ~Linux.EPOLLOUT) != 0)
            {
                now = OnReadable(connection);
            }

            if (_options.IsOpenLoop)
            {
                Dispatch(now == 0 ? Clock() : now);
            }
        }

        if (now == 0 || ready > 1)
        {
            now = Clock();
        }

        if (_options.IsOpenLoop)
        {
            Dispatch(now);
        }

        return now;
    }

    /// <summary>Open loop: sends what is due, as long as connections are free.</summary>
    private void Dispatch(long now)
    {
        // BOUND: every turn takes one free slot.
        while (_schedule.NextNs <= now && _schedule.NextNs < _sendUntil)
        {
            if (_freeCount == 0)
            {
                _starved = true;
                return;
            }

            int index = _free[_freeHead];
            _freeHead = _freeHead + 1 == _free.Length ? 0 : _freeHead + 1;
            _freeCount--;
            long due = _schedule.NextNs;
            _schedule.Advance();
            if (!_starved && due >= _windowFrom)
            {
                // Late although a connection was free: that is the generator's own doing, reported beside the latencies.
                _lateness.RecordValue(Math.Clamp(now - due, 1, LatencyNsMax));
            }

            int length = _workload.WriteRequest(new Span<byte>(_send, _workload.RequestBytesMax));
            Begin(index, due);
            Send(index, length);
            now = Clock();
        }

        _starved = false;
    }

    /// <summary>Closed loop: tops the connection up to its depth and sends the new requests together.</summary>
    private void Fill(int index, long now)
    {
        ref Connection connection = ref _connections[index];
        int length = 0;
        while (connection.Outstanding < _options.Depth && !_exhausted && now < _sendUntil)
        {
            int written = _workload.WriteRequest(new Span<byte>(_send + length, _workload.RequestBytesMax));
            if (written == 0)
            {
                _exhausted = true;
                break;
            }

            length += written;
            Begin(index, now);
        }

        if (length > 0)
        {
            Send(index, length);
        }
    }

    private void Begin(int index, long start)
    {
        ref Connection connection = ref _connections[index];
        _starts[(index * (_startsMask + 1)) + (int)(connection.Sent++ & (uint)_startsMask)] = start;
        connection.Outstanding++;
        _outstanding++;
    }

    private long CountUnanswered(long now)
    {
        if (!_options.IsOpenLoop)
        {
            return 0;
        }

        long count = 0;
        for (int index = 0; index < _connections.Length; index++)
        {
            Connection connection = _connections[index];
            for (uint back = 1; back <= (uint)connection.Outstanding; back++)
            {
                long start = _starts[(index * (_startsMask + 1)) + (int)((connection.Sent - back) & (uint)_startsMask)];
                count += RecordUnanswered(start, now);
            }
        }

        for (; _schedule.NextNs < _sendUntil; _schedule.Advance())
        {
            count += RecordUnanswered(_schedule.NextNs, now);
        }

        return count;
    }

    private int RecordUnanswered(long start, long now)
    {
        if (start < _windowFrom || start >= _windowTo)
        {
            return 0;
        }

        _latency.RecordValue(Math.Clamp(now - start, 1, LatencyNsMax));
        return 1;
    }
}
