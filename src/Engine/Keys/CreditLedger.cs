using System;
using System.Diagnostics;
using System.Threading;
using Unkey.Engine.Memory;

namespace Unkey.Engine.Keys;

/// <summary>Owns all credit cells and knows which of them changed since they were last written to the store.</summary>
/// <remarks>
/// <para>Writer-side: every member runs under the writer lock. A write-back is <see cref="Drain"/>, one store transaction that brings the balances to the
/// totals that each change states, and <see cref="KeyTable.ConfirmCredits"/> (or <see cref="KeyTable.RequeueCredits"/> when the transaction failed).
/// The cost of finding changes is proportional to the changes, not to the keys.</para>
/// <para>The store keeps three numbers of a balance: what remains, the serial of the balance, and how much of the spent total it has already
/// subtracted. Remaining and subtracted together are what was granted; a write-back does not change that sum, everything else that moves a
/// balance does. So a cell can be brought in line with a row at any time, and what was taken meanwhile stays taken.</para>
/// </remarks>
public sealed unsafe class CreditLedger : IReclaimable, IDisposable
{
    private readonly Lock _writerLock;
    private readonly NativeBlock _headBlock;
    private readonly ICreditMemory _memory;
    private CreditChunk _chunk;
    private int _chunkUsed;
    private nint _free;
    private nint _drained;
    private int _count;

    internal CreditLedger(Lock writerLock, ICreditMemory memory)
    {
        _writerLock = writerLock;
        _memory = memory;
        _headBlock = NativeBlock.Allocate((nuint)sizeof(CreditLedgerHead), 128);
    }

    /// <summary>Cells in use: keys with a credit limit, and removed ones that readers may still hold. Any thread; a recent value.</summary>
    // ORDER: none needed; Volatile keeps the value fresh for metrics.
    public int Count => Volatile.Read(ref _count);

    /// <summary>Keys whose credits changed since the last <see cref="Drain"/> began. Any thread; about.</summary>
    // ORDER: none needed; a count.
    public long Changed => Volatile.Read(ref Head->Pushed);

    private CreditLedgerHead* Head => (CreditLedgerHead*)_headBlock.Pointer;

    /// <summary>Lists every key whose credits changed since its last confirmation. A change listed once is not listed again by itself.</summary>
    /// <param name="changes">Receives the changes.</param>
    /// <returns>How many were added.</returns>
    public int Drain(CreditChanges changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        int before = changes.Count;
        _ = DrainPart(changes, int.MaxValue);
        return changes.Count - before;
    }

    /// <summary>A part of <see cref="Drain"/>, so that others can have the writer lock and the core in between; the next call goes on with the rest.</summary>
    /// <param name="changes">Receives the changes.</param>
    /// <param name="cellsMax">Cells that are looked at, 1 or more.</param>
    /// <returns>False when those that had changed at the first call have all been looked at.</returns>
    public bool DrainPart(CreditChanges changes, int cellsMax)
    {
        ArgumentNullException.ThrowIfNull(changes);
        Debug.Assert(_writerLock.IsHeldByCurrentThread, "The ledger is the writer's.");
        nint address = _drained;
        if (address == 0)
        {
            // ORDER: none needed; a cell pushed in between is counted or not.
            Volatile.Write(ref Head->Pushed, 0);

            // ORDER: full fence. Takes the whole stack; pairs with the release in MarkChanged, so Next of every cell taken is there.
            address = Interlocked.Exchange(ref Head->Changed, 0);
        }

        // BOUND: by the cells; a cell is at most once in the stack that was taken.
        for (int cells = 0; cells < cellsMax && address is not (0 or CreditCellLayout.EndOfStack); cells++)
        {
            var cell = (CreditCellLayout*)address;

            // Read before Next is cleared: from then on another thread may push the cell again.
            address = cell->Next;
            if (cell->Owner == CreditCellLayout.Orphan)
            {
                Release(cell);
                continue;
            }

            // ORDER: full fence. Pairs with the exchange in TryTake: see MarkChanged.
            Interlocked.Exchange(ref cell->Next, 0);

            // ORDER: acquire. Pairs with the exchange in TryTake.
            long spent = Volatile.Read(ref cell->Spent);
            if (cell->Owner != 0 && spent > cell->Settled)
            {
                var record = new KeyRecord(cell->Owner);
                changes.Add(record.Digest, record.KeyId, cell->Serial, spent);
            }
        }

        _drained = address == CreditCellLayout.EndOfStack ? 0 : address;
        return _drained != 0;
    }

    /// <summary>Brings the balance of a key in line with its row, keeping what was taken since the row's last write-back.</summary>
    /// <param name="running">The key's cell, or null when it has none yet.</param>
    /// <param name="keyPrefix">First 8 bytes of the key's SHA-256.</param>
    /// <param name="remaining">What the row says remains, 0 or more.</param>
    /// <param name="serial">Serial of the row's balance: another one than the cell's means that it was set.</param>
    /// <param name="spent">How much of the spent total the row has subtracted, 0 or more.</param>
    /// <returns>The key's cell from now on. Another one than before when the balance was set or lowered.</returns>
    internal CreditCellLayout* Continue(CreditCellLayout* running, ulong keyPrefix, long remaining, long serial, long spent)
    {
        long granted = remaining > long.MaxValue - spent ? long.MaxValue : remaining + spent;
        bool isSame = running is not null && running->Serial == serial;
        if (isSame && granted >= running->Granted)
        {
            // ORDER: release. A taker that sees the larger grant may use it; one that does not refuses as it would have a moment ago.
            Volatile.Write(ref running->Granted, granted);
            running->Settled = Math.Max(running->Settled, spent);
            running->KeyPrefix = keyPrefix;
            return running;
        }

        CreditCellLayout* next = Allocate();
        next->KeyPrefix = keyPrefix;
        next->Granted = granted;
        next->Serial = serial;

        // Before Spent, so that a process that dies here leaves nothing that looks spent and unsettled.
        next->Settled = spent;
        next->Spent = spent;
        if (running is null)
        {
            return next;
        }

        // ORDER: acquire. Pairs with the exchange in TryTake.
        long taken = Volatile.Read(ref running->Spent);

        // BOUND: a failed exchange means another thread took from this balance, and only credits that are there can be taken.
        while (true)
        {
            // What was taken of a balance that has been set is no longer anybody's; what was taken of a lowered one counts until nothing is left.
            next->Spent = isSame ? Math.Min(taken, granted) : spent;

            // ORDER: full fence. The new cell is whole before the old one leads to it, and no take is in the old one after its total was
            // carried over: it would fail its exchange. A process that dies before this leaves two cells that say the same.
            long seen = Interlocked.CompareExchange(ref running->Spent, CreditCell.Forward(next), taken);
            if (seen == taken)
            {
                break;
            }

            taken = seen;
        }

        if (next->Spent > spent)
        {
            CreditCell.MarkChanged(next);
        }

        return next;
    }

    void IReclaimable.Reclaim(nint address, nuint byteCount)
    {
        var cell = (CreditCellLayout*)address;

        // No reader can take from it any more, but the stack of changes may still lead through it; then the next drain frees it.
        if (cell->Next != 0)
        {
            cell->Owner = CreditCellLayout.Orphan;
            return;
        }

        Release(cell);
    }

    /// <summary>Returns everything to the system. No reader may be left.</summary>
    public void Dispose()
    {
        _memory.Dispose();
        _headBlock.Dispose();
    }

    private CreditCellLayout* Allocate()
    {
        var cell = (CreditCellLayout*)_free;
        if (cell is not null)
        {
            _free = cell->Owner;
            cell->Owner = 0;
        }
        else
        {
            if (_chunk.Bytes - _chunkUsed < sizeof(CreditCellLayout))
            {
                _chunk = _memory.Grow();
                _chunkUsed = 0;
            }

            cell = (CreditCellLayout*)(_chunk.Address + _chunkUsed);
            _chunkUsed += sizeof(CreditCellLayout);
            cell->Ledger = Head;
        }

        _count++;
        return cell;
    }

    // A free cell is all zero but for two addresses, so that it says nothing to a process that finds it.
    private void Release(CreditCellLayout* cell)
    {
        *cell = new CreditCellLayout { Ledger = Head, Owner = _free };
        _free = (nint)cell;
        _count--;
    }
}
