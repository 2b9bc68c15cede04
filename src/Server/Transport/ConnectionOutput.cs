using System;
using System.IO.Pipelines;
using System.Threading;
using System.Threading.Tasks;

namespace Unkey.Server.Transport;

/// <summary>The answers of a connection that wait to be sent: a pipe writer over the reactor's blocks.</summary>
/// <remarks>
/// One reactor thread. Several pipelined answers gather in one block and leave with one send. The reactor flushes at the
/// end of a turn, so <see cref="FlushAsync"/> has nothing to wait for.
/// </remarks>
internal sealed class ConnectionOutput(BufferPool pool) : PipeWriter
{
    private BufferSegment? _first;
    private BufferSegment? _last;

    /// <summary>Bytes written and not yet sent.</summary>
    internal int Unsent { get; private set; }

    /// <summary>Whether an answer may hold a key, as those of the control plane do; becomes false when all is sent.</summary>
    internal bool HoldsSecrets { get; set; }

    /// <inheritdoc/>
    public override long UnflushedBytes => Unsent;

    /// <inheritdoc/>
    public override bool CanGetUnflushedBytes => true;

    /// <inheritdoc/>
    [HotPath]
    public override Span<byte> GetSpan(int sizeHint = 0)
    {
        if (_last is null)
        {
            _first = _last = pool.Rent(sizeHint);
        }
        else if (_last.Free < Math.Max(sizeHint, 1))
        {
            BufferSegment next = pool.Rent(sizeHint);
            _last.Link(next);
            _last = next;
        }

        return _last.Array.AsSpan(_last.End);
    }

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        GetSpan(sizeHint);
        return _last!.Array.AsMemory(_last.End);
    }

    /// <inheritdoc/>
    [HotPath]
    public override void Advance(int bytes)
    {
        _last!.Append(bytes);
        Unsent += bytes;
    }

    /// <summary>The first run of bytes to send; empty when all is sent.</summary>
    [HotPath]
    internal ReadOnlyMemory<byte> FirstUnsent() =>
        _first is null ? default : new ReadOnlyMemory<byte>(_first.Array, _first.Start, _first.Length);

    /// <summary>Records that the first <paramref name="count"/> bytes were sent and returns blocks that are done.</summary>
    [HotPath]
    internal void Sent(int count)
    {
        Unsent -= count;
        // BOUND: each turn drops a block or ends.
        while (_first is not null)
        {
            int here = Math.Min(count, _first.Length);
            _first.Start += here;
            count -= here;
            if (_first.Length > 0)
            {
                return;
            }

            BufferSegment done = _first;
            _first = done.NextSegment;
            if (_first is null)
            {
                _last = null;
            }

            pool.Return(done, HoldsSecrets);
        }

        HoldsSecrets = false;
    }

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null) => Sent(Unsent);

    /// <inheritdoc/>
    public override void CancelPendingFlush() => throw new NotSupportedException("A reactor never waits in a flush.");

    /// <inheritdoc/>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => default;
}
