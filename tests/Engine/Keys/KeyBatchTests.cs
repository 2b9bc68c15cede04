using System;
using System.Text;
using System.Threading;
using Unkey.Engine.Keys;
using Unkey.Engine.Memory;
using Xunit;

namespace Unkey.Engine.Tests.Keys;

public sealed unsafe class KeyBatchTests
{
    [Theory]
    [InlineData(true, null)]
    [InlineData(false, 1_234_567L)]
    public void TheRecordIsTheOneThatASpecMakes(bool isEnabled, long? expiresAtMs)
    {
        using var state = new EngineState();
        byte[] fragment = Encoding.UTF8.GetBytes($"\"keyId\":\"{TestKeys.KeyId(1)}\"");
        KeySpec spec = new()
        {
            Digest = TestKeys.Digest(1),
            KeyId = TestKeys.KeyId(1),
            WorkspaceIndex = 3,
            ApiIndex = 4,
            Enabled = isEnabled,
            ExpiresAtMs = expiresAtMs,
            Fragment = fragment,
        };
        byte[] expected;
        lock (state.WriterLock)
        {
            expected = Bytes(state.Keys.Upsert(spec));
        }

        using (var batch = new KeyBatch(state))
        {
            batch.Add(new PlainKey
            {
                Digest = spec.Digest,
                WorkspaceIndex = 3,
                ApiIndex = 4,
                Enabled = isEnabled,
                ExpiresAtMs = expiresAtMs,
                Fragment = fragment,
                KeyIdOffset = 9,
                KeyIdLength = TestKeys.KeyId(1).Length,
            });
            batch.Publish();
        }

        lock (state.WriterLock)
        {
            Assert.True(state.Keys.TryFind(spec.Digest, out KeyRecord record));
            Assert.Equal(2ul, record.Generation);
            byte[] actual = Bytes(record);

            // The generation is another one in every record.
            actual.AsSpan(72, 8).CopyTo(expected.AsSpan(72));
            Assert.Equal(expected, actual);
        }
    }

    [Fact]
    public void ManyThreadsPublishEveryKeyOnceAndMemoryIsCounted()
    {
        const int Threads = 4;
        const int KeysEach = 20_000;
        using var state = new EngineState();
        var threads = new Thread[Threads];
        for (int i = 0; i < Threads; i++)
        {
            int first = i * KeysEach;
            threads[i] = new Thread(() =>
            {
                using var batch = new KeyBatch(state);
                for (int key = first; key < first + KeysEach; key++)
                {
                    Add(batch, key);
                    if (batch.IsFull)
                    {
                        batch.Publish();
                    }
                }

                batch.Publish();
            });
            threads[i].Start();
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        lock (state.WriterLock)
        {
            Assert.Equal(Threads * KeysEach, state.Keys.Count);
            long bytes = 0;
            for (int key = 0; key < Threads * KeysEach; key++)
            {
                Assert.True(state.Keys.TryFind(TestKeys.Digest(key), out KeyRecord record));
                Assert.Equal(TestKeys.KeyId(key), Encoding.UTF8.GetString(record.KeyId));
                bytes += (long)NativeHeap.RoundUp((nuint)record.Header->ByteCount);
            }

            Assert.Equal(bytes, state.RecordBytes);
            Assert.InRange(state.ReservedBytes, bytes, bytes + ((Threads + 1) * (long)NativeBlock.HugePageBytes * 2));
        }
    }

    [Fact]
    public void WhatIsNotPublishedIsNotFoundAndAKeyThatIsThereIsReplaced()
    {
        using var state = new EngineState();
        using (var batch = new KeyBatch(state))
        {
            Add(batch, 1);
            Assert.False(state.Keys.TryFind(TestKeys.Digest(1), out _));
            batch.Publish();
            Add(batch, 1);
            batch.Publish();
            Add(batch, 2);
        }

        lock (state.WriterLock)
        {
            Assert.Equal(1, state.Keys.Count);
            Assert.True(state.Keys.TryFind(TestKeys.Digest(1), out KeyRecord record));
            Assert.Equal(2ul, record.Generation);
            Assert.False(state.Keys.TryFind(TestKeys.Digest(2), out _));
            state.Reclaimer.Collect();
            Assert.Equal(0, state.Reclaimer.PendingCount);
        }
    }

    /// <summary>The heap is replaced while a batch has records that are built and not published.</summary>
    [Fact]
    public void RecordsBuiltBeforeTheHeapIsReplacedArePublishedAfterIt()
    {
        using var state = new EngineState();
        using var batch = new KeyBatch(state);
        Add(batch, 1);
        batch.Publish();
        Add(batch, 2);
        lock (state.WriterLock)
        {
            for (int key = 100; key < 1_100; key++)
            {
                state.Keys.Upsert(TestKeys.Plain(key));
            }

            state.Records.SparseBytesMin = 1;
            for (int key = 100; state.Records.CompactionCount == 0; key++)
            {
                Assert.True(state.Keys.Remove(TestKeys.Digest(key)));
                state.Reclaimer.Collect();
            }

            state.Reclaimer.Collect();
        }

        batch.Publish();
        Add(batch, 3);
        batch.Publish();
        foreach (int key in (int[])[1, 2, 3])
        {
            Assert.True(state.Keys.TryFind(TestKeys.Digest(key), out KeyRecord record));
            Assert.Equal(TestKeys.KeyId(key), Encoding.UTF8.GetString(record.KeyId));
        }
    }

    [Fact]
    public void AFullBatchAndAFragmentWithoutItsIdAreRefused()
    {
        using var state = new EngineState();
        using var batch = new KeyBatch(state);
        Assert.Throws<ArgumentException>(() => batch.Add(new PlainKey
        {
            Digest = TestKeys.Digest(1),
            WorkspaceIndex = 0,
            ApiIndex = 0,
            Enabled = true,
            Fragment = "abc"u8,
            KeyIdOffset = 2,
            KeyIdLength = 2,
        }));
        Assert.Throws<ArgumentException>(() => batch.Add(new PlainKey
        {
            Digest = TestKeys.Digest(1),
            WorkspaceIndex = 0,
            ApiIndex = 0,
            Enabled = true,
            Fragment = new byte[2_048],
            KeyIdOffset = 0,
            KeyIdLength = 2,
        }));
        for (int key = 0; key < KeyBatch.Capacity; key++)
        {
            Add(batch, key);
        }

        Assert.True(batch.IsFull);
        Assert.Throws<InvalidOperationException>(() => Add(batch, KeyBatch.Capacity));
        batch.Publish();
        Assert.Equal(KeyBatch.Capacity, state.Keys.Count);
    }

    private static void Add(KeyBatch batch, int key)
    {
        string id = TestKeys.KeyId(key);
        batch.Add(new PlainKey
        {
            Digest = TestKeys.Digest(key),
            WorkspaceIndex = 0,
            ApiIndex = 0,
            Enabled = true,
            Fragment = Encoding.UTF8.GetBytes($"\"keyId\":\"{id}\""),
            KeyIdOffset = 9,
            KeyIdLength = id.Length,
        });
    }

    private static byte[] Bytes(KeyRecord record) => new ReadOnlySpan<byte>(record.Header, record.Header->ByteCount).ToArray();
}
