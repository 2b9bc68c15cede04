using System;
using Microsoft.Data.Sqlite;
using SQLitePCL;
using Unkey.Server.Hosting;

namespace Unkey.Server.Storage.Sqlite;

/// <summary>A prepared statement that is run many times, past ADO.NET, which costs several times the row itself. One thread.</summary>
internal sealed class SqliteStatement : RepeatedStatement
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private int _bound;

    /// <summary>Prepares a statement.</summary>
    /// <param name="connection">An open connection; must stay open as long as the statement.</param>
    /// <param name="sql">Constant text; its parameters are <c>?</c> or <c>?1</c>, <c>?2</c> and so on, bound in their order.</param>
    public SqliteStatement(SqliteConnection connection, string sql)
    {
        _database = connection.Handle!;
        Check(raw.sqlite3_prepare_v2(_database, sql, out _statement));
    }

    /// <summary>The statement, for functions that the wrapper has not; as long as this lives.</summary>
    public nint Handle => _statement.DangerousGetHandle();

    /// <inheritdoc/>
    public override SqliteStatement Text(ReadOnlySpan<byte> utf8)
    {
        // An empty span has no address, which would mean NULL.
        Check(utf8.IsEmpty ? raw.sqlite3_bind_text(_statement, ++_bound, utf8z.FromSpan("\0"u8)) : raw.sqlite3_bind_text(_statement, ++_bound, utf8));
        return this;
    }

    /// <inheritdoc/>
    public override SqliteStatement Number(long value)
    {
        Check(raw.sqlite3_bind_int64(_statement, ++_bound, value));
        return this;
    }

    /// <inheritdoc/>
    public override SqliteStatement Blob(ReadOnlySpan<byte> value)
    {
        Check(value.IsEmpty ? raw.sqlite3_bind_zeroblob(_statement, ++_bound, 0) : raw.sqlite3_bind_blob(_statement, ++_bound, value));
        return this;
    }

    /// <inheritdoc/>
    /// <exception cref="SqliteException">It failed.</exception>
    public override int Run()
    {
        _bound = 0;
        int result = raw.sqlite3_step(_statement);
        int changes = raw.sqlite3_changes(_database);
        BackgroundThread.Breathe();
        if (result is not (raw.SQLITE_DONE or raw.SQLITE_ROW))
        {
            SqliteException fault = Fault(result);
            _ = raw.sqlite3_reset(_statement);
            throw fault;
        }

        Check(raw.sqlite3_reset(_statement));
        return changes;
    }

    /// <summary>Runs a query of one number.</summary>
    /// <returns>The number; 0 when there is no row or no number.</returns>
    /// <exception cref="SqliteException">It failed.</exception>
    public long Query()
    {
        _bound = 0;
        int result = raw.sqlite3_step(_statement);
        if (result is not (raw.SQLITE_DONE or raw.SQLITE_ROW))
        {
            SqliteException fault = Fault(result);
            _ = raw.sqlite3_reset(_statement);
            throw fault;
        }

        long number = result == raw.SQLITE_ROW ? raw.sqlite3_column_int64(_statement, 0) : 0;
        Check(raw.sqlite3_reset(_statement));
        return number;
    }

    /// <summary>Moves to the next row of a query. The next value that is bound is the first again, after <see cref="Reset"/>.</summary>
    /// <returns>Whether there is one; when not, the statement is reset.</returns>
    /// <exception cref="SqliteException">It failed; the statement is reset.</exception>
    public bool Step()
    {
        _bound = 0;
        int result = raw.sqlite3_step(_statement);
        if (result == raw.SQLITE_ROW)
        {
            return true;
        }

        SqliteException? fault = result == raw.SQLITE_DONE ? null : Fault(result);
        Reset();
        return fault is null ? false : throw fault;
    }

    /// <summary>Ends a query before its last row.</summary>
    public void Reset()
    {
        _bound = 0;
        _ = raw.sqlite3_reset(_statement);
    }

    /// <summary>A number of the row; see <see cref="Step"/>.</summary>
    /// <param name="column">From 0.</param>
    public long NumberAt(int column) => raw.sqlite3_column_int64(_statement, column);

    /// <summary>The bytes of a text or a blob of the row, valid until the next step; see <see cref="Step"/>.</summary>
    /// <param name="column">From 0.</param>
    public ReadOnlySpan<byte> BytesAt(int column) => raw.sqlite3_column_blob(_statement, column);

    /// <inheritdoc/>
    public override void Dispose() => _statement.Dispose();

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK)
        {
            _bound = 0;
            throw Fault(result);
        }
    }

    private SqliteException Fault(int result) => new(raw.sqlite3_errmsg(_database).utf8_to_string(), result & 0xFF, result);
}
