using System;
using System.Data.Common;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Unkey.Server.Storage.Sqlite;

/// <summary>A session whose scans run on a connection of their own without SQLite's mutex, which costs a locked instruction for every column of every row.</summary>
/// <remarks>Used by the thread that opened it and by no other, finalizers included: that is what makes going without the mutex sound. For the load at start.</remarks>
internal sealed class SqliteScanner : IDisposable
{
    private readonly sqlite3 _database;

    private SqliteScanner(DbConnection connection, sqlite3 database)
    {
        _database = database;
        Session = new StoreSession(connection, (_, sql, texts) => new SqliteColumnScan(database, sql, texts), SqliteDatabase.Prepare);
    }

    /// <summary>The session; single statements take its ordinary connection.</summary>
    public StoreSession Session { get; }

    /// <summary>Opens the second connection.</summary>
    /// <param name="connection">An open connection, owned from now on.</param>
    /// <param name="path">The file of the database.</param>
    /// <exception cref="SqliteException">The file cannot be read.</exception>
    public static SqliteScanner Open(DbConnection connection, string path)
    {
        int result = raw.sqlite3_open_v2(path, out sqlite3 database, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_NOMUTEX, null);
        if (result == raw.SQLITE_OK)
        {
            result = raw.sqlite3_exec(database, "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF;");
        }

        if (result != raw.SQLITE_OK)
        {
            string message = raw.sqlite3_errmsg(database).utf8_to_string();
            database.Dispose();
            connection.Dispose();
            throw new SqliteException(message, result & 0xFF, result);
        }

        return new SqliteScanner(connection, database);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The scans are disposed by now; closing before a statement would leave the connection open behind it.
        _database.Dispose();
        Session.Dispose();
    }
}
