using System;
using System.Buffers;
using System.Text.Json;
using Unkey.Engine.Events;

namespace Unkey.Server.Events;

/// <summary>Writes the tags of one event after the other as JSON arrays. One thread; its memory is used again for each.</summary>
internal sealed class TagsWriter : IDisposable
{
    // What stands in JSON as it is; the rest is left to the JSON writer, which escapes more than JSON asks for.
    private static readonly SearchValues<byte> s_plain =
        SearchValues.Create(" !#$%()*,-./0123456789:;=?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_abcdefghijklmnopqrstuvwxyz{|}~"u8);

    private readonly ArrayBufferWriter<byte> _buffer = new();
    private readonly Utf8JsonWriter _json;

    /// <summary>Creates the writer.</summary>
    public TagsWriter() => _json = new Utf8JsonWriter(_buffer);

    /// <summary>The tags of an event.</summary>
    /// <param name="item">The event.</param>
    /// <returns>A JSON array in UTF-8, valid until the next call.</returns>
    public ReadOnlySpan<byte> Array(in VerificationEvent item)
    {
        if (item.TagCount == 0)
        {
            return "[]"u8;
        }

        _buffer.ResetWrittenCount();
        return TryPlain(in item) ? _buffer.WrittenSpan : Escaped(in item);
    }

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();

    private bool TryPlain(in VerificationEvent item)
    {
        _buffer.Write("["u8);
        EventReader reader = item.Tags;
        for (int i = 0; i < item.TagCount; i++)
        {
            ReadOnlySpan<byte> tag = reader.Text();
            if (tag.ContainsAnyExcept(s_plain))
            {
                return false;
            }

            _buffer.Write(i == 0 ? "\""u8 : ",\""u8);
            _buffer.Write(tag);
            _buffer.Write("\""u8);
        }

        _buffer.Write("]"u8);
        return true;
    }

    private ReadOnlySpan<byte> Escaped(in VerificationEvent item)
    {
        _buffer.ResetWrittenCount();
        _json.Reset();
        _json.WriteStartArray();
        EventReader reader = item.Tags;
        for (int i = 0; i < item.TagCount; i++)
        {
            _json.WriteStringValue(reader.Text());
        }

        _json.WriteEndArray();
        _json.Flush();
        return _buffer.WrittenSpan;
    }
}
