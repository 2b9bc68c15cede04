using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using Unkey.Tests.Oracles;

namespace Unkey.Fuzz.Targets;

/// <summary>Recovery of a ring of events. The input is a list of steps: publish, release, look at the memory, and then damage of any kind.</summary>
/// <param name="isFlawed">Reads without looking at checksums and positions, which has to be found.</param>
internal sealed class RingTarget(bool isFlawed = false) : FuzzTarget
{
    private const int PageBytes = 4096;
    private const int StepsMax = 64;
    private const int LargePayloadMax = 8176;

    // Where the fields of the header are; see EventRingHeader.
    private static readonly int[] s_fields = [0, 8, 16, 24, 32, 128, 136, 256];

    private enum Step
    {
        PublishSmall,
        PublishLarge,
        Release,
        Look,
        DamageByte,
        DamageWord,
        DamageField,
        TearPage,
    }

    /// <inheritdoc/>
    public override string Name => isFlawed ? "flawed-ring" : "ring";

    /// <inheritdoc/>
    public override string Promise => isFlawed
        ? "must be found: a reader without checksums"
        : "recovery of rings that were damaged, torn or read from any place: only what was published, whole; undamaged: all of it; before a guard page";

    /// <inheritdoc/>
    public override IEnumerable<byte[]> Seeds() =>
    [
        [(byte)Step.PublishSmall, 5, 1, (byte)Step.PublishSmall, 40, 2, (byte)Step.Release, 1, (byte)Step.PublishSmall, 63, 3],
        [.. Enumerable.Repeat((byte[])[(byte)Step.PublishLarge, 0xF0, 0x1F, 7], 10).SelectMany(static step => step), (byte)Step.Release, 9],
        .. isFlawed ? (byte[][])[] :
        [
            [(byte)Step.PublishSmall, 9, 1, (byte)Step.Look, (byte)Step.PublishSmall, 9, 2, (byte)Step.TearPage, 0, (byte)Step.TearPage, 1],
            [(byte)Step.PublishSmall, 9, 1, (byte)Step.DamageByte, 20, 0x10, 0, 9, (byte)Step.DamageField, 5, 48, 0, 0, 0, 0, 0, 0, 0],
            [(byte)Step.PublishSmall, 9, 1, (byte)Step.DamageField, 2, 0, 0, 2, 0, 0, 0, 0, 0, (byte)Step.DamageWord, 0, 0x10, 0, 255, 255, 0, 0, 0, 0, 0, 0, 7, 0],
        ],
    ];

    /// <inheritdoc/>
    public override void Run(byte[] input)
    {
        using RingScene scene = new();
        byte[] earlier = scene.Snapshot();
        List<Action<byte[]>> damages = [];
        ReadOnlySpan<byte> rest = input;
        for (int steps = 0; steps < StepsMax && !rest.IsEmpty; steps++)
        {
            switch ((Step)(Take(ref rest) & 7))
            {
                case Step.PublishSmall:
                    scene.Publish(Payload(1 + (Take(ref rest) % 64), Take(ref rest)));
                    break;
                case Step.PublishLarge:
                    scene.Publish(Payload(1 + ((int)Number(ref rest, 2) % LargePayloadMax), Take(ref rest)));
                    break;
                case Step.Release:
                    Release(scene, Take(ref rest));
                    break;
                case Step.Look:
                    earlier = scene.Snapshot();
                    break;
                case Step.DamageByte:
                    (long at, byte value) = ((long)Number(ref rest, 3), Take(ref rest));
                    damages.Add(state => state[at % state.Length] = value);
                    break;
                case Step.DamageWord:
                    (long place, ulong word) = ((long)Number(ref rest, 3), Number(ref rest, 8));
                    damages.Add(state => BinaryPrimitives.WriteUInt64LittleEndian(state.AsSpan((int)(place % (state.Length - sizeof(ulong)))), word));
                    break;
                case Step.DamageField:
                    (int field, ulong content) = (s_fields[Take(ref rest) & 7], Number(ref rest, 8));
                    damages.Add(state => BinaryPrimitives.WriteUInt64LittleEndian(state.AsSpan(field), content));
                    break;
                default:
                    (int page, byte[] before) = (Take(ref rest), earlier);
                    damages.Add(state => Page(before, page).CopyTo(Page(state, page)));
                    break;
            }
        }

        Recover(scene, damages, input.Length < sizeof(long) ? 0 : BinaryPrimitives.ReadInt64LittleEndian(input.AsSpan(input.Length - sizeof(long))));
    }

    private void Recover(RingScene scene, List<Action<byte[]>> damages, long anywhere)
    {
        byte[] state = scene.Snapshot();
        damages.ForEach(damage => damage(state));
        bool isTorn = false;
        List<(long Position, byte[] Payload)>? found = isFlawed ? RingScene.ReadWithoutChecks(state) : RingScene.Read(state, out isTorn);
        Demand(found is null || scene.AreTrue(found), $"{damages.Count} damages: an event came out that was not published");
        if (damages.Count == 0)
        {
            Demand(found is not null && !isTorn, "an undamaged ring is refused or torn");
            Same(
                string.Join(' ', scene.Published.Keys.Where(position => position >= scene.Ring.Head).Order()),
                string.Join(' ', found!.Select(static item => item.Position)),
                "what an undamaged ring delivers");
        }

        if (!isFlawed)
        {
            found = RingScene.Read(state, out _, anywhere);
            Demand(found is null || scene.AreTrue(found), $"read from {anywhere}: an event came out that was not published");
        }
    }

    private static void Release(RingScene scene, int count)
    {
        long[] waiting = [.. scene.Published.Keys.Where(position => position >= scene.Ring.Head).Order()];
        if (waiting.Length > 0)
        {
            scene.Ring.Release(waiting[count % waiting.Length]);
        }
    }

    private static byte[] Payload(int length, byte first)
    {
        byte[] payload = new byte[length];
        for (int i = 0; i < length; i++)
        {
            payload[i] = (byte)(first + (i * 31));
        }

        return payload;
    }

    private static Span<byte> Page(byte[] state, int page) => state.AsSpan(page % (state.Length / PageBytes) * PageBytes, PageBytes);

    private static byte Take(ref ReadOnlySpan<byte> rest) => (byte)Number(ref rest, 1);

    private static ulong Number(ref ReadOnlySpan<byte> rest, int bytes)
    {
        ulong number = 0;
        int count = Math.Min(bytes, rest.Length);
        for (int i = 0; i < count; i++)
        {
            number |= (ulong)rest[i] << (8 * i);
        }

        rest = rest[count..];
        return number;
    }
}
