using System;

namespace Unkey.Engine.Keys;

/// <summary>The record of a <see cref="PlainKey"/>: the same bytes that <see cref="KeyRecordBuilder"/> makes of the same key.</summary>
internal static unsafe class PlainRecord
{
    /// <summary>Largest fragment, so that every record is a small object of the heap.</summary>
    public const int FragmentBytesMax = 2047;

    /// <summary>Writes header and fragment; the generation is given at publication.</summary>
    /// <param name="key">A checked key.</param>
    /// <param name="start">Room for the header and the fragment.</param>
    public static void Write(in PlainKey key, byte* start)
    {
        *(KeyRecordHeader*)start = new KeyRecordHeader
        {
            Digest = key.Digest,
            ExpiresAtMs = key.ExpiresAtMs ?? long.MaxValue,
            WorkspaceIndex = key.WorkspaceIndex,
            ApiIndex = key.ApiIndex,
            Flags = key.Enabled ? KeyFlags.Enabled : 0,
            ForWorkspaceIndex = -1,
            ByteCount = sizeof(KeyRecordHeader) + key.Fragment.Length,
            FragmentLength = key.Fragment.Length,
            KeyIdOffset = (ushort)key.KeyIdOffset,
            KeyIdLength = (ushort)key.KeyIdLength,
        };

        // SAFETY: the batch made room for exactly these bytes.
        key.Fragment.CopyTo(new Span<byte>(start + sizeof(KeyRecordHeader), key.Fragment.Length));
    }
}
