using System;
using System.Data.Common;
using System.Text;

namespace Unkey.Server.Storage;

/// <summary>A database's own way to read many rows.</summary>
/// <param name="connection">An open connection; must stay open as long as the scan.</param>
/// <param name="sql">Constant text.</param>
/// <param name="texts">Its parameters <c>?1</c>, <c>?2</c> and so on.</param>
internal delegate ColumnScan ScanRows(DbConnection connection, string sql, ReadOnlySpan<string> texts);

/// <summary>Forward-only rows whose columns are read as bytes in place: for the load of millions of rows at start.</summary>
/// <remarks>Used by one thread. A span is valid until the next <see cref="Read"/>.</remarks>
internal abstract class ColumnScan : IDisposable
{
    /// <summary>Moves to the next row.</summary>
    /// <returns>Whether there is one.</returns>
    public abstract bool Read();

    /// <summary>Whether a column of the current row is SQL NULL.</summary>
    public abstract bool IsNull(int ordinal);

    /// <summary>A whole number of the current row; 0 for SQL NULL.</summary>
    public abstract long Int64(int ordinal);

    /// <summary>A text in UTF-8, or a blob; empty for SQL NULL.</summary>
    public abstract ReadOnlySpan<byte> Bytes(int ordinal);

    /// <summary>A text; empty for SQL NULL.</summary>
    public string Text(int ordinal) => Encoding.UTF8.GetString(Bytes(ordinal));

    /// <summary>A text, or <see langword="null"/> for SQL NULL.</summary>
    public string? TextOrNull(int ordinal) => IsNull(ordinal) ? null : Text(ordinal);

    /// <summary>A whole number, or <see langword="null"/> for SQL NULL.</summary>
    public long? NumberOrNull(int ordinal) => IsNull(ordinal) ? null : Int64(ordinal);

    /// <inheritdoc/>
    public abstract void Dispose();
}
