using System.Threading;

namespace Unkey.Server.Diagnostics.Requests;

/// <summary>A bounded queue of marks from one reactor to one background thread; all of its memory is there from the start.</summary>
/// <remarks>One thread writes, one reads; neither waits. A mark that finds no room is dropped and counted.</remarks>
internal sealed class MarkRing
{
    /// <summary>Marks that can wait.</summary>
    public const int Capacity = 2048;

    private const int Mask = Capacity - 1;

    private readonly RequestMark[] _marks = new RequestMark[Capacity];

    // ORDER: release and acquire of the first two make the marks between them whole; what is dropped is only a number. They lie
    // apart from each other: each is written by one thread and read by the other.
    private Padded _written;
    private Padded _read;
    private Padded _dropped;

    /// <summary>Marks that found no room. Any thread.</summary>
    public long Dropped => Volatile.Read(ref _dropped.Value);

    /// <summary>Marks that wait. Any thread.</summary>
    public long Count => Volatile.Read(ref _written.Value) - Volatile.Read(ref _read.Value);

    /// <summary>Puts a mark in; the reactor's thread alone.</summary>
    [HotPath]
    public bool TryWrite(in RequestMark mark)
    {
        long written = _written.Value;

        // ORDER: acquire. The reader has copied a mark before it moves on; pairs with the release in TryRead.
        if (written - Volatile.Read(ref _read.Value) == Capacity)
        {
            _dropped.Value++;
            return false;
        }

        _marks[written & Mask] = mark;

        // ORDER: release. The mark is whole before it is counted; pairs with the acquire in TryRead.
        Volatile.Write(ref _written.Value, written + 1);
        return true;
    }

    /// <summary>Takes the oldest mark; the background thread alone.</summary>
    public bool TryRead(out RequestMark mark)
    {
        long read = _read.Value;

        // ORDER: acquire. Pairs with the release in TryWrite.
        if (Volatile.Read(ref _written.Value) == read)
        {
            mark = default;
            return false;
        }

        mark = _marks[read & Mask];

        // ORDER: release. The slot is given back after it was copied; pairs with the acquire in TryWrite.
        Volatile.Write(ref _read.Value, read + 1);
        return true;
    }

    // A line and its prefetched neighbour for each counter.
    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Explicit, Size = 256)]
    private struct Padded
    {
        [System.Runtime.InteropServices.FieldOffset(128)]
        public long Value;
    }
}
