using System;
using System.Collections.Generic;
using Unkey.Engine.Memory;

namespace Unkey.Engine.Keys;

/// <summary>A key table that nobody changes any more, to be copied block by block in the order of its slots.</summary>
/// <remarks>Any number of threads may copy at the same time, while nothing is written to the table. The order is what makes reading it back fast: the places in
/// the new table then follow each other, too, provided that it has the same secret.</remarks>
public sealed unsafe class KeyImageSource
{
    // Records are in no order in memory: as many are asked for ahead as a core waits for together.
    private const int SlotsAhead = 24;

    private readonly KeySlots _slots;

    internal KeyImageSource(KeySlots slots) => _slots = slots;

    /// <summary>Slots of the table.</summary>
    public long Slots => _slots.Capacity;

    /// <summary>Copies records until a block is full.</summary>
    /// <param name="from">Slot to begin with.</param>
    /// <param name="end">Slot to end before.</param>
    /// <param name="block">Room for a block; records begin at <see cref="KeyImage.HeadBytes"/>.</param>
    /// <param name="bytes">Where the records end, from the start of the block.</param>
    /// <param name="keys">Records copied.</param>
    /// <param name="others">Receives the ids of keys that refer to more and are not copied.</param>
    /// <returns>The slot to go on with; <paramref name="end"/> when there is nothing left.</returns>
    public long Copy(long from, long end, Span<byte> block, out int bytes, out int keys, List<string> others)
    {
        ArgumentNullException.ThrowIfNull(others);
        bytes = KeyImage.HeadBytes;
        keys = 0;
        long slot = from;
        for (; slot < end; slot++)
        {
            if (slot + SlotsAhead < end && _slots.At(slot + SlotsAhead)->Record is var ahead && ahead != 0)
            {
                CacheLine.Prefetch((void*)ahead);
                CacheLine.Prefetch((byte*)ahead + CacheLine.Bytes);
                CacheLine.Prefetch((byte*)ahead + (2 * CacheLine.Bytes));
            }

            var header = (KeyRecordHeader*)_slots.At(slot)->Record;
            if (header is null)
            {
                continue;
            }

            if (!KeyImage.IsPlain(header))
            {
                others.Add(System.Text.Encoding.UTF8.GetString(new KeyRecord(header).KeyId));
                continue;
            }

            int size = KeyImage.SizeOf(header);
            if (block.Length - bytes < size)
            {
                break;
            }

            // What follows the record up to the next granule is not the record's, so it is not copied.
            Span<byte> copy = block.Slice(bytes, size);
            new ReadOnlySpan<byte>(header, header->ByteCount).CopyTo(copy);
            copy[header->ByteCount..].Clear();
            bytes += size;
            keys++;
        }

        return slot;
    }
}
