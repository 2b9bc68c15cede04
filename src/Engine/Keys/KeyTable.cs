using System;
using System.Diagnostics;
using System.Numerics;
using System.Threading;
using Unkey.Engine.Memory;

namespace Unkey.Engine.Keys;

/// <summary>Every live key by the SHA-256 of its secret: open addressing off the managed heap, readers without locks, one writer.</summary>
/// <remarks>
/// Readers (<see cref="TryFind(in KeyDigest, out KeyRecord)"/>, <see cref="Begin"/>, <see cref="Continue"/>, <see cref="Version"/>, counts) run on any thread that is online as a
/// <see cref="Participant"/> or holds the writer lock. Writers (everything else) hold the writer lock. An update publishes a new record in
/// place of the old; growth publishes a copy of the slots that earlier writes have made step by step, so that no write waits for a copy of millions;
/// what readers may still hold goes through the <see cref="Reclaimer"/>. No reader ever waits, whatever the writer does. Mutable state (credits, identity) lives in cells that survive updates.
/// Source: linear probing with tombstones (Knuth, TAOCP vol. 3, 6.4), buckets of one cache line. Long form: docs/memory-reclamation.md.
/// </remarks>
public sealed unsafe class KeyTable : IRecordOwner
{
    private readonly Lock _writerLock;
    private readonly Reclaimer _reclaimer;
    private readonly RecordHeap _records;
    private readonly IdentityDirectory _identities;
    private readonly CreditLedger _credits;
    private DigestHash _hash = DigestHash.CreateRandom();
    private KeySlots _slots;

    // The slots to come, or null. They hold exactly the records of the first _copied slots.
    private KeySlots? _next;
    private long _copied;
    private PaddedInt64 _version;
    private long _count;
    private ulong _generation;

    internal KeyTable(Lock writerLock, Reclaimer reclaimer, RecordHeap records, IdentityDirectory identities, CreditLedger credits, long expectedKeys)
    {
        _writerLock = writerLock;
        _reclaimer = reclaimer;
        _records = records;
        _identities = identities;
        _credits = credits;
        _slots = new KeySlots(CapacityFor(expectedKeys));
        records.Add(this);
    }

    /// <summary>Live keys. Any thread; a recent value.</summary>
    // ORDER: none needed; Volatile keeps the 64-bit read fresh for metrics.
    public long Count => Volatile.Read(ref _count);

    /// <summary>Slots of the current size. Any thread; a recent value.</summary>
    // ORDER: acquire. Pairs with the release in Advance.
    public long Capacity => Volatile.Read(ref _slots).Capacity;

    /// <summary>
    /// Rises with every publication and removal. A record found while the version was v is still current, and still valid, for an online reader
    /// that sees v again, even across its own quiescent points: a version is raised before what it replaces is retired.
    /// </summary>
    // ORDER: acquire. Pairs with the release in Changed.
    public long Version
    {
        [HotPath]
        get => Volatile.Read(ref _version.Value);
    }

    /// <summary>Finds the live record for a key digest.</summary>
    /// <param name="digest">SHA-256 of the presented key: 32 bytes, never the key itself.</param>
    /// <param name="record">On success, the immutable record, valid until this thread's next quiescent point; otherwise null.</param>
    /// <returns><see langword="true"/> only when all 32 bytes match a published record.</returns>
    /// <remarks>Wait-free. Any online thread. No allocation, no throw. One or two cache misses for the slot line and the record's.</remarks>
    [HotPath]
    public bool TryFind(in KeyDigest digest, out KeyRecord record) => TryFind(in digest, _hash.Tag(in digest), out record);

    /// <summary>As <see cref="TryFind(in KeyDigest, out KeyRecord)"/>, for a lookup that was begun.</summary>
    /// <param name="digest">SHA-256 of the presented key.</param>
    /// <param name="tag">What <see cref="Begin"/> made of it.</param>
    /// <param name="record">As above.</param>
    [HotPath]
    internal bool TryFind(in KeyDigest digest, ulong tag, out KeyRecord record)
    {
        // ORDER: acquire. Pairs with the release in Advance: the slots are copied when they can be seen.
        KeySlots slots = Volatile.Read(ref _slots);
        nint address = slots.Find(tag, in digest);
        record = new KeyRecord(address);
        return address != 0;
    }

    /// <summary>Begins a lookup before its turn: asks for the line of the slot.</summary>
    /// <param name="digest">SHA-256 of a presented key.</param>
    /// <param name="ahead">For the next step.</param>
    [HotPath]
    public void Begin(in KeyDigest digest, out KeyLookAhead ahead)
    {
        ahead = new KeyLookAhead { Tag = _hash.Tag(in digest), Digest = digest };

        // ORDER: acquire. Pairs with the release in Advance.
        CacheLine.Prefetch(Volatile.Read(ref _slots).Home(ahead.Tag));
    }

    /// <summary>Goes on with a lookup whose slot has had time to arrive: asks for the record.</summary>
    /// <param name="ahead">From <see cref="Begin"/>, in the same read section.</param>
    [HotPath]
    public void Continue(ref KeyLookAhead ahead)
    {
        // ORDER: acquire. As above.
        ahead.Record = Volatile.Read(ref _slots).PrefetchRecord(ahead.Tag);
    }

    /// <summary>Makes room for keys that are about to be published, so that a load does not grow the table step by step. Under the writer lock.</summary>
    /// <param name="keys">Keys expected in all, 0 or more.</param>
    public void Reserve(long keys)
    {
        Debug.Assert(_writerLock.IsHeldByCurrentThread, "The table has one writer.");
        long capacity = CapacityFor(keys);
        Advance(long.MaxValue);
        if (capacity > _slots.Capacity)
        {
            Resize(capacity);
            Advance(long.MaxValue);
        }
    }

    /// <summary>Publishes a key, or replaces the record of its digest. Under the writer lock.</summary>
    /// <param name="spec">What the key is now.</param>
    /// <returns>The published record, valid until the writer lock is left or something else is written under it.</returns>
    /// <exception cref="ArgumentException">A text, a count or a number is over its bound; nothing is changed.</exception>
    public KeyRecord Upsert(KeySpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        Debug.Assert(_writerLock.IsHeldByCurrentThread, "The table has one writer.");
        PrepareWrite();
        ulong tag = _hash.Tag(spec.Digest);
        KeySlot* slot = _slots.FindSlot(tag, spec.Digest);
        return Put(spec, tag, slot, slot is null ? 0 : slot->Record);
    }

    /// <summary>Publishes the keys of a batch, each as <see cref="Upsert"/> would. Under the writer lock.</summary>
    internal void Publish(KeyBatch batch)
    {
        Debug.Assert(_writerLock.IsHeldByCurrentThread, "The table has one writer.");
        ReadOnlySpan<ulong> tags = batch.Tags;
        ReadOnlySpan<nint> records = batch.Records;
        foreach (ulong tag in tags)
        {
            // The places are random in a table that no cache holds, so their misses are waited for together.
            CacheLine.Prefetch(_slots.Home(tag));
        }

        for (int i = 0; i < tags.Length; i++)
        {
            // The batch's own records are not in a slot yet, so nothing that moves records would move them: the heap is not compacted here.
            Advance(CopiedPerWrite);
            var header = (KeyRecordHeader*)records[i];
            KeySlot* slot = _slots.FindSlot(tags[i], in header->Digest);
            if (slot is null)
            {
                MakeRoom();
            }

            header->Generation = ++_generation;
            _records.Current.Admit(NativeHeap.RoundUp((nuint)header->ByteCount));
            Link(tags[i], slot, records[i], credits: 0);
        }
    }

    /// <summary>Publishes the keys of a block that was read from a file, in place of those of the same digests. Under the writer lock.</summary>
    /// <param name="image">Sound and translated; the table owns its memory from now on.</param>
    /// <exception cref="InvalidOperationException">It was published already.</exception>
    public void Publish(KeyImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        Debug.Assert(_writerLock.IsHeldByCurrentThread, "The table has one writer.");
        NativeBlock block = image.Take(out int end);
        _records.Current.Adopt(block);
        for (int at = KeyImage.HeadBytes; at < end;)
        {
            // SAFETY: the image has checked that its records end where the next ones begin.
            var header = (KeyRecordHeader*)(block.Pointer + at);
            at += KeyImage.SizeOf(header);
            Advance(CopiedPerWrite);
            ulong tag = _hash.Tag(in header->Digest);
            KeySlot* slot = _slots.FindSlot(tag, in header->Digest);
            if (slot is null)
            {
                MakeRoom();
            }

            header->Generation = ++_generation;
            _records.Current.Admit((nuint)KeyImage.SizeOf(header));
            Link(tag, slot, (nint)header, credits: 0);
        }
    }

    /// <summary>The table as it is, to be copied to a file. Under the writer lock; nothing may be written as long as the source is used.</summary>
    public KeyImageSource Freeze()
    {
        Debug.Assert(_writerLock.IsHeldByCurrentThread, "The table has one writer.");
        Advance(long.MaxValue);
        return new KeyImageSource(_slots);
    }

    /// <summary>The secret of the places in the table, which whoever knows it can aim at: for a file that only its owner can read.</summary>
    /// <returns><see cref="DigestHash.SecretBytes"/> bytes.</returns>
    public byte[] CopySecret() => _hash.ToBytes();

    /// <summary>Takes the secret of an earlier table, so that its records in the order of its slots are in the order of the slots here. Under the writer lock.</summary>
    /// <param name="secret">From <see cref="CopySecret"/>.</param>
    /// <exception cref="InvalidOperationException">The table has keys.</exception>
    public void UseSecret(ReadOnlySpan<byte> secret)
    {
        Debug.Assert(_writerLock.IsHeldByCurrentThread, "The table has one writer.");
        if (_slots.Used != 0 || _next is not null)
        {
            throw new InvalidOperationException("Keys already have their places.");
        }

        _hash = DigestHash.FromBytes(secret);
    }

    /// <summary>Publishes a key under a new digest in place of an old one; the running balance moves along. Under the writer lock.</summary>
    /// <param name="previous">Digest under which the key was published; when it is unknown this is <see cref="Upsert"/>.</param>
    /// <param name="spec">What the key is now.</param>
    /// <returns>The published record, valid until the writer lock is left or something else is written under it.</returns>
    /// <remarks>The new digest is found before the old one is not: there is no moment without the key.</remarks>
    /// <exception cref="ArgumentException">As in <see cref="Upsert"/>.</exception>
    public KeyRecord Rekey(in KeyDigest previous, KeySpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        Debug.Assert(_writerLock.IsHeldByCurrentThread, "The table has one writer.");
        PrepareWrite();
        ulong previousTag = _hash.Tag(in previous);
        KeySlot* donor = _slots.FindSlot(previousTag, in previous);
        ulong tag = _hash.Tag(spec.Digest);
        if (donor is null || previous == spec.Digest)
        {
            KeySlot* slot = _slots.FindSlot(tag, spec.Digest);
            return Put(spec, tag, slot, slot is null ? 0 : slot->Record);
        }

        KeyRecord published = Put(spec, tag, _slots.FindSlot(tag, spec.Digest), donor->Record);

        // Put may have grown the table, so the slot is looked up again.
        Unlink(_slots.FindSlot(previousTag, in previous), published.Header->CreditCell);
        return published;
    }

    /// <summary>Withdraws a key: lookups that begin after the return do not find it. Under the writer lock.</summary>
    /// <param name="digest">SHA-256 of the key.</param>
    /// <returns>Whether it was there.</returns>
    public bool Remove(in KeyDigest digest)
    {
        Debug.Assert(_writerLock.IsHeldByCurrentThread, "The table has one writer.");
        PrepareWrite();
        KeySlot* slot = _slots.FindSlot(_hash.Tag(in digest), in digest);
        if (slot is null)
        {
            return false;
        }

        Unlink(slot, keptCell: 0);
        if (_next is null && _slots.Capacity > KeySlots.CapacityMin && _count < _slots.Capacity / 8)
        {
            Resize(_slots.Capacity / 2);
        }

        return true;
    }

    /// <summary>States that the store has subtracted a change. Under the writer lock.</summary>
    /// <param name="change">A change from <see cref="CreditLedger.Drain"/>; one whose balance was replaced since is ignored.</param>
    public void ConfirmCredits(in CreditChange change)
    {
        CreditCellLayout* cell = FindCell(in change);
        if (cell is not null)
        {
            cell->Settled = Math.Max(cell->Settled, change.Spent);
        }
    }

    /// <summary>States that the store could not take a change: the next drain lists the key again. Under the writer lock.</summary>
    /// <param name="change">A change from <see cref="CreditLedger.Drain"/>; one whose balance was replaced since is ignored.</param>
    public void RequeueCredits(in CreditChange change)
    {
        CreditCellLayout* cell = FindCell(in change);
        if (cell is not null)
        {
            CreditCell.MarkChanged(cell);
        }
    }

    /// <summary>The tag of a digest in this table. Any thread.</summary>
    internal ulong TagOf(in KeyDigest digest) => _hash.Tag(in digest);

    /// <summary>Most slots that are copied at once, in well under a millisecond; a larger table is copied step by step.</summary>
    internal long CopiedAtOnceMax { get; set; } = 32 * 1024;

    /// <summary>Slots that a write copies. A copy begins at three quarters and must be done at seven eighths, so eight would do.</summary>
    internal long CopiedPerWrite { get; set; } = 2_048;

    /// <summary>Whether slots of another size are being filled. Under the writer lock.</summary>
    internal bool IsResizing => _next is not null;

    /// <summary>Slots a lookup of this digest reads. Under the writer lock.</summary>
    internal int CountProbes(in KeyDigest digest) => _slots.CountProbes(_hash.Tag(in digest), in digest);

    /// <summary>Frees the slots. No reader may be left; records go with their heap.</summary>
    internal void FreeSlots()
    {
        _slots.Block.Dispose();
        _next?.Block.Dispose();
    }

    void IRecordOwner.MoveRecords(NativeHeap destination)
    {
        // Every record is copied here, so the slots of those that are already in the next table may be too.
        Advance(long.MaxValue);
        for (long i = 0; i < _slots.Capacity; i++)
        {
            KeySlot* slot = _slots.At(i);
            if (slot->Record != 0)
            {
                var original = (KeyRecordHeader*)slot->Record;
                var copy = (KeyRecordHeader*)destination.CopyOf((byte*)original, (nuint)original->ByteCount);
                if (copy->CreditCell != 0)
                {
                    ((CreditCellLayout*)copy->CreditCell)->Owner = (nint)copy;
                }

                KeySlots.Replace(slot, (nint)copy);
            }
        }

        // The originals are retired next, so nobody may go on with one that was remembered by its version.
        Changed();
    }

    private static long CapacityFor(long keys)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(keys);
        return (long)Math.Max(KeySlots.CapacityMin, BitOperations.RoundUpToPowerOf2((ulong)(keys + (keys / 3) + 1)));
    }

    private KeyRecord Put(KeySpec spec, ulong tag, KeySlot* slot, nint donor)
    {
        // Everything that can refuse the spec comes before the first change.
        var builder = new KeyRecordBuilder(spec);
        if (slot is null)
        {
            MakeRoom();
        }

        CreditCellLayout* credits = ResolveCredits(spec, donor);
        IdentityCell* identity = spec.IdentityId is null ? null : _identities.Acquire(spec.IdentityId);
        nint record = builder.Build(_records.Current, ++_generation, credits, identity);
        if (credits is not null)
        {
            credits->Owner = record;
        }

        Link(tag, slot, record, (nint)credits);
        return new KeyRecord(record);
    }

    private void Link(ulong tag, KeySlot* slot, nint record, nint credits)
    {
        if (slot is null)
        {
            slot = _slots.Publish(tag, record);
            if (IsCopied(slot))
            {
                _next!.Publish(tag, record);
            }

            _count++;
            Changed();
        }
        else
        {
            nint replaced = slot->Record;
            if (IsCopied(slot))
            {
                KeySlots.Replace(CopyOf(slot), record);
            }

            KeySlots.Replace(slot, record);
            Changed();
            Retire(replaced, credits);
        }
    }

    private CreditCellLayout* ResolveCredits(KeySpec spec, nint donor)
    {
        if (spec.Credits is not long value)
        {
            return null;
        }

        CreditCellLayout* running = donor == 0 ? null : (CreditCellLayout*)((KeyRecordHeader*)donor)->CreditCell;
        return _credits.Continue(running, spec.Digest.Prefix, value, spec.BalanceSerial, spec.BalanceSpent);
    }

    private void Unlink(KeySlot* slot, nint keptCell)
    {
        nint record = slot->Record;
        if (IsCopied(slot))
        {
            _next!.Withdraw(CopyOf(slot));
        }

        _slots.Withdraw(slot);
        _count--;
        Changed();
        Retire(record, keptCell);
    }

    private void Changed()
    {
        // ORDER: release. After the unlink and before the retirement; pairs with the acquire in Version.
        Volatile.Write(ref _version.Value, _version.Value + 1);
    }

    private void Retire(nint record, nint keptCell)
    {
        var header = (KeyRecordHeader*)record;
        var credits = (CreditCellLayout*)header->CreditCell;
        var identity = (IdentityCell*)header->IdentityCell;
        if (credits is not null && (nint)credits != keptCell)
        {
            credits->Owner = 0;

            // A key of the same digest may follow; what was taken of this one must not be subtracted from it after a crash.
            credits->KeyPrefix = 0;
            _reclaimer.Retire(_credits, (nint)credits, (nuint)sizeof(CreditCellLayout));
        }

        if (identity is not null)
        {
            _identities.Release(identity);
        }

        _reclaimer.Retire(_records.Current, record, (nuint)header->ByteCount);
    }

    private void PrepareWrite()
    {
        _records.CompactIfSparse();
        Advance(CopiedPerWrite);
    }

    private void MakeRoom()
    {
        if (_next is null && _slots.Used + 1 > _slots.Capacity / 4 * 3)
        {
            Resize(_count + 1 > _slots.Capacity / 2 ? _slots.Capacity * 2 : _slots.Capacity);
        }
        else if (_slots.Used + 1 > _slots.Capacity / 8 * 7)
        {
            Advance(long.MaxValue);
        }
    }

    private void Resize(long capacity)
    {
        _next = new KeySlots(capacity);
        _copied = 0;
        if (_slots.Capacity <= CopiedAtOnceMax)
        {
            Advance(long.MaxValue);
        }
    }

    // Copies slots to the next table, if there is one, and publishes it when it has all. What was looked up in the slots before is void then.
    private void Advance(long slots)
    {
        if (_next is not { } next)
        {
            return;
        }

        KeySlots previous = _slots;
        long end = Math.Min(previous.Capacity - _copied, slots) + _copied;
        next.CopyFrom(previous, _copied, end);
        _copied = end;
        if (end == previous.Capacity)
        {
            // ORDER: release. Publishes the copied slots; pairs with the acquires in TryFind and Prefetch.
            Volatile.Write(ref _slots, next);
            _next = null;
            _reclaimer.Retire(previous.Block);
        }
    }

    // Whether the record of a slot is in the next table too, so that a change of the one is a change of both.
    private bool IsCopied(KeySlot* slot) => _next is not null && _slots.IndexOf(slot) < _copied;

    private KeySlot* CopyOf(KeySlot* slot) => _next!.FindSlot(slot->Tag, in ((KeyRecordHeader*)slot->Record)->Digest);

    private CreditCellLayout* FindCell(in CreditChange change)
    {
        Debug.Assert(_writerLock.IsHeldByCurrentThread, "Write-back is the writer's.");
        KeySlot* slot = _slots.FindSlot(_hash.Tag(change.Digest), change.Digest);
        if (slot is null)
        {
            return null;
        }

        var cell = (CreditCellLayout*)((KeyRecordHeader*)slot->Record)->CreditCell;
        return cell is not null && cell->Serial == change.Serial ? cell : null;
    }
}
