using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Unkey.Engine.Keys;

/// <summary>What the cell of a process that has died tells: credits that were taken and of which the store may not know.</summary>
/// <param name="KeyPrefix">First 8 bytes of the key's SHA-256, in the order of memory.</param>
/// <param name="Serial">Which balance of the key they were taken of.</param>
/// <param name="Spent">Credits taken of that balance since it was set, 1 or more.</param>
public readonly record struct UnsettledCredits(ulong KeyPrefix, long Serial, long Spent)
{
    /// <summary>Bytes of a cell.</summary>
    public const int CellBytes = 64;

    /// <summary>Reads a cell, whatever state the process left it in.</summary>
    /// <param name="cell">Its <see cref="CellBytes"/>.</param>
    /// <param name="unsettled">What it tells.</param>
    /// <returns>False when the store knows all of it, or it is free, its key is gone, another cell has replaced it, or it cannot be one.</returns>
    public static unsafe bool TryRead(ReadOnlySpan<byte> cell, out UnsettledCredits unsettled)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(cell.Length, sizeof(CreditCellLayout));

        // SAFETY: the span has the size of a cell, as was just checked, and every bit pattern is one.
        CreditCellLayout left = Unsafe.ReadUnaligned<CreditCellLayout>(ref MemoryMarshal.GetReference(cell));
        unsettled = new UnsettledCredits(left.KeyPrefix, left.Serial, left.Spent);
        return left.KeyPrefix != 0 && left.Spent > left.Settled && left.Spent <= left.Granted && left.Settled >= 0;
    }
}
