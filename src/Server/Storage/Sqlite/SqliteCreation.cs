using System;
using System.IO;
using Microsoft.Data.Sqlite;

namespace Unkey.Server.Storage.Sqlite;

/// <summary>Makes a new database beside its place and moves it there when it is complete.</summary>
/// <remarks>
/// Nothing has to survive a crash half-way, since a file without its final name is made again, so the schema is written without a journal and
/// synchronised once: an ordinary migration of an empty file waits for the disk more than a dozen times. The new name is durable with the
/// first commit, because SQLite synchronises the directory when it makes the write-ahead log. One thread, which holds the directory's lock.
/// </remarks>
internal static class SqliteCreation
{
    private const string UnfinishedSuffix = ".new";
    private const string LogSuffix = "-wal";

    /// <summary>Creates the database.</summary>
    /// <param name="path">Where it will be; nothing is there yet.</param>
    /// <param name="fill">Makes the tables.</param>
    /// <exception cref="StoreException">The write-ahead log of another database is there. SQLite would play it into the new one.</exception>
    public static void Create(string path, Action<SqliteConnection> fill)
    {
        if (new FileInfo(path + LogSuffix) is { Exists: true, Length: > 0 })
        {
            throw new StoreException(
                StoreFault.Corrupt,
                $"'{path}' is missing, but '{path}{LogSuffix}', which holds its last changes, is there. Put the database back beside it,"
                    + " or move the log away as well to start with a new one.");
        }

        string unfinished = path + UnfinishedSuffix;
        File.Delete(unfinished);

        // SQLite would create the file with the process's usual mode, readable by others.
        PrivateFile.Open(unfinished, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite).Dispose();
        using (SqliteConnection connection = SqliteDatabase.Connect(unfinished))
        {
            SqliteDatabase.Run(connection, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;");
            using (SqliteTransaction transaction = connection.BeginTransaction())
            {
                fill(connection);
                transaction.Commit();
            }

            SqliteDatabase.UseWriteAheadLog(connection);
        }

        using (FileStream file = new(unfinished, FileMode.Open, FileAccess.ReadWrite))
        {
            file.Flush(flushToDisk: true);
        }

        File.Move(unfinished, path);
    }
}
