using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;

namespace Unkey.Engine.Limits;

/// <content>Copies of what has changed, page by page, for whoever keeps the buckets over a restart.</content>
/// <remarks>
/// No take is missing from the copies for ever. A take first makes its change visible by a full fence (the compare-exchange that stores the new
/// word, or the one that sets the lock bit) and then looks at the mark; the copier first clears the mark by a full fence and then reads the words.
/// So at least one of them sees the other: either the take finds the mark cleared and sets it for the next pass, or the copier finds the new
/// word, or the lock bit, which it waits for.
/// </remarks>
public sealed unsafe partial class BucketTable
{
    /// <summary>Bytes of a page of slots, the unit in which changes are marked and copied.</summary>
    public const int PageBytes = 4096;

    /// <summary>What the bytes of a page mean: the layout of a slot, its places, and the words. Pages of another number cannot be restored.</summary>
    public const int LayoutVersion = 1;

    /// <summary>Bytes of a slot.</summary>
    public const int SlotBytes = BucketSlot.SizeBytes;

    private const int PageSlots = PageBytes / SlotBytes;

    /// <summary>No slot of the page has been used.</summary>
    private const byte PageUnused = 0;

    /// <summary>Slots are in use, and the last copy of the page shows them as they are.</summary>
    private const byte PageCopied = 1;

    /// <summary>A word has changed since the page was copied.</summary>
    private const byte PageChanged = 2;

    /// <summary>
    /// Every failed attempt is a take of somebody else, or a batch that holds the slot. So many in a row mean a holder that has lost its core;
    /// the waits between them, of a millisecond each, are meant to give it back.
    /// </summary>
    private const int CopyAttemptsMax = 100;

    /// <summary>Pages in the table; the last one is shorter when the table is smaller than a page.</summary>
    public int PageCount => _pages.Length;

    /// <summary>Finds a page that has changed since it was copied. Any thread; a change of this very moment may be seen next time.</summary>
    /// <param name="first">Page to begin with, 0 to <see cref="PageCount"/>.</param>
    /// <returns>The page, or -1 when there is none from there on.</returns>
    public int NextChangedPage(int first)
    {
        int offset = _pages.AsSpan(first).IndexOf(PageChanged);
        return offset < 0 ? -1 : first + offset;
    }

    /// <summary>
    /// Copies a page, slot by slot: each slot is as it was at one moment, two slots may be of different moments. One thread at a time;
    /// takes go on meanwhile.
    /// </summary>
    /// <param name="page">0 to <see cref="PageCount"/> - 1.</param>
    /// <param name="destination">Exactly <see cref="PageBytes"/>; receives the copy.</param>
    /// <returns>False when a slot could not be read because others never let go of it; the page then counts as changed still.</returns>
    public bool TryCopyPage(int page, Span<byte> destination)
    {
        ClearMark(page);
        if (TryCopySlots(page, destination))
        {
            return true;
        }

        MarkPage(page);
        return false;
    }

    /// <summary>Makes a page count as changed: its copy did not reach its place. Any thread.</summary>
    /// <param name="page">0 to <see cref="PageCount"/> - 1.</param>
    // ORDER: none needed; the mark's thread is the one that reads it, and the words need no second look.
    public void MarkPage(int page) => Volatile.Write(ref _pages[page], PageChanged);

    /// <summary>Makes every page with a slot in use count as changed: for a copy from the beginning. One thread at a time; takes go on meanwhile.</summary>
    public void MarkUsedPages()
    {
        for (int page = 0; page < _pages.Length; page++)
        {
            // ORDER: none needed; a page that is taken into use this moment is marked by who does it.
            if (Volatile.Read(ref _pages[page]) != PageUnused)
            {
                MarkPage(page);
            }
        }
    }

    // ORDER: full fence: the words read after it are not older than the takes that saw the page marked. Pairs with MarkChanged.
    internal void ClearMark(int page) => Interlocked.Exchange(ref _pages[page], PageCopied);

    internal bool TryCopySlots(int page, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(destination.Length, PageBytes);
        Span<BucketSlot> copies = MemoryMarshal.Cast<byte, BucketSlot>(destination);
        int first = page * PageSlots;
        int count = int.Min(PageSlots, Capacity - first);
        for (int i = 0; i < count; i++)
        {
            if (!TryCopy(SlotAt(first + i), out copies[i]))
            {
                return false;
            }
        }

        copies[count..].Clear();
        return true;
    }

    private static bool TryCopy(BucketSlot* slot, out BucketSlot copy)
    {
        copy = default;
        SpinWait spin = default;
        for (int attempt = 0; attempt < CopyAttemptsMax; attempt++)
        {
            // ORDER: acquire, like the key's reads: each is not older than the one before. Pairs with the release in ClaimIn and Unlock.
            ulong word = Volatile.Read(ref slot->Word);
            if ((word & BucketSlot.LockBit) != 0)
            {
                spin.SpinOnce();
                continue;
            }

            // ORDER: acquire, as above.
            copy.KeyLow = Volatile.Read(ref slot->KeyLow);
            copy.KeyHigh = Volatile.Read(ref slot->KeyHigh);
            copy.Spare = Volatile.Read(ref slot->Spare);

            // ORDER: as above. The same word again proves that the rest belonged to it: words do not repeat across owners.
            if (Volatile.Read(ref slot->Word) == word)
            {
                copy.Word = word;
                return true;
            }
        }

        return false;
    }

    /// <summary>Marks the page of a slot whose new word, or whose lock bit, a full fence has just made visible; see the remarks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void MarkChanged(BucketSlot* slot)
    {
        ref byte page = ref _pages[(int)((nuint)((byte*)slot - _slots) / PageBytes)];

        // ORDER: the fence before this call keeps the load behind the change; the store may be late, the copier then comes once more.
        // Pairs with ClearMark. Loaded first, because a store for every take would move the cache line from core to core.
        if (Volatile.Read(ref page) != PageChanged)
        {
            Volatile.Write(ref page, PageChanged);
        }
    }
}
