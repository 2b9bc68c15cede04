using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Unkey.Protocol;

/// <summary>The searches that run several times a request, sixteen bytes at a time. Any thread; nothing allocates or throws.</summary>
/// <remarks>They do what <c>SearchValues</c> would do. Under Native AOT that is a virtual call behind a check of the class
/// constructor, which costs more than the search itself on fields of twenty bytes: with these a typical head takes 180 ns
/// instead of 300. For the same reason the first step is inlined (perf: parse).</remarks>
internal static class ByteScan
{
    /// <summary>Bytes of one step.</summary>
    public const int Width = 16;

    /// <summary>The first byte that ends or breaks a header line (<see cref="Ascii.LineBreaking"/>), or -1.</summary>
    /// <param name="bytes">From the first byte of the line on.</param>
    /// <param name="colon">The first colon within the first step, also behind the line end; -1 when there is none.</param>
    [HotPath]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int IndexOfLineBreaking(ReadOnlySpan<byte> bytes, out int colon)
    {
        if (bytes.Length < Width)
        {
            colon = -1;
            return IndexOfLineBreakingFrom(bytes, 0);
        }

        // Both searches start from one load, so that neither waits for the other.
        Vector128<byte> block = Vector128.Create(bytes);
        uint colons = Vector128.Equals(block, Vector128.Create((byte)':')).ExtractMostSignificantBits();
        uint found = LineBreaking(block);
        colon = colons == 0 ? -1 : BitOperations.TrailingZeroCount(colons);
        return found != 0 ? BitOperations.TrailingZeroCount(found) : IndexOfLineBreakingFrom(bytes, Width);
    }

    /// <summary>The first byte that ends or breaks the plain part of a JSON string: a quote, a backslash or a control byte; or
    /// -1.</summary>
    [HotPath]
    public static int IndexOfStringBreaking(ReadOnlySpan<byte> bytes)
    {
        int position = 0;

        // BOUND: each turn moves Width bytes on.
        while (bytes.Length - position >= Width)
        {
            Vector128<byte> block = Vector128.Create(bytes.Slice(position, Width));
            uint found = (Vector128.LessThan(block, Vector128.Create((byte)0x20))
                | Vector128.Equals(block, Vector128.Create((byte)'"'))
                | Vector128.Equals(block, Vector128.Create((byte)'\\'))).ExtractMostSignificantBits();
            if (found != 0)
            {
                return position + BitOperations.TrailingZeroCount(found);
            }

            position += Width;
        }

        for (; position < bytes.Length; position++)
        {
            byte b = bytes[position];
            if (b < 0x20 || b is (byte)'"' or (byte)'\\')
            {
                return position;
            }
        }

        return -1;
    }

    /// <summary>Whether all bytes stand for themselves in a JSON string and are ASCII: no quote, backslash or control byte, and none above 0x7F.</summary>
    [HotPath]
    public static bool IsPlainAscii(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Width)
        {
            foreach (byte b in bytes)
            {
                if (b is < 0x20 or > 0x7F or (byte)'"' or (byte)'\\')
                {
                    return false;
                }
            }

            return true;
        }

        // The last step overlaps the one before it.
        Vector128<byte> breaking = Breaking(Vector128.Create(bytes[^Width..]));

        // BOUND: each turn moves Width bytes on.
        for (; bytes.Length > Width; bytes = bytes[Width..])
        {
            breaking |= Breaking(Vector128.Create(bytes));
        }

        return breaking == Vector128<byte>.Zero;
    }

    // As signed bytes those above 0x7F are negative, and so less than a blank.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Breaking(Vector128<byte> block) => Vector128.LessThan(block.AsSByte(), Vector128.Create((sbyte)0x20)).AsByte()
        | Vector128.Equals(block, Vector128.Create((byte)'"'))
        | Vector128.Equals(block, Vector128.Create((byte)'\\'));

    private static int IndexOfLineBreakingFrom(ReadOnlySpan<byte> bytes, int position)
    {
        // BOUND: each turn moves Width bytes on.
        while (bytes.Length - position >= Width)
        {
            uint found = LineBreaking(Vector128.Create(bytes[position..]));
            if (found != 0)
            {
                return position + BitOperations.TrailingZeroCount(found);
            }

            position += Width;
        }

        for (; position < bytes.Length; position++)
        {
            byte b = bytes[position];
            if ((b < 0x20 && b != (byte)'\t') || b == 0x7F)
            {
                return position;
            }
        }

        return -1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint LineBreaking(Vector128<byte> block) =>
        (Vector128.AndNot(Vector128.LessThan(block, Vector128.Create((byte)0x20)), Vector128.Equals(block, Vector128.Create((byte)'\t')))
            | Vector128.Equals(block, Vector128.Create((byte)0x7F))).ExtractMostSignificantBits();
}
