using System;

namespace Unkey.Engine.Keys;

/// <summary>UTF-8 texts one behind the other in memory that is used again, so that many of them are no objects. One thread at a time; cold.</summary>
public sealed class TextArena
{
    private const int BytesMin = 4 * 1024;

    private byte[] _bytes = [];
    private int _used;

    /// <summary>The text of an earlier <see cref="Add"/>; a view until the next one.</summary>
    public ReadOnlySpan<byte> this[TextRef text] => _bytes.AsSpan(text.Offset, text.Length);

    /// <summary>Adds a copy of a text.</summary>
    /// <exception cref="InvalidOperationException">All texts together would be longer than an array can be.</exception>
    public TextRef Add(ReadOnlySpan<byte> text)
    {
        if (text.Length > _bytes.Length - _used)
        {
            Grow(text.Length);
        }

        TextRef added = new(_used, text.Length);
        text.CopyTo(_bytes.AsSpan(_used));
        _used += text.Length;
        return added;
    }

    /// <summary>Forgets all texts and keeps the memory.</summary>
    public void Clear() => _used = 0;

    private void Grow(int more)
    {
        long needed = (long)_used + more;
        if (needed > Array.MaxLength)
        {
            throw new InvalidOperationException("The texts are longer than an array can be.");
        }

        Array.Resize(ref _bytes, (int)Math.Min(Math.Max(Math.Max(needed, BytesMin), 2L * _bytes.Length), Array.MaxLength));
    }
}
