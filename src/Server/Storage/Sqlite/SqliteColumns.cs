using System;
using System.Runtime.InteropServices;

namespace Unkey.Server.Storage.Sqlite;

/// <summary>SQLite's column functions on the raw statement, for scans of millions of rows.</summary>
/// <remarks>
/// The wrapper counts references on a safe handle and leaves managed code in every call, which costs several times the call itself. These read
/// memory that the last step has decoded and return in nanoseconds, so the transition of the garbage collector is suppressed.
/// Source: https://sqlite.org/c3ref/column_blob.html.
/// </remarks>
internal static unsafe partial class SqliteColumns
{
    private const string Library = "e_sqlite3";

    [LibraryImport(Library, EntryPoint = "sqlite3_column_type")]
    [SuppressGCTransition]
    internal static partial int Type(nint statement, int ordinal);

    [LibraryImport(Library, EntryPoint = "sqlite3_column_int64")]
    [SuppressGCTransition]
    internal static partial long Int64(nint statement, int ordinal);

    /// <summary>The bytes of a column, valid until the next step or the end of the statement.</summary>
    internal static ReadOnlySpan<byte> Bytes(nint statement, int ordinal)
    {
        // SAFETY: SQLite states the count for the bytes it has just handed out; asked in this order, as it requires.
        byte* bytes = Blob(statement, ordinal);
        return new ReadOnlySpan<byte>(bytes, ByteCount(statement, ordinal));
    }

    [LibraryImport(Library, EntryPoint = "sqlite3_column_blob")]
    [SuppressGCTransition]
    private static partial byte* Blob(nint statement, int ordinal);

    [LibraryImport(Library, EntryPoint = "sqlite3_column_bytes")]
    [SuppressGCTransition]
    private static partial int ByteCount(nint statement, int ordinal);
}
