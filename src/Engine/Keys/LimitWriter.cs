using System;
using System.Collections.Generic;
using System.Text;

namespace Unkey.Engine.Keys;

/// <summary>Lays configured limits out inside a record that is being built. Cold; no thread sees the record yet.</summary>
internal static unsafe class LimitWriter
{
    /// <summary>Bytes the texts of the limits take, checked against their bounds.</summary>
    public static long TextBytes(IReadOnlyList<LimitSpec> limits)
    {
        if (limits.Count > ushort.MaxValue)
        {
            throw new ArgumentException("A record has at most 65,535 limits.", nameof(limits));
        }

        long bytes = 0;
        foreach (LimitSpec limit in limits)
        {
            bytes += RecordText.ByteCount(limit.Name, nameof(limits)) + limit.IdFragment.Length + limit.DefinitionFragment.Length;
        }

        return bytes;
    }

    /// <summary>Writes the entries and, from <paramref name="texts"/> on, their texts.</summary>
    /// <returns>The first byte after the texts.</returns>
    public static byte* Write(IReadOnlyList<LimitSpec> limits, LimitEntry* entries, byte* texts)
    {
        for (int i = 0; i < limits.Count; i++)
        {
            LimitSpec limit = limits[i];
            LimitEntry* entry = entries + i;
            byte* start = (byte*)entry;
            byte[] name = Encoding.UTF8.GetBytes(limit.Name);
            *entry = new LimitEntry
            {
                BucketKeyLow = (ulong)limit.BucketKey,
                BucketKeyHigh = (ulong)(limit.BucketKey >> 64),
                Limit = limit.Limit,
                DurationMs = limit.DurationMs,
                NameHash = TextHash.Of(name),
                NameLength = (ushort)name.Length,
                IdLength = limit.IdFragment.Length,
                DefinitionLength = limit.DefinitionFragment.Length,
                AutoApply = limit.AutoApply ? (byte)1 : (byte)0,
            };
            entry->NameOffset = (uint)(texts - start);
            texts = RecordText.Write(name, texts);
            entry->IdOffset = (uint)(texts - start);
            texts = RecordText.Write(limit.IdFragment.Span, texts);
            entry->DefinitionOffset = (uint)(texts - start);
            texts = RecordText.Write(limit.DefinitionFragment.Span, texts);
        }

        return texts;
    }
}
