using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Unkey.Server.Storage.Sqlite;

/// <summary>Translates result codes of SQLite into the store's faults. Stateless, any thread.</summary>
internal static class SqliteFaults
{
    /// <summary>Whether an error says that the storage failed, and not that the statement was wrong or a rule was violated.</summary>
    public static bool IsStorageFault(SqliteException exception) => exception.SqliteErrorCode switch
    {
        raw.SQLITE_FULL or raw.SQLITE_IOERR or raw.SQLITE_READONLY or raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB
            or raw.SQLITE_CANTOPEN or raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_NOMEM or raw.SQLITE_PROTOCOL => true,
        _ => false,
    };

    /// <summary>Wraps an error.</summary>
    /// <param name="exception">What the driver threw.</param>
    /// <param name="doing">What was being done, for the log, for example "commit".</param>
    public static StoreException Wrap(SqliteException exception, string doing) => new(
        exception.SqliteErrorCode switch
        {
            raw.SQLITE_FULL => StoreFault.Full,
            raw.SQLITE_IOERR => StoreFault.InputOutput,
            raw.SQLITE_READONLY or raw.SQLITE_CANTOPEN => StoreFault.ReadOnly,
            raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => StoreFault.Corrupt,
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED => StoreFault.Busy,
            _ => StoreFault.Other,
        },
        $"SQLite failed to {doing}: {exception.Message} (result code {exception.SqliteExtendedErrorCode}).",
        exception);
}
