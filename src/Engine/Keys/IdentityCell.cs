using System.Runtime.InteropServices;
using System.Threading;

namespace Unkey.Engine.Keys;

/// <summary>What key records point at for their identity: it stays where it is while the identity behind it is replaced or deleted.</summary>
/// <remarks>
/// <code>
///  0  Current  8   address of the identity record; 0 = not published yet, or deleted
///  8  Entry    4   index in the directory's own list; writer only
/// 12  (zero)   4
/// </code>
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal unsafe struct IdentityCell
{
    [FieldOffset(0)]
    public nint Current;

    [FieldOffset(8)]
    public int Entry;

    /// <summary>The identity behind a cell as it is now; a null cell has none. Any thread.</summary>
    public static IdentityRecord Read(IdentityCell* cell)
    {
        // ORDER: acquire. Pairs with the release in Publish: the record's bytes are there when its address is.
        return cell is null ? default : new IdentityRecord((IdentityRecordHeader*)Volatile.Read(ref cell->Current));
    }

    /// <summary>Puts another record behind a cell. Under the writer lock.</summary>
    /// <returns>The address that was there, to be retired.</returns>
    public static nint Publish(IdentityCell* cell, nint record)
    {
        nint previous = cell->Current;

        // ORDER: release. Publishes the record's bytes written before; pairs with the acquire in Read.
        Volatile.Write(ref cell->Current, record);
        return previous;
    }
}
