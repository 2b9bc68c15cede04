using System.Threading;
using Unkey.Engine.Memory;

namespace Unkey.Engine.Keys;

/// <summary>The credits of a key: a signed 64-bit balance that is never taken below zero, exact under any concurrency.</summary>
/// <remarks>
/// <para>
/// A view of a cell beside the record. The balance is what was granted less what was spent, and one compare-and-swap of the spent total is a take.
/// Where the cells are in a mapped file, that one store is also all that has to survive the death of the process: see <see cref="UnsettledCredits"/>.
/// </para>
/// <para>
/// Updates of the key keep the cell when they can; when the balance is set or lowered, the cell is replaced, and its spent total becomes the way
/// to the new one. So holders of an old and of a new record take from one balance. Valid as long as the record it came from.
/// <see langword="default"/> is "unlimited" (<see cref="IsNull"/>) and has no other usable member.
/// The first take after a write-back also puts the cell on the ledger's stack of changed cells: see <see cref="CreditLedger"/>.
/// </para>
/// </remarks>
public readonly unsafe struct CreditCell
{
    private readonly CreditCellLayout* _cell;

    internal CreditCell(CreditCellLayout* cell) => _cell = cell;

    /// <summary>Whether the key has no credit limit.</summary>
    public bool IsNull => _cell is null;

    internal CreditCellLayout* Layout => _cell;

    /// <summary>Asks for the cell's cache line; nothing when there is none.</summary>
    [HotPath]
    public void Prefetch() => CacheLine.Prefetch(_cell);

    /// <summary>The balance now, 0 or more. Any thread; lock-free.</summary>
    [HotPath]
    public long Read()
    {
        CreditCellLayout* cell = _cell;

        // ORDER: acquire. Pairs with the exchanges in TryTake and in CreditLedger.Continue.
        long spent = Volatile.Read(ref cell->Spent);

        // BOUND: each step leads to a newer cell, and each cell is an update of the key.
        while (spent < 0)
        {
            cell = Successor(spent);
            spent = Volatile.Read(ref cell->Spent); // ORDER: as above.
        }

        // ORDER: acquire. Read after Spent, which never exceeds what was granted before it.
        return Volatile.Read(ref cell->Granted) - spent;
    }

    /// <summary>Takes credits if the balance covers them. Any thread; lock-free; no allocation; never throws.</summary>
    /// <param name="cost">Credits to take; 0 always passes and takes nothing; below 0 is refused.</param>
    /// <param name="remaining">The balance after the take, or the untouched balance when it was refused.</param>
    /// <returns>Whether the credits were taken.</returns>
    [HotPath]
    public bool TryTake(long cost, out long remaining)
    {
        CreditCellLayout* cell = _cell;

        // ORDER: acquire. Pairs with the exchange below and in CreditLedger.Continue.
        long spent = Volatile.Read(ref cell->Spent);

        // BOUND: a failed exchange means another thread took from this balance, which can happen as often as there are credits, or replaced it, which
        // is an update of the key; giving up early would refuse a request that the balance covers.
        while (true)
        {
            if (spent < 0)
            {
                cell = Successor(spent);
                spent = Volatile.Read(ref cell->Spent); // ORDER: as above.
                continue;
            }

            // ORDER: acquire. Read after Spent: a cell's grant only grows, so the difference is never below 0.
            long balance = Volatile.Read(ref cell->Granted) - spent;
            if (cost <= 0 || balance < cost)
            {
                remaining = balance;
                return cost == 0;
            }

            // ORDER: full fence. The credits taken are those of the balance read; pairs with itself, and with Drain: see MarkChanged.
            long seen = Interlocked.CompareExchange(ref cell->Spent, spent + cost, spent);
            if (seen == spent)
            {
                MarkChanged(cell);
                remaining = balance - cost;
                return true;
            }

            spent = seen;
        }
    }

    /// <summary>What <see cref="CreditCellLayout.Spent"/> becomes when another cell takes over.</summary>
    internal static long Forward(CreditCellLayout* successor) => ~(long)successor;

    /// <summary>Puts a cell on the stack of changed cells unless it is there.</summary>
    internal static void MarkChanged(CreditCellLayout* cell)
    {
        // ORDER: the exchange in TryTake is a full fence between the new total and this load. Pairs with Drain, which clears Next, fences,
        // and then reads the total: either Drain sees the new total, or this load sees Next cleared and pushes again.
        if (Volatile.Read(ref cell->Next) != 0)
        {
            return;
        }

        // ORDER: full fence. Elects the one thread that pushes.
        if (Interlocked.CompareExchange(ref cell->Next, CreditCellLayout.EndOfStack, 0) != 0)
        {
            return;
        }

        // ORDER: none needed; the count says how much there is to write, not what.
        Interlocked.Increment(ref cell->Ledger->Pushed);
        ref nint top = ref cell->Ledger->Changed;

        // ORDER: acquire is not needed; the exchange below checks the value.
        nint seen = Volatile.Read(ref top);

        // BOUND: a failed exchange means another thread pushed its cell; each cell is pushed once between two drains.
        while (true)
        {
            cell->Next = seen == 0 ? CreditCellLayout.EndOfStack : seen;

            // ORDER: release. Publishes Next; pairs with the exchange in Drain. Push-only, so the stack has no ABA.
            nint other = Interlocked.CompareExchange(ref top, (nint)cell, seen);
            if (other == seen)
            {
                return;
            }

            seen = other;
        }
    }

    // SAFETY: only CreditLedger.Continue makes a total negative, from the address of a cell that outlives every reader of this one: it is
    // retired no earlier, and a reader holds both from before either was.
    private static CreditCellLayout* Successor(long spent) => (CreditCellLayout*)~spent;
}
