using System;
using System.Collections.Generic;
using Microsoft.Data.Sqlite;
using Unkey.Server.Storage.Sqlite;

namespace Unkey.Server.Events.Sqlite.Segments;

/// <summary>Lets a connection to the event store read raw events by the names of their tables. The connection's thread only.</summary>
/// <remarks>
/// The tables of <see cref="SegmentTable.All"/> are virtual: SQLite asks <see cref="SegmentCursor"/> for rows, which reads the segments, and before them the rows of a
/// store of an earlier version, by statements on the same connection, so that a query sees one state of the file.
/// </remarks>
internal sealed class SegmentReading
{
    // Some megabytes.
    private const int SoundMax = 100_000;

    private readonly HashSet<string> _rows = [];
    private readonly HashSet<long> _sound = [];

    private SegmentReading(SqliteConnection connection) => Connection = connection;

    /// <summary>The connection.</summary>
    public SqliteConnection Connection { get; }

    /// <summary>Whether a statement of a cursor is at work, which reads what the statement of a query may not.</summary>
    public bool IsInside { get; set; }

    /// <summary>Says whether the query is to end; asked while a scan leaves out events, when SQLite does not ask itself.</summary>
    public Func<bool> IsEnded { get; set; } = static () => false;

    /// <summary>Makes the tables known to a connection, until it is closed.</summary>
    /// <exception cref="SqliteException">It failed.</exception>
    public static SegmentReading Attach(SqliteConnection connection)
    {
        SegmentReading reading = new(connection);
        using SqliteStatement find = new(connection, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?");
        foreach (SegmentTable table in SegmentTable.All)
        {
            if (find.Text(System.Text.Encoding.UTF8.GetBytes(table.Rows)).Query() > 0)
            {
                reading._rows.Add(table.Rows);
            }

            SqliteModule.Register(reading, table);

            // SQLite makes the table when it is first named, and some versions ask the authorizer for it as for any other; so it is made before there is one.
            new SqliteStatement(connection, $"SELECT 1 FROM {table.Name}").Dispose();
        }

        return reading;
    }

    /// <summary>Whether the store has rows of an earlier version for a table.</summary>
    public bool HasRows(SegmentTable table) => _rows.Contains(table.Rows);

    /// <summary>Checks a segment, once for a connection: a join reads the same ones again and again.</summary>
    /// <exception cref="SegmentDamagedException">It is not what was written.</exception>
    public void Check(long id, ReadOnlySpan<byte> segment, long checksum)
    {
        if (_sound.Contains(id))
        {
            return;
        }

        if (!Segment.IsSound(segment, checksum))
        {
            throw new SegmentDamagedException(id);
        }

        if (_sound.Count < SoundMax)
        {
            _sound.Add(id);
        }
    }
}

/// <summary>A segment is not what was written.</summary>
internal sealed class SegmentDamagedException(long id) : Exception($"segment {id} {Is}")
{
    /// <summary>Tells its message from others when it comes back through SQLite.</summary>
    public const string Is = "of the event store is damaged";
}
