using System;

namespace Unkey.Protocol;

/// <summary>Decoded strings of one request: views of the body where there were no escapes, copies in here where there were.</summary>
/// <remarks>Part of a request reader; one thread. Grows only for a body with more text than any ordinary one, and shrinks back.</remarks>
internal sealed class TextScratch
{
    /// <summary>Bytes kept from one request to the next.</summary>
    internal const int BytesKept = 16 * 1024;

    private byte[] _bytes = new byte[BytesKept];
    private int _used;

    /// <summary>What has been copied so far.</summary>
    internal ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Whether anything has been copied.</summary>
    internal bool IsUsed => _used > 0;

    /// <summary>Forgets the last request, and clears what was kept of it.</summary>
    internal void Reset()
    {
        if (_used == 0)
        {
            return;
        }

        if (_bytes.Length > BytesKept)
        {
            _bytes = new byte[BytesKept]; // ALLOC: once after a request that needed far more than any ordinary one.
        }

        // It may have been a key.
        _bytes.AsSpan(0, Math.Min(_used, _bytes.Length)).Clear();
        _used = 0;
    }

    /// <summary>The bytes of a string.</summary>
    /// <param name="body">The body it was read from.</param>
    /// <param name="text">Where it lies.</param>
    [HotPath]
    internal ReadOnlySpan<byte> Text(ReadOnlySpan<byte> body, TextRange text) =>
        (text.InScratch ? _bytes : body).Slice(text.Offset, text.Length);

    /// <summary>Takes a value whose first token has been read, when it is a string of an allowed length in code points.</summary>
    /// <returns>Whether the text is still valid JSON; <paramref name="isValid"/> says whether the value is allowed.</returns>
    [HotPath]
    internal bool TryTake(ref JsonScanner scanner, JsonToken token, int lengthMin, int lengthMax, out TextRange text, out bool isValid)
    {
        text = default;
        isValid = false;
        if (token != JsonToken.String)
        {
            return scanner.TrySkip(token);
        }

        ReadOnlySpan<byte> value = scanner.Raw;
        if (!scanner.HasEscapes)
        {
            text = new TextRange(scanner.RawOffset, value.Length, inScratch: false);
        }
        else if (value.Length <= lengthMax * 12)
        {
            // Twelve bytes, a pair of surrogates, is the longest form of one code point: a longer text cannot be valid.
            Grow(_used + value.Length);
            int written = JsonText.Unescape(value, _bytes.AsSpan(_used));
            text = new TextRange(_used, written, inScratch: true);
            value = _bytes.AsSpan(_used, written);
            _used += written;
        }
        else
        {
            return true;
        }

        // Four bytes is the longest UTF-8 form of one code point, so most texts need no counting.
        isValid = value.Length >= lengthMin && value.Length <= lengthMax * 4
            && ((value.Length <= lengthMax && value.Length >= lengthMin * 4)
                || JsonText.CountCodePoints(value) is int count && count >= lengthMin && count <= lengthMax);
        return true;
    }

    private void Grow(int lengthMin)
    {
        if (_bytes.Length < lengthMin)
        {
            // ALLOC: only for a request with more text than any ordinary one. BOUND: the length of the body.
            Array.Resize(ref _bytes, Math.Max(lengthMin, _bytes.Length * 2));
        }
    }
}
