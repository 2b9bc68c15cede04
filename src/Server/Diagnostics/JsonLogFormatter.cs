using System;
using System.Buffers;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Unkey.Server.Diagnostics;

/// <summary>Writes a log entry as one JSON object on one line. Called on the thread that logs; allocates; never throws on a value.</summary>
/// <remarks>Shape: <c>{"time","level","id","event","category","message","fields":{...},"exception"}</c>. The encoder escapes everything
/// that is not plain ASCII, so no value can end the line, start an escape sequence or hide text.</remarks>
internal sealed class JsonLogFormatter : ConsoleFormatter
{
    /// <summary>Name under which the console provider finds this format.</summary>
    public const string FormatterName = "unkey-json";

    private readonly TimeProvider _time;

    /// <summary>Makes the formatter.</summary>
    /// <param name="time">The clock of the entries.</param>
    public JsonLogFormatter(TimeProvider time)
        : base(FormatterName) => _time = time;

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        ArrayBufferWriter<byte> buffer = new(512);
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteString("time", _time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
            json.WriteString("level", LogLevelText.Of(logEntry.LogLevel));
            json.WriteNumber("id", logEntry.EventId.Id);
            if (logEntry.EventId.Name is { } name)
            {
                json.WriteString("event", name);
            }

            json.WriteString("category", logEntry.Category);
            json.WriteString("message", logEntry.Formatter(logEntry.State, logEntry.Exception));
            WriteFields(json, logEntry.State as IReadOnlyList<KeyValuePair<string, object?>>);
            if (logEntry.Exception is { } exception)
            {
                json.WriteString("exception", exception.ToString());
            }

            json.WriteEndObject();
        }

        textWriter.Write(Encoding.UTF8.GetString(buffer.WrittenSpan));
        textWriter.Write('\n');
    }

    private static void WriteFields(Utf8JsonWriter json, IReadOnlyList<KeyValuePair<string, object?>>? state)
    {
        // The message template is part of the state under this name; it says nothing that the event id does not.
        const string Template = "{OriginalFormat}";
        if (state is null || state.Count == 0 || (state.Count == 1 && state[0].Key == Template))
        {
            return;
        }

        json.WriteStartObject("fields");
        foreach ((string key, object? value) in state)
        {
            switch (value)
            {
                case var _ when key == Template:
                    break;
                case null:
                    json.WriteNull(key);
                    break;
                case int number:
                    json.WriteNumber(key, number);
                    break;
                case long number:
                    json.WriteNumber(key, number);
                    break;
                case double number when double.IsFinite(number):
                    json.WriteNumber(key, number);
                    break;
                case bool flag:
                    json.WriteBoolean(key, flag);
                    break;
                default:
                    json.WriteString(key, Convert.ToString(value, CultureInfo.InvariantCulture));
                    break;
            }
        }

        json.WriteEndObject();
    }
}
