using System;
using Unkey.Engine.Keys;
using Unkey.Server.Hosting;

namespace Unkey.Server.Events;

/// <summary>
/// Keys and the minute of their last use: a table whose memory is used again, with no object for a key. One thread at a time.
/// </summary>
/// <remarks>Slots of 16 bytes are probed one after the other, at most three in four of them in use; the ids lie beside them.</remarks>
internal sealed class UsedKeys
{
    private const int SlotsMin = 1024;
    private const int MsPerMinute = 60_000;

    private readonly TextArena _ids = new();
    private Slot[] _slots = new Slot[SlotsMin];
    private int[] _order = [];
    private TextRef[] _texts = [];

    /// <summary>Number of keys.</summary>
    public int Count { get; private set; }

    /// <summary>Notes a use. An earlier minute than the one that is known changes nothing.</summary>
    /// <param name="keyId">Id of the key, UTF-8; 1 to 65,535 bytes.</param>
    /// <param name="timeMs">Unix milliseconds; the minute counts.</param>
    /// <param name="keysMax">Keys that may be known; the use of a further one is not noted.</param>
    public void Note(ReadOnlySpan<byte> keyId, long timeMs, int keysMax)
    {
        uint minute = (uint)Math.Clamp(timeMs / MsPerMinute, 0, uint.MaxValue);
        ulong hash = TextHash.Of(keyId);
        ref Slot slot = ref Find(_slots, keyId, hash);
        if (slot.Length > 0)
        {
            slot.Minute = Math.Max(slot.Minute, minute);
        }
        else if (Count < keysMax)
        {
            slot = new Slot { Tag = (uint)(hash >> 32), Offset = _ids.Add(keyId).Offset, Minute = minute, Length = (ushort)keyId.Length };
            Count++;
            if (Count > _slots.Length / 4 * 3)
            {
                Grow();
            }
        }
    }

    /// <summary>Places of the keys, for <see cref="KeyId"/> and <see cref="MinuteMs"/>, in the order of their ids as <see cref="TextArena.Sort"/> sees it.</summary>
    /// <returns>A view until the next call of <see cref="Note"/> or <see cref="Clear"/>.</returns>
    public ReadOnlyMemory<int> OrderByKeyId()
    {
        if (_order.Length < Count)
        {
            _order = new int[_slots.Length];
            _texts = new TextRef[_slots.Length];
        }

        int found = 0;
        for (int i = 0; i < _slots.Length; i++)
        {
            if (_slots[i].Length > 0)
            {
                _order[found] = i;
                _texts[found++] = _slots[i].Id;
            }
        }

        _ids.Sort(_order.AsSpan(0, found), _texts.AsSpan(0, found), BackgroundThread.Breathe);
        return _order.AsMemory(0, found);
    }

    /// <summary>Id of the key at a place, UTF-8; a view until the next call of <see cref="Note"/>.</summary>
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

    private ref Slot Find(Slot[] slots, ReadOnlySpan<byte> keyId, ulong hash)
    {
        int mask = slots.Length - 1;
        int at = (int)hash & mask;

        // BOUND: a quarter of the slots is empty.
        while (slots[at].Length > 0 && !(slots[at].Tag == (uint)(hash >> 32) && slots[at].Length == keyId.Length && _ids[slots[at].Id].SequenceEqual(keyId)))
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

    private struct Slot
    {
        /// <summary>High half of the id's hash, so that most other ids need not be read.</summary>
        public uint Tag;

        /// <summary>Where the id is.</summary>
        public int Offset;

        /// <summary>Minutes since 1970.</summary>
        public uint Minute;

        /// <summary>Bytes of the id; 0 in a slot that is empty.</summary>
        public ushort Length;

        public readonly TextRef Id => new(Offset, Length);
    }
}
