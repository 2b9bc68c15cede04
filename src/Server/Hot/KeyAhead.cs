using System;
using Unkey.Engine.Keys;

namespace Unkey.Server.Hot;

/// <summary>The key of a request that has arrived but was not read yet, found by its usual place and hashed ahead of its turn.</summary>
/// <remarks>
/// One reactor thread; part of a connection. Nothing is decided by it: the request is read in full later, and the digest only counts for a key that is exactly the
/// bytes that were hashed, where they were.
/// </remarks>
internal struct KeyAhead
{
    /// <summary>Longer keys are left to their turn.</summary>
    private const int KeyBytesMax = 128;

    private int _offset;
    private int _length;

    /// <summary>The lookup that was begun.</summary>
    internal KeyLookAhead Lookup;

    /// <summary>Whether there is one.</summary>
    internal readonly bool IsSet => _length > 0;

    private static ReadOnlySpan<byte> Opening => "\r\n\r\n{\"key\":\""u8;

    /// <summary>Looks for the key where a client puts it who sends the same head as the last one did and the key as the first member of the body.</summary>
    /// <param name="input">The connection's unread bytes.</param>
    /// <param name="request">Where in them the request begins.</param>
    /// <param name="headBytes">Length of the last head that was read; 0 for none.</param>
    /// <param name="table">Where the key is going to be looked up.</param>
    [HotPath]
    internal void Find(ReadOnlySpan<byte> input, int request, int headBytes, KeyTable table)
    {
        const int EmptyLine = 4;
        int opening = request + headBytes - EmptyLine;
        if (headBytes == 0 || input.Length < opening + Opening.Length || !input[opening..].StartsWith(Opening))
        {
            return;
        }

        int offset = opening + Opening.Length;
        ReadOnlySpan<byte> rest = input[offset..];
        int length = rest[..Math.Min(rest.Length, KeyBytesMax)].IndexOf((byte)'"');
        if (length > 0)
        {
            _offset = offset;
            _length = length;
            table.Begin(KeyDigest.Of(rest[..length]), out Lookup);
        }
    }

    /// <summary>Whether a key of the request in turn is the one that was hashed.</summary>
    /// <param name="key">The key, as a view.</param>
    /// <param name="input">The connection's unread bytes, as they were when it was found.</param>
    [HotPath]
    internal readonly bool Is(ReadOnlySpan<byte> key, ReadOnlySpan<byte> input) =>
        key.Length == _length && input.Length >= _offset + _length && input.Slice(_offset, _length).Overlaps(key, out int shift) && shift == 0;

    /// <summary>Forgets the key, or follows it when bytes before it are consumed.</summary>
    /// <param name="count">Bytes consumed.</param>
    [HotPath]
    internal void Consume(int count)
    {
        _offset -= count;
        if (_offset < 0)
        {
            _length = 0;
        }
    }
}
