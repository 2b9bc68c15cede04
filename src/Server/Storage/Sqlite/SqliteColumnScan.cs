using System;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Unkey.Server.Storage.Sqlite;

/// <summary>Rows straight from SQLite's statement, past ADO.NET, which costs several times the row itself.</summary>
internal sealed class SqliteColumnScan : ColumnScan
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;

    // The statement's address; the scan owns the statement, so it is valid until Dispose.
    private readonly nint _address;

    /// <summary>Prepares a statement.</summary>
    /// <param name="database">An open database; must stay open as long as the scan.</param>
    /// <param name="sql">Constant text.</param>
    /// <param name="texts">The parameters <c>?1</c>, <c>?2</c> and so on.</param>
    public SqliteColumnScan(sqlite3 database, string sql, ReadOnlySpan<string> texts)
    {
        _database = database;
        Check(raw.sqlite3_prepare_v2(_database, sql, out _statement));
        _address = _statement.DangerousGetHandle();
        for (int i = 0; i < texts.Length; i++)
        {
            Check(raw.sqlite3_bind_text(_statement, i + 1, texts[i]));
        }
    }

    /// <inheritdoc/>
    public override bool Read()
    {
        int result = raw.sqlite3_step(_statement);
        if (result == raw.SQLITE_ROW)
        {
            return true;
        }

        if (result != raw.SQLITE_DONE)
        {
            Check(result);
        }

        return false;
    }

    /// <inheritdoc/>
    public override bool IsNull(int ordinal) => SqliteColumns.Type(_address, ordinal) == raw.SQLITE_NULL;

    /// <inheritdoc/>
    public override long Int64(int ordinal) => SqliteColumns.Int64(_address, ordinal);

    // The database's encoding is UTF-8, so the bytes of a text are its UTF-8 and need no conversion.

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Bytes(int ordinal) => SqliteColumns.Bytes(_address, ordinal);

    /// <inheritdoc/>
    public override void Dispose() => _statement.Dispose();

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK)
        {
            throw new SqliteException(raw.sqlite3_errmsg(_database).utf8_to_string(), result & 0xFF, result);
        }
    }
}
