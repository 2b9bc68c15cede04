using System;
using System.Globalization;
using System.Linq;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Data.Sqlite;
using SQLitePCL;
using Unkey.Server.Analytics.Binding;
using Unkey.Server.Analytics.Emit;
using Unkey.Server.Analytics.Rows;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.Events.Sqlite.Segments;

namespace Unkey.Server.Analytics.Sqlite;

/// <summary>Asks the embedded event store. Every query has a connection of its own that can only read, and a thread of its own.</summary>
/// <param name="path">The file.</param>
internal sealed class SqliteAnalyticsStore(string path) : IAnalyticsStore
{
    // How SQLite says that a query is beyond what it was built for: depth of expressions and of the parser, columns, tables, arguments, terms.
    private static readonly string[] s_bounds = ["Expression tree is too large", "parser stack overflow", "too many", "at most 64 tables", "Recursion limit"];

    /// <inheritdoc/>
    public Task<AnalyticsRows> RunAsync(BoundQuery query, Dataset dataset, AnalyticsScope scope, AnalyticsLimits limits, CancellationToken cancellation)
    {
        EmittedQuery emitted = new SqliteEmitter(scope, dataset).Emit(query);

        // SQLite blocks, for seconds when a query is large: not on a thread that the control plane needs.
        return Task.Factory.StartNew(
            () => Run(query, emitted, dataset, limits, cancellation), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private AnalyticsRows Run(BoundQuery query, EmittedQuery emitted, Dataset dataset, AnalyticsLimits limits, CancellationToken cancellation)
    {
        QueryWatch? watch = null;
        try
        {
            using SqliteConnection connection = Open();
            watch = QueryWatch.Attach(connection.Handle!, limits.TimeMax, cancellation);
            SegmentReading reading = SegmentReading.Attach(connection);
            reading.IsEnded = watch.IsEnded;
            using SqliteCommand command = Prepare(connection, reading, emitted, dataset);
            using SqliteDataReader reader = command.ExecuteReader();
            return Read(reader, query, limits);
        }
        catch (SqliteException exception)
        {
            cancellation.ThrowIfCancellationRequested();
            throw Refuse(exception, watch, limits);
        }
    }

    /// <summary>Prepares a query on a connection, with its wall in place.</summary>
    internal static SqliteCommand Prepare(SqliteConnection connection, SegmentReading reading, EmittedQuery emitted, Dataset dataset)
    {
        SqliteFunctions.Register(connection.Handle!);
        SqliteWall.Attach(connection.Handle!, dataset, reading);
        SqliteCommand command = connection.CreateCommand();
        try
        {
#pragma warning disable CA2100 // Written by the emitter, which puts no character of a request into it.
            command.CommandText = emitted.Sql;
#pragma warning restore CA2100
            for (int i = 0; i < emitted.Texts.Count; i++)
            {
                command.Parameters.AddWithValue("$p" + i.ToString(CultureInfo.InvariantCulture), emitted.Texts[i]);
            }

            // The watch ends a query, with a deadline that is not of whole seconds.
            command.CommandTimeout = 0;
            command.Prepare();
            return command;
        }
        catch
        {
            command.Dispose();
            throw;
        }
    }

    private static AnalyticsRows Read(SqliteDataReader reader, BoundQuery query, AnalyticsLimits limits)
    {
        using ResultWriter writer = new(query.Columns, limits.RowsMax);
        RowFiller? filler = query is BoundSelect select && select.OrderBy.Count > 0 && select.OrderBy[0].Fill is not null
            ? new RowFiller(select, row => writer.Add(row))
            : null;
        while (filler is not { IsDone: true } && reader.Read())
        {
            object?[] row = new object?[query.Columns.Count];
            for (int i = 0; i < row.Length; i++)
            {
                row[i] = Value(reader, i, query.Columns[i].Type);
            }

            if (filler is null)
            {
                writer.Add(row);
            }
            else
            {
                filler.Add(row);
            }
        }

        filler?.Finish();
        return writer.Finish();
    }

    private static object? Value(SqliteDataReader reader, int i, SqlType type) => reader.IsDBNull(i) ? null : type.Kind switch
    {
        SqlKind.Text => reader.GetString(i),
        SqlKind.Float => reader.GetDouble(i),
        SqlKind.Array => Elements(reader.GetString(i), type.Element!),
        _ => raw.sqlite3_column_type(reader.Handle, i) == raw.SQLITE_INTEGER ? reader.GetInt64(i) : throw TooLarge(),
    };

    // SQLite goes on with a floating-point number, which would be another value.
    private static AnalyticsException TooLarge() => AnalyticsException.Query("A number of the query does not fit 64 bits; use toFloat64()");

    private static object?[] Elements(string json, SqlType element)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        object?[] items = new object?[document.RootElement.GetArrayLength()];
        int i = 0;
        foreach (JsonElement item in document.RootElement.EnumerateArray())
        {
            items[i++] = item.ValueKind switch
            {
                JsonValueKind.Null => null,
                JsonValueKind.String when element.Kind == SqlKind.Float => double.Parse(item.GetString()!, CultureInfo.InvariantCulture),
                JsonValueKind.String => item.GetString(),
                JsonValueKind.True => 1L,
                JsonValueKind.False => 0L,
                _ when element.Kind == SqlKind.Float => item.GetDouble(),
                _ => item.GetInt64(),
            };
        }

        return items;
    }

    /// <summary>What a failure of SQLite means to the caller: an <see cref="AnalyticsException"/>, or the failure itself when it should not have come up.</summary>
    internal static Exception Refuse(SqliteException exception, QueryWatch? watch, AnalyticsLimits limits)
    {
        if (watch is { IsOutOfMemory: true })
        {
            return new AnalyticsException(ErrorCode.QueryMemoryLimitExceeded, "The query needs too much memory; ask for a shorter time or fewer groups");
        }

        if (watch is { IsOutOfTime: true })
        {
            return new AnalyticsException(
                ErrorCode.QueryExecutionTimeout, $"The query takes longer than {(long)limits.TimeMax.TotalSeconds} seconds; ask for a shorter time, or a table of sums");
        }

        switch (exception.SqliteErrorCode)
        {
            case raw.SQLITE_NOMEM or raw.SQLITE_TOOBIG:
                return new AnalyticsException(ErrorCode.QueryMemoryLimitExceeded, "A value of the query is too large");
            case raw.SQLITE_CORRUPT when exception.Message.Contains(SegmentDamagedException.Is, StringComparison.Ordinal):
                return new AnalyticsException(
                    ErrorCode.AnalyticsConnectionFailed, "A part of the event store that the query needs is damaged; ask for another time, or a table of sums");
            case raw.SQLITE_CANTOPEN or raw.SQLITE_IOERR or raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB or raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_FULL:
                return new AnalyticsException(ErrorCode.AnalyticsConnectionFailed, "The event store cannot be read");
            case raw.SQLITE_ERROR when SqliteFunctions.MessageOf(exception) is { } message:
                return AnalyticsException.Query(message);
            case raw.SQLITE_ERROR when exception.Message.Contains("integer overflow", StringComparison.Ordinal):
                return TooLarge();
            case raw.SQLITE_ERROR when s_bounds.Any(bound => exception.Message.Contains(bound, StringComparison.Ordinal)):
                return AnalyticsException.TooComplex();
            default:
                return exception;
        }
    }

    private SqliteConnection Open()
    {
        SqliteConnection connection = new(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        try
        {
            connection.Open();
            Storage.Sqlite.SqliteDatabase.Run(connection, "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8000;");

            // SQLite makes the table json_each on its first use, and that of Debian 12 (3.40) asks the authorizer for it as for any other table; so it is made before there is one.
            Storage.Sqlite.SqliteDatabase.Run(connection, "SELECT 1 FROM json_each('[]');");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
