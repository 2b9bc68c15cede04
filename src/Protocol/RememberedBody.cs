using System;

namespace Unkey.Protocol;

/// <summary>The last body that a reader read, but for one text of it that is another one with every request. Part of a request reader; one thread.</summary>
/// <remarks>
/// A body with the same bytes before and behind that text, which itself stands for itself in a JSON string, has the same members at the same places, so it need not
/// be read again. What is compared is no secret: keys are what is left out, and credentials are in the head.
/// </remarks>
internal sealed class RememberedBody
{
    /// <summary>Longer bodies are not remembered.</summary>
    private const int BytesMax = 1024;

    private byte[] _bytes = [];
    private int _length;
    private int _offset;
    private int _end;

    /// <summary>What is kept, zeros for the text.</summary>
    internal ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Forgets the body.</summary>
    internal void Forget() => _length = 0;

    /// <summary>Whether a body is the remembered one but for its text.</summary>
    /// <param name="body">The whole body.</param>
    /// <param name="text">Its text, one byte a character; of any length but 0.</param>
    [HotPath]
    internal bool IsAlike(ReadOnlySpan<byte> body, out ReadOnlySpan<byte> text)
    {
        int behind = _length - _end;
        int length = body.Length - _offset - behind;
        if (_length == 0 || length <= 0)
        {
            text = default;
            return false;
        }

        ReadOnlySpan<byte> remembered = _bytes.AsSpan(0, _length);
        text = body.Slice(_offset, length);
        return body[(_offset + length)..].SequenceEqual(remembered[_end..])
            && body[.._offset].SequenceEqual(remembered[.._offset])
            && ByteScan.IsPlainAscii(text);
    }

    /// <summary>Remembers a body that was read, unless it is too long or its text is none that could be compared.</summary>
    /// <param name="body">The whole body.</param>
    /// <param name="text">Where the only text of its kind in it lies; what is there is not kept.</param>
    internal void Keep(ReadOnlySpan<byte> body, TextRange text)
    {
        // A text that is not plain ASCII has another length in characters than in bytes.
        if (body.Length > BytesMax || text.InScratch || text.Length == 0 || !ByteScan.IsPlainAscii(body.Slice(text.Offset, text.Length)))
        {
            return;
        }

        if (_bytes.Length == 0)
        {
            _bytes = new byte[BytesMax]; // ALLOC: once.
        }

        body.CopyTo(_bytes);
        _bytes.AsSpan(text.Offset, text.Length).Clear();
        _length = body.Length;
        _offset = text.Offset;
        _end = text.Offset + text.Length;
    }
}
