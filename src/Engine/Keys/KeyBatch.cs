using System;
using Unkey.Engine.Memory;

namespace Unkey.Engine.Keys;

/// <summary>Records of many keys, built by one thread without the writer lock and published together: how a load keeps all processors busy.</summary>
/// <remarks>
/// A batch builds into chunks of its own, which the record heap adopts when they are full or the batch ends; until then they belong to the batch and
/// nothing frees them, also when the table moves its records meanwhile. Used by one thread at a time, which is no <see cref="Participant"/> and
/// does not hold the writer lock. What is added is found by nobody before <see cref="Publish"/>.
/// </remarks>
public sealed unsafe class KeyBatch : IDisposable
{
    /// <summary>Most keys before <see cref="Publish"/> has to be called.</summary>
    public const int Capacity = 256;

    private readonly EngineState _engine;
    private readonly nint[] _records = new nint[Capacity];
    private readonly ulong[] _tags = new ulong[Capacity];
    private NativeBlock? _chunk;
    private nuint _chunkUsed;

    /// <summary>Makes an empty batch.</summary>
    /// <param name="engine">Whose key table the keys are for.</param>
    public KeyBatch(EngineState engine) => _engine = engine;

    /// <summary>Keys added since the last publication.</summary>
    public int Count { get; private set; }

    /// <summary>Whether no key can be added before a publication.</summary>
    public bool IsFull => Count == Capacity;

    internal ReadOnlySpan<nint> Records => _records.AsSpan(0, Count);

    internal ReadOnlySpan<ulong> Tags => _tags.AsSpan(0, Count);

    /// <summary>Builds the record of a key.</summary>
    /// <param name="key">The key; its fragment has less than 2 KiB.</param>
    /// <exception cref="ArgumentException">A number or a length is out of range.</exception>
    /// <exception cref="InvalidOperationException">The batch is full.</exception>
    public void Add(in PlainKey key)
    {
        if (IsFull)
        {
            throw new InvalidOperationException("A full batch is to be published first.");
        }

        if (key.Fragment.Length > PlainRecord.FragmentBytesMax || key.KeyIdOffset < 0 || key.KeyIdLength < 1
            || key.KeyIdLength > key.Fragment.Length - key.KeyIdOffset)
        {
            throw new ArgumentException("A plain key has a fragment of less than 2 KiB that contains its id.", nameof(key));
        }

        nuint bytes = NativeHeap.RoundUp((nuint)(sizeof(KeyRecordHeader) + key.Fragment.Length));
        if (_chunk is null || _chunk.ByteCount - _chunkUsed < bytes)
        {
            // Mapped outside the lock; a page is made when a record is written to it, by this thread.
            NativeBlock next = NativeBlock.Allocate(NativeBlock.HugePageBytes, touched: false);
            HandOver();
            _chunk = next;
            _chunkUsed = 0;
        }

        byte* start = _chunk.Pointer + _chunkUsed;
        _chunkUsed += bytes;
        PlainRecord.Write(in key, start);
        _tags[Count] = _engine.Keys.TagOf(key.Digest);
        _records[Count++] = (nint)start;
    }

    /// <summary>Publishes what was added, as <see cref="KeyTable.Upsert"/> would one after the other. Takes the writer lock.</summary>
    public void Publish()
    {
        lock (_engine.WriterLock)
        {
            _engine.Keys.Publish(this);
        }

        Count = 0;
    }

    /// <summary>Ends the batch: what was not published is given up. Takes the writer lock.</summary>
    public void Dispose()
    {
        Count = 0;
        HandOver();
    }

    private void HandOver()
    {
        if (_chunk is null)
        {
            return;
        }

        lock (_engine.WriterLock)
        {
            _engine.Records.Current.Adopt(_chunk);
        }

        _chunk = null;
    }
}
