using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Text;
using System.Threading;
using Unkey.Engine.Memory;

namespace Unkey.Engine.Keys;

/// <summary>Owns all credit cells and knows which of them changed since they were last written to the store.</summary>
/// <remarks>
/// Writer-side: every member runs under the writer lock. A write-back is <see cref="Drain"/>, one store transaction that subtracts what each
/// change says, and <see cref="KeyTable.ConfirmCredits"/> (or <see cref="KeyTable.RequeueCredits"/> when the transaction failed).
/// The invariant is that a cell's baseline equals the balance in the store; so a write-back and a <see cref="CreditUpdate.Set"/> of the same
/// key must reach the store and this class in the same order. The cost of finding changes is proportional to the changes, not to the keys.
/// </remarks>
public sealed unsafe class CreditLedger : IReclaimable, IDisposable
{
    private readonly Lock _writerLock;
    private readonly NativeBlock _headBlock;
    private readonly NativeHeap _cells;
    private int _count;

    internal CreditLedger(Lock writerLock)
    {
        _writerLock = writerLock;
        _cells = new NativeHeap(writerLock);
        _headBlock = NativeBlock.Allocate((nuint)sizeof(CreditLedgerHead), 128);
    }

    /// <summary>Cells in use: keys with a credit limit, and removed ones that readers may still hold. Any thread; a recent value.</summary>
    // ORDER: none needed; Volatile keeps the value fresh for metrics.
    public int Count => Volatile.Read(ref _count);

    private CreditLedgerHead* Head => (CreditLedgerHead*)_headBlock.Pointer;

    /// <summary>Lists every key whose credits changed since its last confirmation. A change listed once is not listed again by itself.</summary>
    /// <param name="changes">Receives the changes.</param>
    /// <returns>How many were added.</returns>
    public int Drain(ICollection<CreditChange> changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        Debug.Assert(_writerLock.IsHeldByCurrentThread, "The ledger is the writer's.");

        // ORDER: full fence. Takes the whole stack; pairs with the release in MarkChanged, so Next of every cell taken is there.
        nint address = Interlocked.Exchange(ref Head->Changed, 0);
        int added = 0;

        // BOUND: by the cells; a cell is at most once in the stack that was taken.
        while (address != 0)
        {
            var cell = (CreditCellLayout*)address;

            // Read before Dirty is cleared: from then on another thread may push the cell again.
            address = cell->Next;
            if (cell->Orphan != 0)
            {
                Release(cell);
                continue;
            }

            // ORDER: full fence. Pairs with the exchange in TryTake: see MarkChanged.
            Interlocked.Exchange(ref cell->Dirty, 0);

            // ORDER: acquire. Pairs with the interlocked writes of the balance.
            long consumed = cell->Baseline - Volatile.Read(ref cell->Balance);
            if (cell->Owner != 0 && consumed != 0)
            {
                var record = new KeyRecord(cell->Owner);
                changes.Add(new CreditChange(record.Digest, Encoding.UTF8.GetString(record.KeyId), consumed, cell->Serial));
                added++;
            }
        }

        return added;
    }

    /// <summary>Starts a balance.</summary>
    internal CreditCellLayout* Allocate(long balance)
    {
        var cell = (CreditCellLayout*)_cells.Allocate((nuint)sizeof(CreditCellLayout));
        *cell = new CreditCellLayout
        {
            Balance = balance,
            Baseline = balance,
            Ledger = Head,
            Serial = ++Head->Serial,
        };
        _count++;
        return cell;
    }

    void IReclaimable.Reclaim(nint address, nuint byteCount)
    {
        var cell = (CreditCellLayout*)address;

        // No reader can take from it any more, but the stack of changes may still lead through it; then the next drain frees it.
        if (cell->Dirty != 0)
        {
            cell->Orphan = 1;
            return;
        }

        Release(cell);
    }

    /// <summary>Returns everything to the system. No reader may be left.</summary>
    public void Dispose()
    {
        _cells.Dispose();
        _headBlock.Dispose();
    }

    private void Release(CreditCellLayout* cell)
    {
        _cells.Free((byte*)cell, (nuint)sizeof(CreditCellLayout));
        _count--;
    }
}
