using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Data.Sqlite;
using Unkey.Engine.Events;
using Unkey.Server.Storage.Sqlite;

namespace Unkey.Server.Events.Sqlite;

/// <summary>The embedded event store: a SQLite file of its own, so that events never wait for the key store nor it for them.</summary>
/// <remarks>
/// A batch is one transaction with its token, so it counts once however often it is delivered. Roll-ups are summed in memory first: a batch
/// touches each of their rows once. <c>synchronous=FULL</c>: a batch leaves the spool only when its transaction is on the disk; with a batch a
/// second that flush costs nothing that counts.
/// </remarks>
internal sealed class SqliteEventSink : IEventSink
{
    private const string FileName = "events.db";
    private const int BusyTimeoutMs = 5_000;

    // Tokens are kept longer than any batch could wait for a second delivery.
    private const long TokenKeptMs = 30L * 24 * 3_600_000;

    private readonly SqliteConnection _connection;
    private readonly EventTables _tables;
    private readonly RollUps _rollUps = new();
    private readonly TimeProvider _time;
    private readonly EventRetention _retention;

    private SqliteEventSink(SqliteConnection connection, TimeProvider time, int retentionDays)
    {
        _connection = connection;
        _time = time;
        _tables = new EventTables(connection);
        _retention = new EventRetention(connection, retentionDays);
    }

    /// <inheritdoc/>
    public string Description => "the embedded event store";

    /// <summary>Path of the file in a data directory, for readers.</summary>
    public static string PathIn(string dataDirectory) => Path.Combine(dataDirectory, FileName);

    /// <summary>Opens or creates the file.</summary>
    /// <param name="dataDirectory">The data directory.</param>
    /// <param name="retentionDays">Days that raw events are kept; 0 for ever.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="IOException">The file cannot be opened or is not ours.</exception>
    public static SqliteEventSink Open(string dataDirectory, int retentionDays, TimeProvider time)
    {
        string path = PathIn(dataDirectory);
        if (!File.Exists(path))
        {
            SqliteCreation.Create(path, static connection => SqliteDatabase.Run(connection, EventSchema.From(0)));
        }

        SqliteConnection connection = SqliteDatabase.Connect(path);
        try
        {
            SqliteDatabase.Run(
                connection,
                "PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000; PRAGMA journal_size_limit = 67108864;"
                    + $" PRAGMA busy_timeout = {BusyTimeoutMs}; PRAGMA auto_vacuum = NONE;");
            long version = SqliteDatabase.Pragma(connection, "user_version");
            if (version is >= 1 and < EventSchema.Version)
            {
                SqliteDatabase.Run(connection, $"BEGIN IMMEDIATE; {EventSchema.From((int)version)} COMMIT;");
            }
            else if (version != EventSchema.Version)
            {
                throw new IOException(
                    $"'{path}' is no event store of this version (schema {version}; this binary knows {EventSchema.Version}). Run the version that wrote it, or move the file away.");
            }

            return new SqliteEventSink(connection, time, retentionDays);
        }
        catch (SqliteException exception)
        {
            connection.Dispose();
            throw new IOException($"The event store '{path}' cannot be used: {exception.Message} Move the file away to start a new one.", exception);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public Task DeliverAsync(EventBatch batch, CancellationToken cancellation)
    {
        try
        {
            Deliver(batch);
            return Task.CompletedTask;
        }
        catch (SqliteException exception)
        {
            return Task.FromException(new EventSinkException(exception.Message, exception));
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _tables.Dispose();
        _connection.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Deliver(EventBatch batch)
    {
        long nowMs = _time.GetUtcNow().ToUnixTimeMilliseconds();
        SqliteDatabase.Run(_connection, "BEGIN IMMEDIATE");
        try
        {
            if (_tables.TryClaim(batch.Token, nowMs))
            {
                Write(batch);
            }

            SqliteDatabase.Run(_connection, "COMMIT");
        }
        catch
        {
            // SQLite has already rolled back after some faults.
            if (SQLitePCL.raw.sqlite3_get_autocommit(_connection.Handle!) == 0)
            {
                SqliteDatabase.Run(_connection, "ROLLBACK");
            }

            throw;
        }

        _retention.RunIfDue(nowMs, TokenKeptMs, batch.Count);
    }

    private void Write(EventBatch batch)
    {
        _rollUps.Clear();
        int offset = 0;
        while (batch.TryNext(ref offset, out ReadOnlySpan<byte> payload))
        {
            if (VerificationEvent.TryRead(payload, out VerificationEvent verification))
            {
                Add(in verification);
            }
            else if (RatelimitEvent.TryRead(payload, out RatelimitEvent limit))
            {
                Add(in limit);
            }
            else if (RequestEvent.TryRead(payload, out RequestEvent request))
            {
                Add(in request);
            }
        }

        _rollUps.Write(_tables);
    }

    private void Add(in VerificationEvent item)
    {
        VerificationEventRow row = VerificationEventRow.Of(in item);
        _tables.Insert(row);
        _rollUps.Add(row);
    }

    private void Add(in RatelimitEvent item)
    {
        RatelimitEventRow row = RatelimitEventRow.Of(in item);
        _tables.Insert(row);
        _rollUps.Add(row);
    }

    private void Add(in RequestEvent item)
    {
        RequestEventRow row = RequestEventRow.Of(in item);
        _tables.Insert(row);
        _rollUps.Add(row);
    }
}
