using System;
using System.Buffers;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace Unkey.Tests.Support;

/// <summary>The same bytes laid out in the ways in which a connection may present them.</summary>
internal static class Inputs
{
    /// <summary>One segment per part; a part may be empty.</summary>
    public static ReadOnlySequence<byte> Segments(IReadOnlyList<ReadOnlyMemory<byte>> parts)
    {
        var first = new Segment(parts.Count == 0 ? default : parts[0], null);
        Segment last = first;
        for (int i = 1; i < parts.Count; i++)
        {
            last = new Segment(parts[i], last);
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    /// <summary>Two segments.</summary>
    public static ReadOnlySequence<byte> Split(byte[] bytes, int at) => Segments([bytes.AsMemory(0, at), bytes.AsMemory(at)]);

    /// <summary>One segment a byte.</summary>
    public static ReadOnlySequence<byte> BytePerSegment(byte[] bytes)
    {
        var parts = new ReadOnlyMemory<byte>[bytes.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            parts[i] = bytes.AsMemory(i, 1);
        }

        return Segments(parts);
    }

    /// <summary>Segments of random lengths, some of them empty.</summary>
    public static ReadOnlySequence<byte> RandomSegments(byte[] bytes, Random random)
    {
        var parts = new List<ReadOnlyMemory<byte>>();
        for (int position = 0; position < bytes.Length;)
        {
            int length = Math.Min(bytes.Length - position, random.Next(0, 12));
            parts.Add(bytes.AsMemory(position, length));
            position += length;
        }

        return Segments(parts);
    }

    /// <summary>In the middle of a longer array whose other bytes would change the meaning if they were looked at.</summary>
    public static ReadOnlySequence<byte> InDirtyArray(byte[] bytes)
    {
        byte[] dirty = new byte[bytes.Length + 128];
        dirty.AsSpan().Fill((byte)'\n');
        bytes.CopyTo(dirty, 64);
        return new ReadOnlySequence<byte>(dirty, 64, bytes.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? previous)
        {
            Memory = memory;
            if (previous is not null)
            {
                RunningIndex = previous.RunningIndex + previous.Memory.Length;
                previous.Next = this;
            }
        }
    }
}

/// <summary>Bytes that end where an unreadable page begins: reading one byte too many ends the test process with a signal.</summary>
internal sealed unsafe partial class GuardedBytes : MemoryManager<byte>
{
    private const int ProtNone = 0;
    private const int ProtReadWrite = 3;
    private const int MapPrivateAnonymous = 0x22;

    private readonly nint _base;
    private readonly nuint _mapped;
    private readonly byte* _start;
    private readonly int _length;

    /// <summary>A copy.</summary>
    public GuardedBytes(ReadOnlySpan<byte> bytes)
        : this(bytes.Length) => bytes.CopyTo(GetSpan());

    /// <summary>Zeros.</summary>
    public GuardedBytes(int length)
    {
        nuint page = (nuint)Environment.SystemPageSize;
        nuint usable = ((nuint)length + page - 1) / page * page;
        _mapped = usable + page;
        _base = mmap(0, _mapped, ProtReadWrite, MapPrivateAnonymous, -1, 0);
        if (_base == -1 || mprotect(_base + (nint)usable, page, ProtNone) != 0)
        {
            throw new InvalidOperationException("No guard page.");
        }

        _start = (byte*)_base + usable - (nuint)length;
        _length = length;
    }

    /// <summary>Guard pages are made with Linux calls; elsewhere these cases are left out.</summary>
    public static bool IsSupported => OperatingSystem.IsLinux();

    /// <summary>Where they begin.</summary>
    public nint Address => (nint)_start;

    public ReadOnlySequence<byte> Sequence => new(Memory);

    public override Span<byte> GetSpan() => new(_start, _length);

    public override MemoryHandle Pin(int elementIndex = 0) => new(_start + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing) => _ = munmap(_base, _mapped);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint mmap(nint address, nuint length, int protection, int flags, int descriptor, nint offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mprotect(nint address, nuint length, int protection);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int munmap(nint address, nuint length);
}
