using System.Runtime.CompilerServices;
using Unkey.Engine.Keys;
using Unkey.Engine.Memory;
using Xunit;

namespace Unkey.Engine.Tests.Keys;

public sealed unsafe class KeyLayoutTests
{
    [Fact]
    public void WhatEveryVerificationReadsIsInTheFirstLine()
    {
        KeyRecordHeader header = default;
        Assert.Equal(96, sizeof(KeyRecordHeader));
        Assert.Equal(0, Offset(&header, &header.Digest));
        Assert.Equal(32, Offset(&header, &header.ExpiresAtMs));
        Assert.Equal(40, Offset(&header, &header.WorkspaceIndex));
        Assert.Equal(44, Offset(&header, &header.ApiIndex));
        Assert.Equal(48, Offset(&header, &header.Flags));
        Assert.Equal(50, Offset(&header, &header.LimitCount));
        Assert.Equal(52, Offset(&header, &header.ForWorkspaceIndex));
        Assert.Equal(56, Offset(&header, &header.CreditCell));
        Assert.Equal(64, Offset(&header, &header.IdentityCell));
        Assert.Equal(72, Offset(&header, &header.Generation));
        Assert.Equal(94, Offset(&header, &header.KeyIdLength));
    }

    [Fact]
    public void SlotsFillCacheLines()
    {
        Assert.Equal(16, sizeof(KeySlot));
        Assert.Equal(64, sizeof(KeySlot) * KeySlot.PerLine);
        using NativeBlock block = NativeBlock.Allocate((nuint)KeySlots.CapacityMin * 16);
        Assert.Equal(0, (nint)block.Pointer % 64);
    }

    [Fact]
    public void ACreditCellHasALineOfItsOwn()
    {
        using var state = new EngineState();
        lock (state.WriterLock)
        {
            Assert.Equal(64, sizeof(CreditCellLayout));
            for (int i = 0; i < 100; i++)
            {
                Assert.Equal(0, (nint)state.Credits.Continue(null, 0, 1, 0, 0) % 64);
            }
        }
    }

    [Fact]
    public void SmallStructsHaveTheSizesOfTheirDrawings()
    {
        Assert.Equal(32, sizeof(KeyDigest));
        Assert.Equal(64, sizeof(LimitEntry));
        Assert.Equal(16, sizeof(IdentityCell));
        Assert.Equal(16, sizeof(IdentityRecordHeader));
    }

    [Fact]
    public void SharedWordsAreTwoLinesFromTheirNeighbours()
    {
        PaddedInt64 padded = default;
        Assert.Equal(256, sizeof(PaddedInt64));
        Assert.Equal(128, Offset(&padded, &padded.Value));
        CreditLedgerHead head = default;
        Assert.Equal(256, sizeof(CreditLedgerHead));
        Assert.Equal(128, Offset(&head, &head.Changed));
    }

    [Fact]
    public void AViewIsOnePointer()
    {
        Assert.Equal(8, Unsafe.SizeOf<KeyRecord>());
        Assert.Equal(8, Unsafe.SizeOf<IdentityRecord>());
        Assert.Equal(8, Unsafe.SizeOf<LimitView>());
        Assert.Equal(8, Unsafe.SizeOf<CreditCell>());
    }

    /// <summary>Right after the table doubled is the worst moment: three eighths of the slots are in use.</summary>
    [Fact]
    public void AKeyWithoutMetaCostsAtMostTwoHundredBytesRightAfterGrowth()
    {
        using var state = new EngineState();
        lock (state.WriterLock)
        {
            int keys = (16_384 / 4 * 3) + 1;
            for (int i = 0; i < keys; i++)
            {
                state.Keys.Upsert(TestKeys.Plain(i));
            }

            Assert.Equal(32_768, state.Keys.Capacity);
            long bytes = state.RecordBytes + (state.Keys.Capacity * sizeof(KeySlot));
            Assert.InRange(bytes / keys, 100, 200);

            // What the chunks add is the unused end of the last one, and the lines lost at the ends of the others.
            Assert.InRange(state.ReservedBytes - state.RecordBytes, 0, (long)NativeBlock.HugePageBytes);
        }
    }

    private static long Offset(void* start, void* field) => (byte*)field - (byte*)start;
}
