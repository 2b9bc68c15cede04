using System;
using System.Threading;
using Microsoft.Data.Sqlite;
using SQLitePCL;
using Unkey.Server.Storage.Snapshots;

namespace Unkey.Server.Storage.Sqlite;

/// <summary>The last commit of a clean stop: puts a token into the database when nobody else has changed it, and lets nobody change it before it is closed.</summary>
/// <remarks>
/// <para>Nobody else may have: <c>PRAGMA data_version</c> of a connection moves with every commit of another one, in this process or out of it.</para>
/// <para>Nobody may any more: in SQLite's exclusive locking mode the connection keeps the lock of its transaction until it is closed. What is in the
/// write-ahead log goes to the file under that lock, and the state of the file is read under it, when its times are old enough that a later change gets others.</para>
/// </remarks>
internal static class SqliteSeal
{
    // Times of files move in steps of the kernel's tick, 10 ms at most.
    private static readonly TimeSpan s_timesStep = TimeSpan.FromMilliseconds(30);
    private static readonly TimeSpan s_waitMax = TimeSpan.FromMilliseconds(500);

    /// <summary>A value that is the same as long as no other connection has committed.</summary>
    public static long DataVersion(SqliteConnection connection) => SqliteDatabase.Pragma(connection, "data_version");

    /// <summary>Puts the token in. The connection is of no use afterwards but to be closed.</summary>
    /// <param name="connection">The only connection of this process, outside a transaction.</param>
    /// <param name="path">The file of the database.</param>
    /// <param name="dataVersion">From <see cref="DataVersion"/> on this connection, before the keys were loaded.</param>
    /// <param name="token">The token.</param>
    /// <param name="problem">Why it is not in, as a sentence's part.</param>
    /// <returns>The file as it has to be found once the connection is closed; null when the token is not in, or not to be relied on.</returns>
    /// <exception cref="SqliteException">The database cannot be written.</exception>
    public static FileState? Close(SqliteConnection connection, string path, long dataVersion, byte[] token, out string problem)
    {
        sqlite3 database = connection.Handle!;

        // Whoever has the database open now is not waited for. Past the driver, which would try again for seconds.
        _ = raw.sqlite3_busy_timeout(database, 0);
        int result = raw.sqlite3_exec(database, "PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE");
        if (result != raw.SQLITE_OK)
        {
            problem = (result & 0xFF) is raw.SQLITE_BUSY or raw.SQLITE_LOCKED
                ? "another program has the database open"
                : raw.sqlite3_errmsg(database).utf8_to_string();
            return null;
        }

        if (DataVersion(connection) != dataVersion)
        {
            problem = "another program has changed the database";
            return null;
        }

        using (SqliteCommand command = connection.CreateCommand())
        {
            command.CommandText = "DELETE FROM key_snapshots; INSERT INTO key_snapshots (token) VALUES (@token)";
            command.Parameters.AddWithValue("@token", token);
            command.ExecuteNonQuery();
        }

        SqliteDatabase.Run(connection, "COMMIT");
        if (SqliteDatabase.Pragma(connection, "wal_checkpoint(TRUNCATE)") != 0)
        {
            problem = "the write-ahead log could not be emptied";
            return null;
        }

        long until = Environment.TickCount64 + (long)s_waitMax.TotalMilliseconds;
        FileState? state = FileState.Read(path);

        // BOUND: by the time; a clock that was set back would make it long.
        while (state is { } young && young.Age < s_timesStep && Environment.TickCount64 < until)
        {
            Thread.Sleep(s_timesStep);
            state = FileState.Read(path);
        }

        if (state is { IsCoarse: false } old && old.Age >= s_timesStep)
        {
            problem = "";
            return state;
        }

        problem = state is null or { IsCoarse: true }
            ? "this system does not tell whether a file was changed"
            : "the clock stands before the last change of the database";
        return null;
    }
}
