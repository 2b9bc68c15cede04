using System;
using System.Text;

namespace Unkey.Engine.Keys;

/// <summary>Texts inside a record that is being built. Cold.</summary>
internal static unsafe class RecordText
{
    /// <summary>UTF-8 length of a text that must fit a 16-bit length.</summary>
    public static int ByteCount(string text, string parameter)
    {
        int bytes = Encoding.UTF8.GetByteCount(text);
        return bytes <= ushort.MaxValue ? bytes : throw new ArgumentException("A name or id has at most 65,535 bytes of UTF-8.", parameter);
    }

    /// <summary>Copies a text.</summary>
    /// <returns>The first byte after it.</returns>
    public static byte* Write(ReadOnlySpan<byte> text, byte* destination)
    {
        // SAFETY: the builder measured all texts with the same rules before it allocated the record.
        text.CopyTo(new Span<byte>(destination, text.Length));
        return destination + text.Length;
    }
}
