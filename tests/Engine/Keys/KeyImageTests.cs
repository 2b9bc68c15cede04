using System;
using System.Collections.Generic;
using System.Numerics;
using System.Text;
using Unkey.Engine.Keys;
using Unkey.Engine.Memory;
using Xunit;

namespace Unkey.Engine.Tests.Keys;

public sealed class KeyImageTests
{
    private const int Keys = 50_000;

    private static readonly int[] s_workspaces = [-1, 1, 0];
    private static readonly int[] s_apis = [-1, -1, 2, 5];

    [Fact]
    public void ATableIsTheSameAfterItsCopyAndTheOthersAreNamed()
    {
        using var state = new EngineState();
        List<KeyImage> images = [];
        List<string> others = [];
        Fill(state, Keys);
        lock (state.WriterLock)
        {
            state.Keys.Upsert(Spec(Keys, credits: 5));
            state.Keys.Upsert(Spec(Keys + 1, permissions: ["a"]));
            state.Keys.Upsert(Spec(Keys + 2, identityId: "i"));
            state.Keys.Upsert(Spec(Keys + 3, apiIndex: -1));
            state.Keys.Upsert(Spec(Keys + 4, fragment: new byte[3_000]));
            state.Keys.Upsert(Spec(Keys + 5, forWorkspaceIndex: 0));
        }

        Copy(state, images, others);
        others.Sort(StringComparer.Ordinal);
        List<string> expected = [];
        for (int i = 0; i < 6; i++)
        {
            expected.Add(TestKeys.KeyId(Keys + i));
        }

        expected.Sort(StringComparer.Ordinal);
        Assert.Equal(expected, others);
        Assert.InRange(images.Count, 3, 10);

        using var again = new EngineState();
        lock (again.WriterLock)
        {
            again.Keys.UseSecret(state.Keys.CopySecret());
            images.ForEach(again.Keys.Publish);
            Assert.Equal(Keys, again.Keys.Count);
            for (int key = 0; key < Keys; key++)
            {
                Assert.True(again.Keys.TryFind(TestKeys.Digest(key), out KeyRecord record));
                Assert.Equal(TestKeys.KeyId(key), Encoding.UTF8.GetString(record.KeyId));
                Assert.Equal((0, 5, key % 3 != 0), (record.WorkspaceIndex, record.ApiIndex, record.Enabled));
                Assert.Equal(key % 2 == 0 ? long.MaxValue : key, record.ExpiresAtMs);
                Assert.Equal(Fragment(key), record.Fragment.ToArray());
            }

            // The records are the table's like any other: an update gives them back, a removal too.
            long before = again.RecordBytes;
            again.Keys.Upsert(Spec(1));
            Assert.True(again.Keys.Remove(TestKeys.Digest(2)));
            again.Reclaimer.Collect();
            Assert.True(again.RecordBytes < before);
            Assert.Equal(Keys - 1, again.Keys.Count);
            Assert.Throws<InvalidOperationException>(() => again.Keys.UseSecret(state.Keys.CopySecret()));
        }
    }

    [Fact]
    public void WithTheSecretTheRecordsAreInTheOrderOfTheSlots()
    {
        using var state = new EngineState();
        List<KeyImage> images = [];
        Fill(state, 5_000);
        Copy(state, images, []);
        KeyImage image = Assert.Single(images);
        int shift = 66 - BitOperations.Log2((ulong)state.Keys.Capacity);
        ulong previous = 0;
        int inOrder = 0;
        int at = KeyImage.HeadBytes;
        for (int key = 0; key < image.Keys; key++)
        {
            ulong tag = state.Keys.TagOf(KeyDigest.FromBytes(image.Memory.Slice(at, 32)));
            inOrder += tag >> shift >= previous ? 1 : 0;
            previous = tag >> shift;
            at += (int)NativeHeap.RoundUp(BitConverter.ToUInt32(image.Memory[(at + 80)..]));
        }

        // All but those that found their line full and stand in the next one.
        Assert.InRange(inOrder, image.Keys * 9 / 10, image.Keys);
        image.Dispose();
    }

    [Fact]
    public void ABlockThatIsNotSoundIsRefused()
    {
        using var state = new EngineState();
        Fill(state, 10);
        byte[] block = new byte[KeyImage.BlockBytes];
        (int end, int keys) = CopyOne(state, block);
        Assert.True(Translate(block, end, keys));
        Assert.False(Translate(block, end, keys + 1));
        Assert.False(Translate(block, end - 8, keys));
        Assert.False(Translate(block, end + 8, keys));
        Assert.False(Translate(block, KeyImage.BlockBytes + 8, keys));
        Assert.False(Translate(block, 0, 0));
        Assert.True(Translate(block, KeyImage.HeadBytes, 0));

        // Indexes, flags, workspace of a root key, addresses, lengths, permissions.
        (int, int)[] changes =
        [
            (40, 0), (40, 3), (40, -1), (44, 1), (44, 4), (44, -1), (48, 2), (52, 0), (56, 1), (64, 1), (80, 0), (80, int.MaxValue), (84, -1), (88, 1),
        ];
        foreach ((int offset, int value) in changes)
        {
            byte[] changed = (byte[])block.Clone();
            BitConverter.TryWriteBytes(changed.AsSpan(KeyImage.HeadBytes + offset), value);
            Assert.False(Translate(changed, end, keys), $"{value} at {offset}");
        }
    }

    [Fact]
    public void NoBytesAreReadOutsideTheBlock()
    {
        Random random = new(1);
        using var state = new EngineState();
        Fill(state, 30);
        byte[] block = new byte[KeyImage.BlockBytes];
        (int end, int keys) = CopyOne(state, block);
        for (int round = 0; round < 2_000; round++)
        {
            byte[] changed = block.AsSpan(0, end).ToArray();
            for (int i = 0; i < 3; i++)
            {
                changed[random.Next(KeyImage.HeadBytes, end)] = (byte)random.Next(256);
            }

            // Sound or not, which depends on the place; the checksum is what finds these.
            _ = Translate(changed, end, keys);
        }
    }

    private static void Fill(EngineState state, int count)
    {
        lock (state.WriterLock)
        {
            for (int key = 0; key < count; key++)
            {
                state.Keys.Upsert(Spec(key));
            }
        }
    }

    private static void Copy(EngineState state, List<KeyImage> images, List<string> others)
    {
        KeyImageSource source;
        lock (state.WriterLock)
        {
            source = state.Keys.Freeze();
        }

        // BOUND: by the slots.
        for (long slot = 0; slot < source.Slots;)
        {
            KeyImage image = new();
            slot = source.Copy(slot, source.Slots, image.Memory, out int end, out int keys, others);
            Assert.True(image.TryTranslate(end, keys, s_workspaces, s_apis));
            images.Add(image);
        }
    }

    private static (int End, int Keys) CopyOne(EngineState state, byte[] block)
    {
        lock (state.WriterLock)
        {
            KeyImageSource source = state.Keys.Freeze();
            Assert.Equal(source.Slots, source.Copy(0, source.Slots, block, out int end, out int keys, []));
            return (end, keys);
        }
    }

    private static bool Translate(ReadOnlySpan<byte> block, int end, int keys)
    {
        using KeyImage image = new();
        block.CopyTo(image.Memory);
        return image.TryTranslate(end, keys, s_workspaces, s_apis);
    }

    private static byte[] Fragment(int key) => Encoding.UTF8.GetBytes($"\"keyId\":\"{TestKeys.KeyId(key)}\",\"name\":\"{new string('n', key % 40)}\"");

    private static KeySpec Spec(
        int key, long? credits = null, string[]? permissions = null, string? identityId = null, int apiIndex = 3, byte[]? fragment = null, int forWorkspaceIndex = -1) => new()
        {
            Credits = credits,
            Permissions = permissions ?? [],
            IdentityId = identityId,
            IsRootKey = forWorkspaceIndex >= 0,
            ForWorkspaceIndex = forWorkspaceIndex,
            Digest = TestKeys.Digest(key),
            KeyId = TestKeys.KeyId(key),
            WorkspaceIndex = 2,
            ApiIndex = apiIndex,
            Enabled = key % 3 != 0,
            ExpiresAtMs = key % 2 == 0 ? null : key,
            Fragment = fragment ?? Fragment(key),
        };
}
