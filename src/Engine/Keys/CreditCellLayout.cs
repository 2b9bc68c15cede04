using System.Runtime.InteropServices;

namespace Unkey.Engine.Keys;

/// <summary>The mutable credits of one key: a cache line of its own, so that two busy keys do not share one.</summary>
/// <remarks>
/// <code>
///  0  Balance   8   any thread, by compare-and-swap
///  8  Dirty     4   1 while the cell is in the ledger's stack of changed cells, or about to be
/// 12  Orphan    4   writer only: nobody can reach it but the stack
/// 16  Next      8   next changed cell; written by the one who set Dirty
/// 24  Ledger    8   address of the ledger's shared head; constant
/// 32  Serial    8   writer only: new for each balance that is started or set
/// 40  Baseline  8   writer only: the balance the store holds
/// 48  Owner     8   writer only: address of the key's current record; 0 = removed
/// 56  (zero)    8
/// </code>
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal unsafe struct CreditCellLayout
{
    [FieldOffset(0)]
    public long Balance;

    [FieldOffset(8)]
    public int Dirty;

    [FieldOffset(12)]
    public int Orphan;

    [FieldOffset(16)]
    public nint Next;

    [FieldOffset(24)]
    public CreditLedgerHead* Ledger;

    [FieldOffset(32)]
    public ulong Serial;

    [FieldOffset(40)]
    public long Baseline;

    [FieldOffset(48)]
    public nint Owner;
}
