using System;
using System.Data.Common;

namespace Unkey.Server.Storage;

/// <summary>A database's own way to run one statement many times.</summary>
/// <param name="connection">An open connection; must stay open as long as the statement.</param>
/// <param name="sql">Constant text; its parameters are <c>?1</c>, <c>?2</c> and so on.</param>
internal delegate RepeatedStatement PrepareRepeated(DbConnection connection, string sql);

/// <summary>A prepared statement whose values are bound as they lie in memory, without an object each: for write-backs of a hundred thousand rows.</summary>
/// <remarks>Used by one thread.</remarks>
internal abstract class RepeatedStatement : IDisposable
{
    /// <summary>Binds the next parameter to a text.</summary>
    /// <param name="utf8">Its UTF-8; copied.</param>
    /// <returns>This.</returns>
    public abstract RepeatedStatement Text(ReadOnlySpan<byte> utf8);

    /// <summary>Binds the next parameter to bytes.</summary>
    /// <param name="value">Copied.</param>
    /// <returns>This.</returns>
    public abstract RepeatedStatement Blob(ReadOnlySpan<byte> value);

    /// <summary>Binds the next parameter to a number.</summary>
    /// <returns>This.</returns>
    public abstract RepeatedStatement Number(long value);

    /// <summary>Runs the statement; the next value that is bound is the first again.</summary>
    /// <returns>Rows that were inserted, changed or deleted.</returns>
    public abstract int Run();

    /// <inheritdoc/>
    public abstract void Dispose();
}
