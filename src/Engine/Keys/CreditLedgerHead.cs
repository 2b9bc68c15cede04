using System.Runtime.InteropServices;

namespace Unkey.Engine.Keys;

/// <summary>What all credit cells share: the stack of changed cells, 128 bytes from anything else.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct CreditLedgerHead
{
    /// <summary>Address of the cell pushed last; 0 = none. Pushed by any thread, taken whole by the writer.</summary>
    [FieldOffset(128)]
    public nint Changed;

    /// <summary>Cells pushed since the stack was last taken. Counted by any thread that pushes, on the line that it has just written.</summary>
    [FieldOffset(128 + sizeof(long))]
    public long Pushed;
}
