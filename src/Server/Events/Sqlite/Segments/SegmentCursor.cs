using System;
using System.Buffers.Binary;
using Microsoft.Data.Sqlite;
using Unkey.Engine;
using Unkey.Engine.Events;
using Unkey.Server.Storage.Sqlite;

namespace Unkey.Server.Events.Sqlite.Segments;

/// <summary>One scan of a table of raw events: first the rows of an earlier version, if there are any, then segment by segment. The connection's thread only.</summary>
/// <remarks>
/// The bytes of a segment are SQLite's, and stay until the next one is read; nothing is copied, and of an event only what the query asks for is read. Every read of an event
/// is within it, whatever its lengths say.
/// </remarks>
internal sealed unsafe class SegmentCursor(SegmentReading reading, SegmentTable table) : IDisposable
{
    private const double NsPerMs = 1e6;

    // Between two looks at whether the query is to end: some microseconds.
    private const int EventsPerLook = 1024;

    // A row's number is that of its segment and that of its event: 20 bits, since the shortest event is longer than a byte.
    private const int EventBits = 20;

    private static readonly nint s_transient = -1;

    private readonly SegmentReading _reading = reading;
    private readonly SegmentTable _table = table;
    private readonly int[] _texts = new int[SegmentTable.TextsMax];
    private SegmentRange _range = new();
    private SqliteStatement? _allRows;
    private SqliteStatement? _ownRows;
    private SqliteStatement? _rows;
    private SqliteStatement? _all;
    private SqliteStatement? _own;
    private SqliteStatement? _segments;
    private TagsWriter? _tags;
    private byte* _bytes;
    private int _length;
    private int _offset;
    private long _segment;
    private int _event;
    private byte* _payload;
    private int _payloadLength;
    private bool _isSplit;
    private bool _isInRows;

    /// <summary>Whether there is no row.</summary>
    public bool IsAtEnd { get; private set; }

    /// <summary>Number of the row, among those of its table.</summary>
    public long RowId => _isInRows ? -_rows!.NumberAt(_table.Columns.Count) : (_segment << EventBits) | (uint)_event;

    private ReadOnlySpan<byte> Payload => new(_payload, _payloadLength);

    /// <summary>Begins a scan, at its first row.</summary>
    /// <exception cref="SqliteException">The file cannot be read.</exception>
    /// <exception cref="SegmentDamagedException">A segment is not what was written.</exception>
    /// <exception cref="OperationCanceledException">The query is to end.</exception>
    public void Start(SegmentRange range)
    {
        End();
        _range = range;
        IsAtEnd = false;
        if (_reading.HasRows(_table))
        {
            StartRows();
        }
        else
        {
            StartSegments();
        }

        Next();
    }

    /// <summary>Moves to the next row.</summary>
    /// <exception cref="SqliteException">The file cannot be read.</exception>
    /// <exception cref="SegmentDamagedException">A segment is not what was written.</exception>
    /// <exception cref="OperationCanceledException">The query is to end.</exception>
    public void Next()
    {
        if (_isInRows)
        {
            if (Step(_rows!))
            {
                return;
            }

            _isInRows = false;
            StartSegments();
        }

        // BOUND: by the events of the store; IsEnded ends it at the deadline of the query.
        while (!NextOfSegment())
        {
            if (!Step(_segments!))
            {
                End();
                return;
            }

            Open();
        }
    }

    /// <summary>Gives SQLite the value of a column of the row.</summary>
    /// <param name="context">Takes the value.</param>
    /// <param name="number">Of the column.</param>
    /// <exception cref="SegmentDamagedException">The event is not whole.</exception>
    public void Give(nint context, int number)
    {
        if (_isInRows)
        {
            SqliteModuleApi.ResultValue(context, SqliteModuleApi.ColumnValue(_rows!.Handle, number));
            return;
        }

        SegmentColumn column = _table.Columns[number];
        switch (column.Value)
        {
            case SegmentValue.Number:
                SqliteModuleApi.ResultInt64(context, Number(column.At));
                break;
            case SegmentValue.Milliseconds:
                SqliteModuleApi.ResultDouble(context, Number(column.At) / NsPerMs);
                break;
            case SegmentValue.Flag:
                SqliteModuleApi.ResultInt64(context, Payload[column.At] == 0 ? 0 : 1);
                break;
            case SegmentValue.Outcome:
                Give(context, VerificationEventRow.NameUtf8((VerifyOutcome)Payload[column.At]));
                break;
            case SegmentValue.Text:
                Give(context, Text(column.At));
                break;
            case SegmentValue.Tags:
                GiveTags(context);
                break;
            default:
                Give(context, column.SameUtf8);
                break;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _allRows?.Dispose();
        _ownRows?.Dispose();
        _all?.Dispose();
        _own?.Dispose();
        _tags?.Dispose();
    }

    private static void Give(nint context, ReadOnlySpan<byte> text)
    {
        fixed (byte* utf8 = text)
        {
            // An empty span has no address, which would mean NULL.
            byte none = 0;
            SqliteModuleApi.ResultText(context, utf8 == null ? &none : utf8, text.Length, s_transient);
        }
    }

    private SqliteStatement Prepare(string sql)
    {
        _reading.IsInside = true;
        try
        {
            return new SqliteStatement(_reading.Connection, sql);
        }
        finally
        {
            _reading.IsInside = false;
        }
    }

    // A statement that has expired is prepared again by its next step.
    private bool Step(SqliteStatement statement)
    {
        Look();
        _reading.IsInside = true;
        try
        {
            return statement.Step();
        }
        finally
        {
            _reading.IsInside = false;
        }
    }

    private void Look()
    {
        if (_reading.IsEnded())
        {
            throw new OperationCanceledException();
        }
    }

    private void End()
    {
        _rows?.Reset();
        _segments?.Reset();
        _bytes = null;
        _length = 0;
        _offset = 0;
        _isInRows = false;
        IsAtEnd = true;
    }

    private void StartRows()
    {
        string columns = $"SELECT {_table.ColumnList}, rowid FROM {_table.Rows} WHERE time >= ?1 AND time <= ?2";
        if (_range.Workspace is null)
        {
            _rows = _allRows ??= Prepare(columns);
            _rows.Number(_range.Min).Number(_range.Max);
        }
        else
        {
            _rows = _ownRows ??= Prepare(columns + " AND workspace_id = ?3");
            _rows.Number(_range.Min).Number(_range.Max).Text(_range.Workspace);
        }

        _isInRows = true;
    }

    private void StartSegments()
    {
        const string Columns = "SELECT id, checksum, events FROM event_segments WHERE kind = ?1 AND max_time >= ?2 AND min_time <= ?3";
        if (_range.Workspace is null)
        {
            _segments = _all ??= Prepare(Columns);
            _segments.Number((long)_table.Kind).Number(_range.Min).Number(_range.Max);
        }
        else
        {
            _segments = _own ??= Prepare(Columns + " AND workspace_id IN ('', ?4)");
            _segments.Number((long)_table.Kind).Number(_range.Min).Number(_range.Max).Text(_range.Workspace);
        }
    }

    private void Open()
    {
        ReadOnlySpan<byte> segment = _segments!.BytesAt(2);
        _segment = _segments.NumberAt(0);
        _reading.Check(_segment, segment, _segments.NumberAt(1));

        // SAFETY: memory of SQLite, which stays as it is until the statement moves on; then this is set again, or End forgets it.
        fixed (byte* bytes = segment)
        {
            _bytes = bytes;
        }

        _length = segment.Length;
        _offset = Segment.HeadBytes;
        _event = -1;
    }

    private bool NextOfSegment()
    {
        ReadOnlySpan<byte> segment = new(_bytes, _length);
        while (Segment.TryNext(segment, ref _offset, out ReadOnlySpan<byte> payload))
        {
            _event++;
            if ((_event & (EventsPerLook - 1)) == EventsPerLook - 1)
            {
                Look();
            }

            _payload = _bytes + _offset - payload.Length;
            _payloadLength = payload.Length;
            _isSplit = false;
            if (payload.Length < _table.TextsOffset || payload[0] != (byte)_table.Kind || _event >> EventBits != 0)
            {
                throw new SegmentDamagedException(_segment);
            }

            long time = Number(_table.TimeOffset);
            if (time >= _range.Min && time <= _range.Max && (_range.Workspace is null || Text(SegmentTable.WorkspaceText).SequenceEqual(_range.Workspace)))
            {
                return true;
            }
        }

        return _offset == _length ? false : throw new SegmentDamagedException(_segment);
    }

    private long Number(int offset) => BinaryPrimitives.ReadInt64LittleEndian(Payload[offset..]);

    private ReadOnlySpan<byte> Text(int number)
    {
        if (!_isSplit)
        {
            Split();
        }

        int start = _texts[number];
        return Payload.Slice(start + sizeof(ushort), BinaryPrimitives.ReadUInt16LittleEndian(Payload[start..]));
    }

    // Where each text begins.
    private void Split()
    {
        ReadOnlySpan<byte> payload = Payload;
        int at = _table.TextsOffset;
        for (int i = 0; i < _table.Texts; i++)
        {
            _texts[i] = at;
            if (payload.Length - at < sizeof(ushort) || BinaryPrimitives.ReadUInt16LittleEndian(payload[at..]) is var length && length > payload.Length - at - sizeof(ushort))
            {
                throw new SegmentDamagedException(_segment);
            }

            at += sizeof(ushort) + length;
        }

        _isSplit = true;
    }

    private void GiveTags(nint context)
    {
        _tags ??= new TagsWriter();
        if (!VerificationEvent.TryRead(Payload, out VerificationEvent item))
        {
            throw new SegmentDamagedException(_segment);
        }

        Give(context, _tags.Array(in item));
    }
}
