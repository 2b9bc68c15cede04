using System;
using System.Collections.Generic;
using System.Text;

namespace Unkey.Server.Storage;

/// <summary>Makes one string of texts that many rows repeat, such as workspace ids. Used by one thread, during a load.</summary>
/// <remarks>Ids are ASCII, so a text is looked up without making a string of it first. Not for texts that differ from row to row.</remarks>
internal sealed class TextCache
{
    private const int CharsMax = 256;
    private const int RecentCount = 64;

    private readonly HashSet<string> _texts = new(StringComparer.Ordinal);
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _lookup;

    // Row after row names the same few owners: most texts are found by comparing bytes with one entry.
    private readonly (byte[] Utf8, string Text)[] _recent = new (byte[], string)[RecentCount];

    /// <summary>Creates an empty cache.</summary>
    public TextCache() => _lookup = _texts.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The string of a text.</summary>
    /// <param name="utf8">The text in UTF-8.</param>
    public string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty)
        {
            return "";
        }

        ref (byte[] Utf8, string Text) recent = ref _recent[(utf8[^1] + (utf8.Length << 2)) % RecentCount];
        if (recent.Text is not null && utf8.SequenceEqual(recent.Utf8))
        {
            return recent.Text;
        }

        if (utf8.Length > CharsMax)
        {
            return Encoding.UTF8.GetString(utf8);
        }

        string text = Find(utf8);
        recent = (utf8.ToArray(), text);
        return text;
    }

    private string Find(ReadOnlySpan<byte> utf8)
    {
        Span<char> text = stackalloc char[CharsMax];
        text = text[..Encoding.UTF8.GetChars(utf8, text)];
        if (_lookup.TryGetValue(text, out string? cached))
        {
            return cached;
        }

        string added = text.ToString();
        _texts.Add(added);
        return added;
    }
}
