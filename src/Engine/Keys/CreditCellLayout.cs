using System.Runtime.InteropServices;

namespace Unkey.Engine.Keys;

/// <summary>The mutable credits of one key: a cache line of its own, so that two busy keys do not share one.</summary>
/// <remarks>
/// <code>
///  0  Spent      8   any thread, by compare-and-swap: taken of this balance; below 0 = ~address of the cell that has replaced this one
///  8  Granted    8   writer only, never less: what may be taken of this balance
/// 16  Serial     8   constant: tells this balance from an earlier one of the same key, as in the store
/// 24  KeyPrefix  8   writer only: first 8 bytes of the key's SHA-256, in the order of memory; 0 = the key is gone
/// 32  Settled    8   writer only: how much of Spent the store has confirmed
/// 40  Owner      8   writer only: address of the key's current record; 0 = removed, 1 = nobody can reach it but the stack
/// 48  Next       8   0 = not in the ledger's stack of changed cells; else the next one there, or a mark
/// 56  Ledger     8   address of the ledger's shared head; constant
/// </code>
/// The first five mean something to another process too: see <see cref="UnsettledCredits"/>.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal unsafe struct CreditCellLayout
{
    /// <summary>Value of <see cref="Owner"/> when only the stack leads here.</summary>
    public const nint Orphan = 1;

    /// <summary>Value of <see cref="Next"/> behind the last cell of the stack, and while the cell is being pushed.</summary>
    public const nint EndOfStack = 1;

    [FieldOffset(0)]
    public long Spent;

    [FieldOffset(8)]
    public long Granted;

    [FieldOffset(16)]
    public long Serial;

    [FieldOffset(24)]
    public ulong KeyPrefix;

    [FieldOffset(32)]
    public long Settled;

    [FieldOffset(40)]
    public nint Owner;

    [FieldOffset(48)]
    public nint Next;

    [FieldOffset(56)]
    public CreditLedgerHead* Ledger;
}
