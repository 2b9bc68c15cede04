using System;
using System.Threading;

namespace Unkey.Engine.Keys;

/// <summary>The credits of a key: a signed 64-bit balance that is never taken below zero, exact under any concurrency.</summary>
/// <remarks>
/// A view of a native cell beside the record. Updates of the key keep the cell, so holders of an old and of a new record take from one balance.
/// Valid as long as the record it came from. <see langword="default"/> is "unlimited" (<see cref="IsNull"/>) and has no other usable member.
/// The first take after a write-back also puts the cell on the ledger's stack of changed cells: see <see cref="CreditLedger"/>.
/// </remarks>
public readonly unsafe struct CreditCell
{
    private readonly CreditCellLayout* _cell;

    internal CreditCell(CreditCellLayout* cell) => _cell = cell;

    /// <summary>Whether the key has no credit limit.</summary>
    public bool IsNull => _cell is null;

    internal CreditCellLayout* Layout => _cell;

    /// <summary>The balance now, 0 or more. Any thread; wait-free.</summary>
    // ORDER: acquire. Pairs with the interlocked writes in TryTake and Set.
    [HotPath]
    public long Read() => Volatile.Read(ref _cell->Balance);

    /// <summary>Takes credits if the balance covers them. Any thread; lock-free; no allocation; never throws.</summary>
    /// <param name="cost">Credits to take; 0 always passes and takes nothing; below 0 is refused.</param>
    /// <param name="remaining">The balance after the take, or the untouched balance when it was refused.</param>
    /// <returns>Whether the credits were taken.</returns>
    [HotPath]
    public bool TryTake(long cost, out long remaining)
    {
        // ORDER: acquire. Pairs with the interlocked writes below and in Set.
        long balance = Volatile.Read(ref _cell->Balance);
        if (cost == 0)
        {
            remaining = balance;
            return true;
        }

        // BOUND: a failed exchange means another thread took from or set this balance, and a balance of b can be taken from b times at most;
        // giving up early would refuse a request that the balance covers.
        while (cost > 0 && balance >= cost)
        {
            // ORDER: full fence. The credits taken are those of the balance read; pairs with itself, and with Drain: see MarkChanged.
            long seen = Interlocked.CompareExchange(ref _cell->Balance, balance - cost, balance);
            if (seen == balance)
            {
                MarkChanged();
                remaining = balance - cost;
                return true;
            }

            balance = seen;
        }

        remaining = balance;
        return false;
    }

    /// <summary>Sets the balance, and what the store is taken to hold, to a value the store has committed. Under the writer lock.</summary>
    /// <param name="balance">0 or more.</param>
    public void Set(long balance)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(balance);
        _cell->Baseline = balance;
        _cell->Serial = ++_cell->Ledger->Serial;

        // ORDER: full fence. Pairs with TryTake: a concurrent take is either before it and overwritten, or after it and exact.
        Interlocked.Exchange(ref _cell->Balance, balance);
    }

    /// <summary>Moves the balance by an amount, as the store has committed it. Under the writer lock.</summary>
    /// <param name="amount">Credits to add, or below 0 to take; above <see cref="long.MinValue"/>.</param>
    /// <param name="stored">By how much the balance in the store has moved; its bounds may have cut the amount short.</param>
    /// <remarks>Takes that run at the same time are kept, which <see cref="Set"/> would overwrite. The balance stays within 0 and
    /// <see cref="long.MaxValue"/>.</remarks>
    public void Add(long amount, long stored)
    {
        _cell->Baseline += stored;

        // ORDER: acquire. Pairs with the interlocked writes in TryTake.
        long balance = Volatile.Read(ref _cell->Balance);

        // BOUND: a failed exchange means another thread took from this balance, and only credits that are there can be taken.
        while (true)
        {
            long next = amount > long.MaxValue - balance ? long.MaxValue : Math.Max(balance + amount, 0);

            // ORDER: full fence. The balance moved is the one read; pairs with TryTake.
            long seen = Interlocked.CompareExchange(ref _cell->Balance, next, balance);
            if (seen == balance)
            {
                // Where a bound cut one of the two short, the next write-back carries the difference.
                MarkChanged();
                return;
            }

            balance = seen;
        }
    }

    /// <summary>Puts the cell on the stack of changed cells unless it is there.</summary>
    internal void MarkChanged()
    {
        // ORDER: the exchange in TryTake is a full fence between the new balance and this load. Pairs with Drain, which clears Dirty, fences,
        // and then reads the balance: either Drain sees the new balance, or this load sees Dirty cleared and pushes again.
        if (Volatile.Read(ref _cell->Dirty) != 0)
        {
            return;
        }

        // ORDER: full fence. Elects the one thread that pushes.
        if (Interlocked.Exchange(ref _cell->Dirty, 1) != 0)
        {
            return;
        }

        ref nint top = ref _cell->Ledger->Changed;

        // ORDER: acquire is not needed; the exchange below checks the value.
        nint seen = Volatile.Read(ref top);

        // BOUND: a failed exchange means another thread pushed its cell; each cell is pushed once between two drains.
        while (true)
        {
            _cell->Next = seen;

            // ORDER: release. Publishes Next; pairs with the exchange in Drain. Push-only, so the stack has no ABA.
            nint other = Interlocked.CompareExchange(ref top, (nint)_cell, seen);
            if (other == seen)
            {
                return;
            }

            seen = other;
        }
    }
}
