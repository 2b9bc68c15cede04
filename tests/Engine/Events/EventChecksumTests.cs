using System;
using System.Buffers.Binary;
using System.Numerics;
using Unkey.Engine.Events;
using Xunit;

namespace Unkey.Engine.Tests.Events;

/// <summary>The checksum is in files that a later version reads, so it must stay what it is: CRC-32C in two lanes, the odd bytes at the end in the first.</summary>
public sealed class EventChecksumTests
{
    [Fact]
    public unsafe void ItIsThatOfTheSlowDefinition()
    {
        byte[] bytes = new byte[300];
        new Random(1).NextBytes(bytes);
        for (int length = 1; length <= bytes.Length; length++)
        {
            long position = length * 4096L;
            fixed (byte* start = bytes)
            {
                Assert.Equal(Slow(bytes.AsSpan(0, length), position), EventRing.Checksum(start, length, position));
            }
        }
    }

    private static uint Slow(ReadOnlySpan<byte> bytes, long position)
    {
        uint[] lanes = [BitOperations.Crc32C(uint.MaxValue, (ulong)position), BitOperations.Crc32C(uint.MaxValue, (ulong)bytes.Length)];
        while (bytes.Length >= 16)
        {
            for (int lane = 0; lane < 2; lane++)
            {
                lanes[lane] = BitOperations.Crc32C(lanes[lane], BinaryPrimitives.ReadUInt64LittleEndian(bytes[(lane * 8)..]));
            }

            bytes = bytes[16..];
        }

        foreach (byte b in bytes)
        {
            lanes[0] = BitOperations.Crc32C(lanes[0], b);
        }

        return BitOperations.Crc32C(lanes[0], lanes[1]);
    }
}
