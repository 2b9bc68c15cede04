using System;

namespace Unkey.Protocol;

/// <content>The values of members: numbers, texts, limits, and the scratch memory that they go to.</content>
public sealed partial class VerifyKeyRequestReader
{
    /// <summary>Reads an integer literal of 0 or more.</summary>
    /// <returns>Whether the text is still valid; <paramref name="isValid"/> says whether the value is one that is allowed.</returns>
    private static bool TryReadInteger(ref JsonScanner scanner, long max, out long value, out bool isValid)
    {
        value = 0;
        isValid = false;
        JsonToken token = scanner.Read();
        if (token != JsonToken.Number)
        {
            return scanner.TrySkip(token);
        }

        // The contract takes the literal and not the number: 5.0 and 1e2 are refused, -0 is 0.
        ReadOnlySpan<byte> digits = scanner.Raw;
        bool isNegative = digits[0] == (byte)'-';
        isValid = Ascii.TryParseUnsigned(isNegative ? digits[1..] : digits, out value) && value <= max && (!isNegative || value == 0);
        return true;
    }

    private static void Grow(ref byte[] buffer, int lengthMin)
    {
        if (buffer.Length < lengthMin)
        {
            // ALLOC: only for a request with more text than any ordinary one. BOUND: twice the length of the body.
            Array.Resize(ref buffer, Math.Max(lengthMin, buffer.Length * 2));
        }
    }

    private void AddLimit(ReadOnlySpan<byte> body, TextRange name, long cost, Member seen, long limit, long duration)
    {
        ReadOnlySpan<byte> text = Text(body, name);
        Grow(ref _names, _namesUsed + text.Length);
        if (_limitCount == _limits.Length)
        {
            // ALLOC: only for a request with more limits than any ordinary one. BOUND: the length of the body.
            Array.Resize(ref _limits, _limits.Length * 2);
        }

        text.CopyTo(_names.AsSpan(_namesUsed));
        _limits[_limitCount++] = new VerifyKeyLimit
        {
            NameOffset = _namesUsed,
            NameLength = text.Length,
            Cost = cost,
            HasLimit = (seen & Member.Limit) != 0,
            Limit = limit,
            HasDuration = (seen & Member.Duration) != 0,
            DurationMs = duration,
        };
        _namesUsed += text.Length;
    }

    private bool TryReadText(ref JsonScanner scanner, int lengthMin, int lengthMax, out TextRange text, out bool isValid) =>
        TryTakeText(ref scanner, scanner.Read(), lengthMin, lengthMax, out text, out isValid);

    /// <summary>Takes a value whose first token has been read, when it is a string of an allowed length in code points.</summary>
    private bool TryTakeText(
        ref JsonScanner scanner, JsonToken token, int lengthMin, int lengthMax, out TextRange text, out bool isValid)
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
            Grow(ref _scratch, _scratchUsed + value.Length);
            int written = JsonText.Unescape(value, _scratch.AsSpan(_scratchUsed));
            text = new TextRange(_scratchUsed, written, inScratch: true);
            value = _scratch.AsSpan(_scratchUsed, written);
            _scratchUsed += written;
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

    private ReadOnlySpan<byte> Text(ReadOnlySpan<byte> body, TextRange text) =>
        (text.InScratch ? _scratch : body).Slice(text.Offset, text.Length);
}
