using System;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Unkey.Server.Storage.Sqlite;

/// <summary>Begins and ends the transactions of a connection by statements that stay prepared: a command of ADO.NET each time is a kilobyte of garbage. One thread.</summary>
internal sealed class SqliteTransactions : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;

    /// <summary>Prepares the statements.</summary>
    /// <param name="connection">An open connection; must stay open as long as this.</param>
    public SqliteTransactions(SqliteConnection connection)
    {
        _connection = connection;
        _begin = new SqliteStatement(connection, "BEGIN IMMEDIATE");
        _commit = new SqliteStatement(connection, "COMMIT");
    }

    /// <summary>Runs statements as one transaction.</summary>
    /// <exception cref="SqliteException">It failed and was taken back.</exception>
    public void Run(Action statements)
    {
        _begin.Run();
        try
        {
            statements();
            _commit.Run();
        }
        catch
        {
            // SQLite has already rolled back after some faults.
            if (raw.sqlite3_get_autocommit(_connection.Handle!) == 0)
            {
                SqliteDatabase.Run(_connection, "ROLLBACK");
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _begin.Dispose();
        _commit.Dispose();
    }
}
