using System.Collections.Generic;
using Unkey.Engine.Keys;
using Xunit;

namespace Unkey.Engine.Tests.Keys;

/// <summary>Growth in steps: what a write does at most, and that the old slots go.</summary>
public sealed class KeyTableGrowthTests
{
    [Fact]
    public void ALargeTableIsCopiedByManyWritesAndNoneOfThemSeesAKeyMissing()
    {
        const int Steps = 64;
        using var state = new EngineState();
        state.Keys.CopiedAtOnceMax = 1_024;
        state.Keys.CopiedPerWrite = 256;
        lock (state.WriterLock)
        {
            int key = 0;
            while (!state.Keys.IsResizing)
            {
                state.Keys.Upsert(TestKeys.Plain(key++));
            }

            // Three quarters of 2048, because smaller tables were copied at once.
            long capacity = state.Keys.Capacity;
            Assert.Equal(2_048, capacity);
            int writes = 0;
            while (state.Keys.IsResizing)
            {
                Assert.Equal(capacity, state.Keys.Capacity);
                Assert.True(++writes < Steps);

                // An update, a removal and a publication on both sides of what has been copied.
                state.Keys.Upsert(new KeySpec { Digest = TestKeys.Digest(writes), KeyId = "changed", WorkspaceIndex = 7, Fragment = TestKeys.Pattern(writes, 1) });
                Assert.True(state.Keys.Remove(TestKeys.Digest(Steps + writes)));
                state.Keys.Upsert(TestKeys.Plain(key++));
            }

            Assert.Equal(2 * capacity, state.Keys.Capacity);
            Assert.InRange(writes, 2, 4);
            for (int i = 0; i < key; i++)
            {
                bool isRemoved = i > Steps && i <= Steps + writes;
                Assert.Equal(!isRemoved, state.Keys.TryFind(TestKeys.Digest(i), out KeyRecord record));
                Assert.True(isRemoved || record.WorkspaceIndex == (i >= 1 && i <= writes ? 7 : 0));
            }

            state.Reclaimer.Collect();
            Assert.Equal(0, state.Reclaimer.PendingBytes);
        }
    }

    [Fact]
    public void ACopyThatFallsBehindIsFinishedBeforeTheSlotsAreFull()
    {
        using var state = new EngineState();
        state.Keys.CopiedAtOnceMax = 0;
        state.Keys.CopiedPerWrite = 1;
        lock (state.WriterLock)
        {
            for (int key = 0; key < 5_000; key++)
            {
                state.Keys.Upsert(TestKeys.Plain(key));
                Assert.True(state.Keys.Count <= state.Keys.Capacity / 8 * 7);
            }

            for (int key = 0; key < 5_000; key++)
            {
                Assert.True(state.Keys.TryFind(TestKeys.Digest(key), out _));
            }
        }
    }

    [Fact]
    public void RecordsThatAreMovedWhileTheTableGrowsAreFoundInBothTables()
    {
        using var state = new EngineState();
        state.Keys.CopiedAtOnceMax = 0;
        state.Keys.CopiedPerWrite = 8;
        lock (state.WriterLock)
        {
            int key = 0;
            for (; !state.Keys.IsResizing || key < 1_000; key++)
            {
                state.Keys.Upsert(TestKeys.Plain(key));
            }

            var before = new HashSet<nint>();
            for (int i = 0; i < key; i++)
            {
                Assert.True(state.Keys.TryFind(TestKeys.Digest(i), out KeyRecord record));
                before.Add(record.Address);
            }

            // Makes more free than live.
            state.Records.SparseBytesMin = 1;
            for (int i = 0; state.Records.CompactionCount == 0; i++)
            {
                Assert.True(state.Keys.Remove(TestKeys.Digest(i)));
                state.Reclaimer.Collect();
            }

            int left = 0;
            for (int i = 0; i < key; i++)
            {
                if (state.Keys.TryFind(TestKeys.Digest(i), out KeyRecord record))
                {
                    left++;
                    Assert.DoesNotContain(record.Address, before);
                    Assert.Equal(TestKeys.KeyId(i), System.Text.Encoding.UTF8.GetString(record.KeyId));
                }
            }

            Assert.Equal(state.Keys.Count, left);
        }
    }
}
