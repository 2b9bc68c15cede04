using System;
using System.Buffers;
using System.Text.Json;
using Unkey.Engine.Events;

namespace Unkey.Server.Events;

/// <summary>Writes the tags of one event after the other as JSON arrays. One thread; its memory is used again for each.</summary>
internal sealed class TagsWriter : IDisposable
{
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

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();
}
