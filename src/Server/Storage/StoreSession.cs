using System;
using System.Collections.Generic;
using System.Data.Common;

namespace Unkey.Server.Storage;

/// <summary>One connection with its prepared statements, and what the running unit of work has touched.</summary>
/// <remarks>Written against <see cref="DbConnection"/> and SQL that every supported database takes, so that the statements exist once.
/// Used by one thread at a time; the store hands it to a unit of work and takes it back.</remarks>
internal sealed class StoreSession : IDisposable
{
    // Keyed by the text itself; every text is a constant, so the dictionary is bounded by the number of statements in the source.
    private readonly Dictionary<string, DbCommand> _commands = new(StringComparer.Ordinal);

    private readonly Dictionary<string, RepeatedStatement> _repeated = new(StringComparer.Ordinal);
    private readonly ScanRows _scan;
    private readonly PrepareRepeated _prepare;

    /// <summary>Wraps an open connection, which the session then owns.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="scan">The database's own way to read many rows.</param>
    /// <param name="prepare">The database's own way to run one statement many times.</param>
    public StoreSession(DbConnection connection, ScanRows scan, PrepareRepeated prepare)
    {
        Connection = connection;
        _scan = scan;
        _prepare = prepare;
    }

    /// <summary>The connection.</summary>
    public DbConnection Connection { get; }

    /// <summary>What the running unit of work has touched.</summary>
    public StoreChanges Changes { get; } = new();

    /// <summary>Whether the running unit of work asked for its own roll-back.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>Undoes everything the running unit of work has done, without an exception: for refusals found half-way.</summary>
    public void Refuse() => IsRefused = true;

    /// <summary>Makes the session ready for the next unit of work.</summary>
    public void Reset()
    {
        IsRefused = false;
        Changes.Clear();
    }

    /// <summary>Runs a statement that returns no rows.</summary>
    /// <param name="sql">Constant text with named parameters.</param>
    /// <param name="parameters">Every parameter of the text; <see langword="null"/> means SQL NULL.</param>
    /// <returns>Number of rows affected.</returns>
    public int Execute(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters) =>
        Command(sql, parameters).ExecuteNonQuery();

    /// <summary>Reads the first row.</summary>
    /// <returns>The mapped row, or <see langword="null"/> when there is none.</returns>
    public T? First<T>(string sql, Func<DbDataReader, T> map, params ReadOnlySpan<(string Name, object? Value)> parameters)
        where T : class
    {
        using DbDataReader reader = Command(sql, parameters).ExecuteReader();
        return reader.Read() ? map(reader) : null;
    }

    /// <summary>Reads all rows.</summary>
    public List<T> All<T>(string sql, Func<DbDataReader, T> map, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using DbDataReader reader = Command(sql, parameters).ExecuteReader();
        List<T> rows = [];
        while (reader.Read())
        {
            rows.Add(map(reader));
        }

        return rows;
    }

    /// <summary>Reads one whole number.</summary>
    /// <returns>The first column of the first row, or <see langword="null"/> when there is no row or the column is NULL.</returns>
    public long? Number(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters) =>
        Command(sql, parameters).ExecuteScalar() is long number ? number : null;

    /// <summary>Starts reading rows one by one; the caller disposes the reader before it runs the same statement again.</summary>
    public DbDataReader Stream(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters) =>
        Command(sql, parameters).ExecuteReader();

    /// <summary>Starts reading rows one by one; the caller disposes the scan.</summary>
    /// <param name="sql">Constant text.</param>
    /// <param name="texts">Its parameters <c>?1</c>, <c>?2</c> and so on.</param>
    public ColumnScan Scan(string sql, params ReadOnlySpan<string> texts) => _scan(Connection, sql, texts);

    /// <summary>A statement to run many times, past the driver; the session keeps it.</summary>
    /// <param name="sql">Constant text; its parameters are <c>?1</c>, <c>?2</c> and so on.</param>
    public RepeatedStatement Repeated(string sql)
    {
        if (!_repeated.TryGetValue(sql, out RepeatedStatement? statement))
        {
            statement = _prepare(Connection, sql);
            _repeated.Add(sql, statement);
        }

        return statement;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (RepeatedStatement statement in _repeated.Values)
        {
            statement.Dispose();
        }

        _repeated.Clear();
        foreach (DbCommand command in _commands.Values)
        {
            command.Dispose();
        }

        _commands.Clear();
        Connection.Dispose();
    }

    private DbCommand Command(string sql, ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        if (!_commands.TryGetValue(sql, out DbCommand? command))
        {
            command = Connection.CreateCommand();
#pragma warning disable CA2100 // Every caller passes a constant; values travel as parameters.
            command.CommandText = sql;
#pragma warning restore CA2100
            foreach ((string name, _) in parameters)
            {
                DbParameter parameter = command.CreateParameter();
                parameter.ParameterName = name;
                command.Parameters.Add(parameter);
            }

            _commands.Add(sql, command);
        }

        for (int i = 0; i < parameters.Length; i++)
        {
            command.Parameters[i].Value = parameters[i].Value ?? DBNull.Value;
        }

        return command;
    }
}
