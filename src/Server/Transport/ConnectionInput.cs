using System;
using System.Buffers;
using System.IO.Pipelines;
using System.Threading;
using System.Threading.Tasks;

namespace Unkey.Server.Transport;

/// <summary>The bytes a connection has received and not yet consumed: a pipe reader over the reactor's blocks.</summary>
/// <remarks>
/// One reactor thread writes and reads it, so there is nothing to wait for or to lock: <see cref="TryRead"/> shows what
/// is there. The asynchronous members of <see cref="PipeReader"/> are refused, because no code may suspend on a reactor.
/// </remarks>
internal sealed class ConnectionInput(BufferPool pool) : PipeReader
{
    private BufferSegment? _first;
    private BufferSegment? _last;
    private bool _ended;

    /// <summary>Bytes waiting.</summary>
    internal int Length { get; private set; }

    /// <summary>True once the peer has closed its sending side.</summary>
    internal bool Ended => _ended;

    /// <summary>Room for the next receive; at least a quarter of a block.</summary>
    [HotPath]
    internal Span<byte> GetReceiveSpan()
    {
        if (_last is null)
        {
            _first = _last = pool.Rent();
        }
        else if (_last.Free < BufferPool.BlockBytes / 4)
        {
            BufferSegment next = pool.Rent();
            _last.Link(next);
            _last = next;
        }

        return _last.Array.AsSpan(_last.End);
    }

    /// <summary>Records that <paramref name="count"/> bytes arrived in the span last given out.</summary>
    [HotPath]
    internal void Received(int count)
    {
        _last!.Append(count);
        Length += count;
    }

    /// <summary>Records that the peer will send nothing more.</summary>
    internal void End() => _ended = true;

    /// <inheritdoc/>
    [HotPath]
    public override bool TryRead(out ReadResult result)
    {
        result = new ReadResult(Peek(), isCanceled: false, isCompleted: _ended);
        return Length > 0 || _ended;
    }

    /// <summary>All bytes waiting, without consuming any.</summary>
    [HotPath]
    internal ReadOnlySequence<byte> Peek() => Length == 0
        ? ReadOnlySequence<byte>.Empty
        : new ReadOnlySequence<byte>(_first!, _first!.Start, _last!, _last!.End);

    /// <summary>All bytes waiting, when they lie in one block; empty otherwise.</summary>
    [HotPath]
    internal ReadOnlyMemory<byte> OneBlock() => _first is null || _first != _last ? default : new ReadOnlyMemory<byte>(_first.Array, _first.Start, _first.Length);

    /// <summary>The bytes waiting in the first block.</summary>
    [HotPath]
    internal ReadOnlySpan<byte> FirstSpan() => _first is null ? default : _first.Array.AsSpan(_first.Start, _first.Length);

    /// <summary>Drops the first <paramref name="count"/> bytes and returns blocks that hold nothing any more.</summary>
    [HotPath]
    internal void Consume(int count)
    {
        Length -= count;
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

            BufferSegment empty = _first;
            _first = empty.NextSegment;
            if (_first is null)
            {
                _last = null;
            }

            pool.Return(empty, heldSecrets: true);
        }
    }

    /// <summary>Gives a rented but still empty block back; for the end of a receive that found nothing.</summary>
    [HotPath]
    internal void ReleaseIfEmpty()
    {
        if (Length == 0 && _first is not null)
        {
            pool.Return(_first, heldSecrets: true);
            _first = _last = null;
        }
    }

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => Consume((int)Peek().Slice(0, consumed).Length);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => AdvanceTo(consumed);

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null)
    {
        Consume(Length);
        ReleaseIfEmpty();
    }

    /// <inheritdoc/>
    public override void CancelPendingRead() => throw new NotSupportedException("A reactor never waits in a read.");

    /// <inheritdoc/>
    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("A reactor never waits in a read; use TryRead.");
}
