using System;
using Unkey.Engine.Keys;
using Unkey.Server.Hosting;

namespace Unkey.Server.Events;

/// <summary>
/// Keys and the minute of their last use: a table whose memory is used again, with no object for a key. One thread at a time.
/// </summary>
/// <remarks>
/// Slots of 16 bytes are probed one after the other, at most three in four of them in use; the ids lie beside them. With very many keys both wait for memory: several
/// uses are looked up together, so that the processor has these waits at once.
/// </remarks>
internal sealed class UsedKeys
{
    /// <summary>Uses that are noted together at most.</summary>
    public const int UsesTogether = 16;

    private const int SlotsMin = 1024;
    private const int MsPerMinute = 60_000;

    private readonly TextArena _ids = new();
    private readonly TextSort _sort = new();
    private Slot[] _slots = new Slot[SlotsMin];
    private int[] _order = [];

    /// <summary>Number of keys.</summary>
    public int Count { get; private set; }

    /// <summary>Notes a use. An earlier minute than the one that is known changes nothing.</summary>
    /// <param name="keyId">Id of the key, UTF-8; 1 to 65,535 bytes.</param>
    /// <param name="timeMs">Unix milliseconds; the minute counts.</param>
    /// <param name="keysMax">Keys that may be known; the use of a further one is not noted.</param>
    public void Note(ReadOnlySpan<byte> keyId, long timeMs, int keysMax) => Note(keyId, TextHash.Of(keyId), timeMs, keysMax);

    /// <summary>Notes several uses.</summary>
    /// <param name="keyIds">Where the ids are.</param>
    /// <param name="uses">The uses, <see cref="UsesTogether"/> at most.</param>
    /// <param name="keysMax">Keys that may be known; uses of further ones are not noted.</param>
    public void NoteAll(ReadOnlySpan<byte> keyIds, ReadOnlySpan<KeyUse> uses, int keysMax)
    {
        // BOUND: each turn doubles the slots.
        while (Count + uses.Length > RoomOf(_slots))
        {
            Grow();
        }

        Span<ulong> hashes = stackalloc ulong[UsesTogether];
        Span<TextRef> first = stackalloc TextRef[UsesTogether];
        int mask = _slots.Length - 1;
        for (int i = 0; i < uses.Length; i++)
        {
            hashes[i] = TextHash.Of(IdOf(keyIds, in uses[i]));
            ref readonly Slot slot = ref _slots[(int)hashes[i] & mask];
            first[i] = slot.Length == uses[i].Length && slot.Tag == TagOf(hashes[i]) ? slot.Id : default;
        }

        // The last byte is enough to have the rest on its way.
        for (int i = 0; i < uses.Length; i++)
        {
            if (first[i].Length > 0 && _ids[first[i]][^1] != IdOf(keyIds, in uses[i])[^1])
            {
                first[i] = default;
            }
        }

        for (int i = 0; i < uses.Length; i++)
        {
            ReadOnlySpan<byte> keyId = IdOf(keyIds, in uses[i]);
            if (first[i].Length > 0 && _ids[first[i]].SequenceEqual(keyId))
            {
                _slots[(int)hashes[i] & mask].Raise(MinuteOf(uses[i].TimeMs));
            }
            else
            {
                Note(keyId, hashes[i], uses[i].TimeMs, keysMax);
            }
        }
    }

    /// <summary>Places of the keys, for <see cref="KeyId"/> and <see cref="MinuteMs"/>, in the order of their ids.</summary>
    /// <returns>A view until the next call of <see cref="NoteAll"/> or <see cref="Clear"/>.</returns>
    public ReadOnlyMemory<int> OrderByKeyId()
    {
        if (_order.Length < Count)
        {
            _order = new int[_slots.Length];
        }

        int found = 0;
        for (int i = 0; i < _slots.Length; i++)
        {
            if (_slots[i].Length > 0)
            {
                _order[found++] = i;
            }
        }

        _sort.Sort(_order.AsSpan(0, found), new IdSource(_slots, _ids), BackgroundThread.Breathe);
        return _order.AsMemory(0, found);
    }

    /// <summary>Id of the key at a place, UTF-8; a view until the next call of <see cref="NoteAll"/>.</summary>
    public ReadOnlySpan<byte> KeyId(int place) => _ids[_slots[place].Id];

    /// <summary>The minute in which the key at a place was last used, Unix milliseconds.</summary>
    public long MinuteMs(int place) => (long)_slots[place].Minute * MsPerMinute;

    /// <summary>Forgets all keys and keeps the memory.</summary>
    public void Clear()
    {
        Array.Clear(_slots);
        _ids.Clear();
        Count = 0;
    }

    private static ReadOnlySpan<byte> IdOf(ReadOnlySpan<byte> keyIds, in KeyUse use) => keyIds.Slice(use.Offset, use.Length);

    private static uint MinuteOf(long timeMs) => (uint)Math.Clamp(timeMs / MsPerMinute, 0, uint.MaxValue);

    // So that most other ids need not be read.
    private static uint TagOf(ulong hash) => (uint)(hash >> 32);

    private static int RoomOf(Slot[] slots) => slots.Length / 4 * 3;

    private void Note(ReadOnlySpan<byte> keyId, ulong hash, long timeMs, int keysMax)
    {
        ref Slot slot = ref Find(_slots, keyId, hash);
        if (slot.Length > 0)
        {
            slot.Raise(MinuteOf(timeMs));
        }
        else if (Count < keysMax)
        {
            slot = new Slot { Tag = TagOf(hash), Offset = _ids.Add(keyId).Offset, Minute = MinuteOf(timeMs), Length = (ushort)keyId.Length };
            Count++;
            if (Count > RoomOf(_slots))
            {
                Grow();
            }
        }
    }

    private ref Slot Find(Slot[] slots, ReadOnlySpan<byte> keyId, ulong hash)
    {
        int mask = slots.Length - 1;
        int at = (int)hash & mask;

        // BOUND: a quarter of the slots is empty.
        while (slots[at].Length > 0 && !(slots[at].Tag == TagOf(hash) && slots[at].Length == keyId.Length && _ids[slots[at].Id].SequenceEqual(keyId)))
        {
            at = (at + 1) & mask;
        }

        return ref slots[at];
    }

    private void Grow()
    {
        Slot[] grown = new Slot[2 * _slots.Length];
        foreach (ref readonly Slot slot in _slots.AsSpan())
        {
            if (slot.Length > 0)
            {
                ReadOnlySpan<byte> keyId = _ids[slot.Id];
                Find(grown, keyId, TextHash.Of(keyId)) = slot;
            }
        }

        _slots = grown;
    }

    private readonly struct IdSource(Slot[] slots, TextArena ids) : ITextSource
    {
        public ReadOnlySpan<byte> this[int item] => ids[slots[item].Id];
    }

    private struct Slot
    {
        /// <summary>High half of the id's hash.</summary>
        public uint Tag;

        /// <summary>Where the id is.</summary>
        public int Offset;

        /// <summary>Minutes since 1970.</summary>
        public uint Minute;

        /// <summary>Bytes of the id; 0 in a slot that is empty.</summary>
        public ushort Length;

        public readonly TextRef Id => new(Offset, Length);

        public void Raise(uint minute) => Minute = Math.Max(Minute, minute);
    }
}
