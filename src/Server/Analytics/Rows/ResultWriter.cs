using System;
using System.Buffers;
using System.Collections.Generic;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Unkey.Server.Analytics.Binding;
using Unkey.Server.ControlPlane.Responses;

namespace Unkey.Server.Analytics.Rows;

/// <summary>Writes the rows of an answer as JSON, within its bounds. One thread.</summary>
/// <remarks>Values come in one shape from both stores: whole numbers as <see cref="long"/> or <see cref="ulong"/>, days and seconds as Unix seconds,
/// DateTime64 as Unix milliseconds, arrays as <c>object?[]</c>.</remarks>
internal sealed class ResultWriter : IDisposable
{
    /// <summary>Most bytes of an answer.</summary>
    public const int BytesMax = 4 * 1024 * 1024;

    private readonly ArrayBufferWriter<byte> _bytes = new(4096);
    private readonly Utf8JsonWriter _json;
    private readonly List<(int Index, JsonEncodedText Name, SqlType Type)> _columns = [];
    private readonly int _count;
    private readonly long _rowsMax;
    private long _rows;

    /// <summary>Begins an answer.</summary>
    /// <param name="columns">Its columns; of several with one name the last is shown.</param>
    /// <param name="rowsMax">Most rows.</param>
    public ResultWriter(IReadOnlyList<ResultColumn> columns, long rowsMax)
    {
        _rowsMax = rowsMax;
        _count = columns.Count;
        _json = new Utf8JsonWriter(_bytes, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });
        HashSet<string> names = [];
        for (int i = columns.Count - 1; i >= 0; i--)
        {
            if (names.Add(columns[i].Name))
            {
                _columns.Insert(0, (i, JsonEncodedText.Encode(columns[i].Name, JavaScriptEncoder.UnsafeRelaxedJsonEscaping), columns[i].Type));
            }
        }

        _json.WriteStartArray();
    }

    /// <summary>Adds a row.</summary>
    /// <param name="values">A value for each column.</param>
    /// <exception cref="AnalyticsException">The answer has grown beyond its bounds.</exception>
    public void Add(ReadOnlySpan<object?> values)
    {
        if (values.Length != _count)
        {
            throw new InvalidOperationException("A row has not the columns of its query.");
        }

        if (++_rows > _rowsMax)
        {
            throw new AnalyticsException(ErrorCode.QueryRowsLimitExceeded, $"The query gives more than {_rowsMax} rows; use LIMIT, or group them");
        }

        _json.WriteStartObject();
        foreach ((int index, JsonEncodedText name, SqlType type) in _columns)
        {
            _json.WritePropertyName(name);
            Write(type, values[index]);
        }

        _json.WriteEndObject();
        if (_json.BytesCommitted + _json.BytesPending > BytesMax)
        {
            throw TooLarge();
        }
    }

    /// <summary>The whole answer.</summary>
    public AnalyticsRows Finish()
    {
        _json.WriteEndArray();
        _json.Flush();
        return new AnalyticsRows(_bytes.WrittenMemory);
    }

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();

    /// <summary>The refusal of an answer beyond its bounds.</summary>
    public static AnalyticsException TooLarge() => new(ErrorCode.QueryMemoryLimitExceeded, $"The result is larger than {BytesMax} bytes; select fewer columns or rows");

    private void Write(SqlType type, object? value)
    {
        switch (type.Kind, value)
        {
            case (_, null):
            case (_, double number) when !double.IsFinite(number):
                _json.WriteNullValue();
                break;
            case (SqlKind.Boolean, long flag):
                _json.WriteBooleanValue(flag != 0);
                break;
            case (SqlKind.Date or SqlKind.DateTime, long seconds):
                _json.WriteStringValue(TimeMath.At(seconds).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
                break;
            case (SqlKind.DateTime64, long ms):
                _json.WriteStringValue(TimeMath.AtMs(ms).ToString("yyyy-MM-dd'T'HH:mm:ss.FFF'Z'", CultureInfo.InvariantCulture));
                break;
            case (SqlKind.Array, object?[] items):
                _json.WriteStartArray();
                foreach (object? item in items)
                {
                    Write(type.Element!, item);
                }

                _json.WriteEndArray();
                break;
            case (_, long number):
                _json.WriteNumberValue(number);
                break;
            case (_, ulong number):
                _json.WriteNumberValue(number);
                break;
            case (_, double number):
                // The stores do not agree on the sign of a zero.
                _json.WriteNumberValue(number == 0 ? 0 : number);
                break;
            case (_, string text):
                _json.WriteStringValue(text);
                break;
            default:
                throw new InvalidOperationException($"{value.GetType().Name} is no {type}.");
        }
    }
}
