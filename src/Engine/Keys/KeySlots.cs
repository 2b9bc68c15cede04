using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Threading;
using Unkey.Engine.Memory;

namespace Unkey.Engine.Keys;

/// <summary>The slots of one size of the key table. Size and place never change; growing makes another.</summary>
/// <remarks>
/// Any thread may look up; one writer at a time changes slots. A tag is written before the address beside it and never changes while that
/// address is set. A line is left by a probe only when it has no empty slot, and such a line never gets an empty slot again.
/// </remarks>
internal sealed unsafe class KeySlots
{
    /// <summary>Smallest size: sixteen cache lines.</summary>
    public const long CapacityMin = 64;

    private readonly KeySlot* _slots;
    private readonly ulong _lineMask;
    private readonly int _shift;

    public KeySlots(long capacity)
    {
        Debug.Assert(capacity >= CapacityMin && BitOperations.IsPow2(capacity), "The capacity is a power of two.");
        Block = NativeBlock.Allocate((nuint)capacity * (nuint)sizeof(KeySlot), touched: false);
        _slots = (KeySlot*)Block.Pointer;
        ulong lines = (ulong)capacity / KeySlot.PerLine;
        _lineMask = lines - 1;
        _shift = 64 - BitOperations.TrailingZeroCount(lines);
        Capacity = capacity;
    }

    /// <summary>The memory, to be retired when another size is published.</summary>
    public NativeBlock Block { get; }

    /// <summary>Slots.</summary>
    public long Capacity { get; }

    /// <summary>Slots that are not empty: live ones and tombstones. Writer only.</summary>
    public long Used { get; private set; }

    /// <summary>The first slot of the line where a tag's probe begins.</summary>
    [HotPath]
    public KeySlot* Home(ulong tag) => _slots + ((tag >> _shift) * KeySlot.PerLine);

    /// <summary>Finds the record of a digest.</summary>
    /// <returns>Its address, or 0.</returns>
    [HotPath]
    public nint Find(ulong tag, in KeyDigest digest)
    {
        ulong line = tag >> _shift;

        // BOUND: at most seven eighths of the slots are used, so every probe comes to a line with an empty one.
        while (true)
        {
            KeySlot* slot = _slots + (line * KeySlot.PerLine);
            bool hasEmpty = false;
            for (int i = 0; i < KeySlot.PerLine; i++)
            {
                ulong seen = slot[i].Tag;
                hasEmpty |= seen == 0;
                if (seen == tag)
                {
                    // ORDER: acquire. Pairs with the releases in Publish and Replace: the record's bytes are there when its address is.
                    nint record = Volatile.Read(ref slot[i].Record);
                    if (record != 0 && Matches(record, in digest))
                    {
                        return record;
                    }
                }
            }

            if (hasEmpty)
            {
                return 0;
            }

            line = (line + 1) & _lineMask;
        }
    }

    /// <summary>Asks for the record that a tag of the first line of a probe leads to, which is nearly always the one that is looked for.</summary>
    /// <returns>Its address, or 0.</returns>
    [HotPath]
    public nint PrefetchRecord(ulong tag)
    {
        KeySlot* slot = Home(tag);
        for (int i = 0; i < KeySlot.PerLine; i++)
        {
            if (slot[i].Tag == tag)
            {
                // ORDER: acquire. As in Find: whoever goes on reads the record.
                nint record = Volatile.Read(ref slot[i].Record);
                PrefetchLines(record);
                return record;
            }
        }

        return 0;
    }

    /// <summary>A slot by its place, 0 to <see cref="Capacity"/> - 1. Writer only.</summary>
    public KeySlot* At(long index) => _slots + index;

    /// <summary>Finds the slot of a digest. Writer only.</summary>
    /// <returns>The slot, or null.</returns>
    public KeySlot* FindSlot(ulong tag, in KeyDigest digest)
    {
        ulong line = tag >> _shift;

        // BOUND: as in Find.
        while (true)
        {
            KeySlot* slot = _slots + (line * KeySlot.PerLine);
            bool hasEmpty = false;
            for (int i = 0; i < KeySlot.PerLine; i++, slot++)
            {
                hasEmpty |= slot->Tag == 0;
                if (slot->Tag == tag && slot->Record != 0 && Matches(slot->Record, in digest))
                {
                    return slot;
                }
            }

            if (hasEmpty)
            {
                return null;
            }

            line = (line + 1) & _lineMask;
        }
    }

    /// <summary>The place of a slot, 0 to <see cref="Capacity"/> - 1.</summary>
    public long IndexOf(KeySlot* slot) => slot - _slots;

    /// <summary>Puts a record that is not in the table into the first free slot of its probe. Writer only.</summary>
    /// <returns>The slot.</returns>
    public KeySlot* Publish(ulong tag, nint record)
    {
        ulong line = tag >> _shift;

        // BOUND: as in Find; the caller keeps an eighth of the slots empty.
        while (true)
        {
            KeySlot* slot = _slots + (line * KeySlot.PerLine);
            for (int i = 0; i < KeySlot.PerLine; i++, slot++)
            {
                if (slot->Record != 0)
                {
                    continue;
                }

                if (slot->Tag == 0)
                {
                    Used++;
                }

                // ORDER: release. After the last withdrawal of this slot; a reader that pairs the old tag with the new record, or the new
                // tag with none, is told so by the digest, which is the only proof of a match.
                Volatile.Write(ref slot->Tag, tag);

                // ORDER: release. Publishes the record's bytes and the tag; pairs with the acquire in Find.
                Volatile.Write(ref slot->Record, record);
                return slot;
            }

            line = (line + 1) & _lineMask;
        }
    }

    /// <summary>Puts another record of the same digest into a slot. Writer only.</summary>
    public static void Replace(KeySlot* slot, nint record)
    {
        // ORDER: release. Publishes the record's bytes; pairs with the acquire in Find.
        Volatile.Write(ref slot->Record, record);
    }

    /// <summary>Empties a slot, or leaves a tombstone where probes pass. Writer only.</summary>
    public void Withdraw(KeySlot* slot)
    {
        // ORDER: release. Pairs with the acquire in Find; the record itself is freed only after a grace period.
        Volatile.Write(ref slot->Record, 0);

        KeySlot* line = _slots + (((slot - _slots) / KeySlot.PerLine) * KeySlot.PerLine);
        for (int i = 0; i < KeySlot.PerLine; i++)
        {
            if (line[i].Tag == 0)
            {
                // Another slot of this line is empty, so no probe passes the line, and this slot may be empty again too.
                // ORDER: release, after the address is gone; pairs with the tag load in Find only in that it is seen at some time.
                Volatile.Write(ref slot->Tag, 0);
                Used--;
                return;
            }
        }
    }

    /// <summary>Copies a range of live slots of another size into this one, which no reader sees yet. Tags are enough: records are not touched.</summary>
    public void CopyFrom(KeySlots other, long from, long end)
    {
        for (long i = from; i < end; i++)
        {
            KeySlot* slot = other._slots + i;
            if (slot->Record != 0)
            {
                Publish(slot->Tag, slot->Record);
            }
        }
    }

    /// <summary>Slots a lookup of this digest reads, found or not: what an attacker would want to raise.</summary>
    public int CountProbes(ulong tag, in KeyDigest digest)
    {
        ulong line = tag >> _shift;
        int probes = 0;

        // BOUND: as in Find.
        while (true)
        {
            KeySlot* slot = _slots + (line * KeySlot.PerLine);
            bool hasEmpty = false;
            for (int i = 0; i < KeySlot.PerLine; i++, slot++)
            {
                probes++;
                hasEmpty |= slot->Tag == 0;
                if (slot->Tag == tag && slot->Record != 0 && Matches(slot->Record, in digest))
                {
                    return probes;
                }
            }

            if (hasEmpty)
            {
                return probes;
            }

            line = (line + 1) & _lineMask;
        }
    }

    private static bool Matches(nint record, in KeyDigest digest)
    {
        // The rest of the record is needed as soon as the digest matches; ask for it while the first line is on its way.
        PrefetchLines(record);
        return KeyDigest.Equals(in ((KeyRecordHeader*)record)->Digest, in digest);
    }

    // Most records have four to six lines. Never faults, also where a record has fewer.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PrefetchLines(nint record)
    {
        const int Lines = 5;
        for (int i = 0; i < Lines; i++)
        {
            CacheLine.Prefetch((byte*)record + (i * CacheLine.Bytes));
        }
    }
}
