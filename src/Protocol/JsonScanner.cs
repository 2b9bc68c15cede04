using System;
using System.Runtime.CompilerServices;
using System.Text.Unicode;

namespace Unkey.Protocol;

/// <summary>Reads one JSON text forward, token by token, strictly: RFC 8259 grammar, valid UTF-8 without a byte order mark,
/// no lone surrogate, a bounded depth. A value on the stack of one thread; never allocates, blocks or throws.</summary>
/// <remarks>Iterative: the open containers are bits of one word, so no input can exhaust the stack. Two byte strings never
/// read as the same text, which is why invalid UTF-8 and lone surrogates are refused and not replaced.</remarks>
public ref struct JsonScanner
{
    /// <summary>Most containers that may be open at once.</summary>
    public const int DepthMax = 64;

    private readonly ReadOnlySpan<byte> _text;
    private int _position;
    private int _depth;

    /// <summary>Bit n-1 is set when the container at depth n is an object.</summary>
    private ulong _objects;
    private Next _next;

    /// <summary>Starts at the first byte of a text.</summary>
    /// <param name="text">The whole text. It is checked for valid UTF-8 here, once: O(n).</param>
    public JsonScanner(ReadOnlySpan<byte> text)
    {
        _text = text;
        _next = Utf8.IsValid(text) ? Next.Value : Next.Nothing;
    }

    /// <summary>What may come next.</summary>
    private enum Next : byte
    {
        Nothing,
        Value,
        ValueOrArrayEnd,
        Name,
        NameOrObjectEnd,
        CommaOrEnd,
        End,
    }

    /// <summary>The whole text.</summary>
    internal readonly ReadOnlySpan<byte> Text => _text;

    /// <summary>After a name or a string: its bytes between the quotes, escapes not resolved. After a number: its digits.</summary>
    public readonly ReadOnlySpan<byte> Raw => _text.Slice(RawOffset, RawLength);

    /// <summary>Where <see cref="Raw"/> begins in the text.</summary>
    public int RawOffset { get; private set; }

    /// <summary>Length of <see cref="Raw"/> in bytes.</summary>
    public int RawLength { get; private set; }

    /// <summary>Whether <see cref="Raw"/> has escapes, so that <see cref="JsonText.Unescape"/> is needed to get its text.</summary>
    public bool HasEscapes { get; private set; }

    /// <summary>Reads the next token.</summary>
    /// <returns>The token; <see cref="JsonToken.End"/> once, and only when the whole text is one valid value.</returns>
    [HotPath]
    public JsonToken Read()
    {
        if (_next == Next.CommaOrEnd && SkipBlanks() == (byte)',')
        {
            _position++;
            _next = IsInObject() ? Next.Name : Next.Value;
        }

        int first = SkipBlanks();
        switch (_next)
        {
            case Next.Value:
                return ReadValue(first);
            case Next.ValueOrArrayEnd:
                return first == (byte)']' ? Close(JsonToken.ArrayEnd) : ReadValue(first);
            case Next.Name:
                return ReadName(first);
            case Next.NameOrObjectEnd:
                return first == (byte)'}' ? Close(JsonToken.ObjectEnd) : ReadName(first);
            case Next.CommaOrEnd:
                return first == (IsInObject() ? (byte)'}' : (byte)']')
                    ? Close(IsInObject() ? JsonToken.ObjectEnd : JsonToken.ArrayEnd)
                    : Fail();
            case Next.End:
                return first < 0 ? JsonToken.End : Fail();
            default:
                return JsonToken.Invalid;
        }
    }

    /// <summary>Skips the rest of the value whose first token has just been read.</summary>
    /// <param name="first">That token.</param>
    /// <returns><see langword="false"/> when the text turns out to be invalid.</returns>
    [HotPath]
    public bool TrySkip(JsonToken first)
    {
        if (first is not (JsonToken.ObjectStart or JsonToken.ArrayStart))
        {
            return first != JsonToken.Invalid;
        }

        // BOUND: each turn consumes a token; the text is finite.
        int outside = _depth - 1;
        while (_depth > outside)
        {
            if (Read() == JsonToken.Invalid)
            {
                return false;
            }
        }

        return true;
    }

    private readonly bool IsInObject() => (_objects >> (_depth - 1) & 1) != 0;

    /// <summary>Moves to the next byte that is no white space and returns it, or -1 at the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int SkipBlanks()
    {
        int position = _position;
        if ((uint)position < (uint)_text.Length && _text[position] > (byte)' ')
        {
            return _text[position]; // Programs write JSON without white space, mostly.
        }

        return SkipBlanksFrom(position);
    }

    private int SkipBlanksFrom(int position)
    {
        while ((uint)position < (uint)_text.Length)
        {
            byte b = _text[position];
            if (b is not ((byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r'))
            {
                _position = position;
                return b;
            }

            position++;
        }

        _position = position;
        return -1;
    }

    private JsonToken Fail()
    {
        _next = Next.Nothing;
        return JsonToken.Invalid;
    }

    private JsonToken AfterValue(JsonToken token)
    {
        _next = _depth == 0 ? Next.End : Next.CommaOrEnd;
        return token;
    }

    private JsonToken Open(bool isObject)
    {
        if (_depth == DepthMax)
        {
            return Fail();
        }

        ulong bit = 1UL << _depth;
        _objects = isObject ? _objects | bit : _objects & ~bit;
        _depth++;
        _position++;
        _next = isObject ? Next.NameOrObjectEnd : Next.ValueOrArrayEnd;
        return isObject ? JsonToken.ObjectStart : JsonToken.ArrayStart;
    }

    private JsonToken Close(JsonToken token)
    {
        _depth--;
        _position++;
        return AfterValue(token);
    }

    private JsonToken ReadName(int first)
    {
        if (first != (byte)'"' || !TryReadString() || SkipBlanks() != (byte)':')
        {
            return Fail();
        }

        _position++;
        _next = Next.Value;
        return JsonToken.Name;
    }

    private JsonToken ReadValue(int first)
    {
        switch (first)
        {
            case '"':
                return TryReadString() ? AfterValue(JsonToken.String) : Fail();
            case '{':
                return Open(isObject: true);
            case '[':
                return Open(isObject: false);
            case 't':
                return ReadLiteral("true"u8, JsonToken.True);
            case 'f':
                return ReadLiteral("false"u8, JsonToken.False);
            case 'n':
                return ReadLiteral("null"u8, JsonToken.Null);
            default:
                return TryReadNumber() ? AfterValue(JsonToken.Number) : Fail();
        }
    }

    private JsonToken ReadLiteral(ReadOnlySpan<byte> literal, JsonToken token)
    {
        if (!_text[_position..].StartsWith(literal))
        {
            return Fail();
        }

        // What follows is judged as the next token, so "nullx" fails there.
        _position += literal.Length;
        return AfterValue(token);
    }

    private bool TryReadString()
    {
        RawOffset = _position + 1;
        HasEscapes = false;
        ReadOnlySpan<byte> rest = _text[RawOffset..];
        int length = 0;

        // BOUND: each turn moves at least one byte on.
        while (true)
        {
            int plain = ByteScan.IndexOfStringBreaking(rest[length..]);
            if (plain < 0)
            {
                return false;
            }

            length += plain;
            if (rest[length] == (byte)'"')
            {
                RawLength = length;
                _position = RawOffset + length + 1;
                return true;
            }

            int escape = rest[length] == (byte)'\\' ? JsonText.EscapeLength(rest[length..]) : 0;
            if (escape == 0)
            {
                return false;
            }

            HasEscapes = true;
            length += escape;
        }
    }

    private bool TryReadNumber()
    {
        // RFC: 8259 6: [ minus ] int [ frac ] [ exp ].
        int position = _position;
        if (At(position) == '-')
        {
            position++;
        }

        if (At(position) == '0')
        {
            position++;
        }
        else if (!TrySkipDigits(ref position))
        {
            return false;
        }

        if (At(position) == '.')
        {
            position++;
            if (!TrySkipDigits(ref position))
            {
                return false;
            }
        }

        if ((At(position) | 0x20) == 'e')
        {
            position++;
            if (At(position) is '+' or '-')
            {
                position++;
            }

            if (!TrySkipDigits(ref position))
            {
                return false;
            }
        }

        RawOffset = _position;
        RawLength = position - _position;
        HasEscapes = false;
        _position = position;
        return true;
    }

    private readonly int At(int position) => (uint)position < (uint)_text.Length ? _text[position] : -1;

    private readonly bool TrySkipDigits(ref int position)
    {
        int start = position;
        while (At(position) is >= '0' and <= '9')
        {
            position++;
        }

        return position > start;
    }
}
