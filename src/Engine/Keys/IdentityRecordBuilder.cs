using System;
using System.Diagnostics;
using System.Text;
using Unkey.Engine.Memory;

namespace Unkey.Engine.Keys;

/// <summary>Turns an <see cref="IdentitySpec"/> into a native record. Cold; under the writer lock.</summary>
internal static unsafe class IdentityRecordBuilder
{
    /// <summary>Builds a record that no reader sees yet.</summary>
    /// <exception cref="ArgumentException">A text or a count is over its bound; nothing is allocated.</exception>
    public static nint Build(IdentitySpec spec, NativeHeap heap)
    {
        int idBytes = RecordText.ByteCount(spec.Id, nameof(spec));
        int externalIdBytes = RecordText.ByteCount(spec.ExternalId, nameof(spec));
        long limitTextBytes = LimitWriter.TextBytes(spec.Limits);
        int byteCount = checked((int)(sizeof(IdentityRecordHeader) + ((long)spec.Limits.Count * sizeof(LimitEntry)) + limitTextBytes
            + idBytes + externalIdBytes + spec.Fragment.Length));

        byte* start = heap.Allocate((nuint)byteCount);
        *(IdentityRecordHeader*)start = new IdentityRecordHeader
        {
            ByteCount = byteCount,
            FragmentLength = spec.Fragment.Length,
            IdLength = (ushort)idBytes,
            ExternalIdLength = (ushort)externalIdBytes,
            LimitCount = (ushort)spec.Limits.Count,
        };
        var limits = (LimitEntry*)(start + sizeof(IdentityRecordHeader));
        byte* texts = (byte*)(limits + spec.Limits.Count);
        texts = RecordText.Write(Encoding.UTF8.GetBytes(spec.Id), texts);
        texts = RecordText.Write(Encoding.UTF8.GetBytes(spec.ExternalId), texts);
        texts = LimitWriter.Write(spec.Limits, limits, texts);
        texts = RecordText.Write(spec.Fragment.Span, texts);
        Debug.Assert(texts == start + byteCount, "Measured and written sizes differ.");
        return (nint)start;
    }
}
