using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using Unkey.Engine.Limits;

namespace Unkey.Fuzz.Targets;

/// <summary>Pages of buckets from the file that keeps them over a restart. The first byte: the same table or another; the second: which page.</summary>
internal sealed class BucketTarget : FuzzTarget
{
    private const int Capacity = 1024;
    private const long NowMs = 1_800_000_000_000;

    /// <inheritdoc/>
    public override string Name => "bucket";

    /// <inheritdoc/>
    public override string Promise => "pages of buckets: every slot is counted, no key comes twice, none is locked or impossible, and the table still limits";

    /// <inheritdoc/>
    public override IEnumerable<byte[]> Seeds()
    {
        ulong active = BucketTime.Fresh(NowMs) + 5_000UL * BucketTime.TicksPerMs;
        BucketSlot[] slots =
        [
            new() { KeyLow = 1, KeyHigh = 2, Word = active }, new() { KeyLow = 1, KeyHigh = 2, Word = active + 1 }, new() { KeyLow = 3, Word = active, Spare = 7 },
            new() { KeyLow = 5, Word = BucketTime.Fresh(NowMs - 10_000) }, new() { KeyLow = 6, Word = BucketSlot.LockBit | active }, new() { Word = active },
        ];
        byte[] page = MemoryMarshal.AsBytes<BucketSlot>(slots).ToArray();
        return [[0, 0, .. page], [1, 0, .. page], [1, 9, .. page], []];
    }

    /// <inheritdoc/>
    public override void Run(byte[] input)
    {
        byte[] page = new byte[BucketTable.PageBytes];
        input.AsSpan(Math.Min(2, input.Length)..Math.Min(input.Length, page.Length + 2)).CopyTo(page);
        using BucketTable table = new(Capacity);
        BucketRestore restored = table.RestorePage(page, input.Length > 1 ? input[1] % 10 : 0, samePlaces: input.Length > 0 && (input[0] & 1) != 0, NowMs);

        ReadOnlySpan<BucketSlot> slots = MemoryMarshal.Cast<byte, BucketSlot>(page);
        int given = slots.ToArray().Count(static slot => slot.Key != UInt128.Zero);
        Demand(restored.Restored + restored.Idle + restored.WithoutRoom + restored.Damaged == given, $"{restored} of {given} buckets");
        HashSet<UInt128> keys = [];
        byte[] copy = new byte[BucketTable.PageBytes];
        for (int i = 0; i < table.PageCount; i++)
        {
            Demand(table.TryCopyPage(i, copy), $"a slot of page {i} is locked for ever");
            foreach (ref readonly BucketSlot slot in MemoryMarshal.Cast<byte, BucketSlot>(copy))
            {
                Demand(slot.Key == UInt128.Zero || keys.Add(slot.Key), "a key has two buckets");
                Demand(BucketTime.IsPossible(slot.Word, NowMs), "a bucket has an impossible time");
            }
        }

        Demand(keys.Count <= restored.Restored, $"{keys.Count} keys of {restored.Restored} buckets");
        BucketTake take = new() { Key = new UInt128(0x9E37_79B9_7F4A_7C15, 0xBF58_476D_1CE4_E5B9), Limit = 1, DurationMs = 1_000, Cost = 1 };
        Demand((table.Take(ref take, NowMs) && !table.Take(ref take, NowMs)) || table.Refused > 0, "a new bucket of one token does not give just one");
    }
}
