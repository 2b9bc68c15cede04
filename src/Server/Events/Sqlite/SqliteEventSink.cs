using System;
using System.IO;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Data.Sqlite;
using Unkey.Server.Events.Sqlite.Segments;
using Unkey.Server.Hosting;
using Unkey.Server.Storage.Sqlite;

namespace Unkey.Server.Events.Sqlite;

/// <summary>The embedded event store: a SQLite file of its own, so that events never wait for the key store nor it for them.</summary>
/// <remarks>
/// A batch is one transaction with its token, so it counts once however often it is delivered. <c>synchronous=FULL</c>: a batch leaves the spool
/// only when its transaction is on the disk; with a batch a second that flush costs nothing that counts. All of it runs on a thread of its own
/// that gives way to the reactors.
/// </remarks>
internal sealed class SqliteEventSink : IEventSink
{
    private const string FileName = "events.db";
    private const int BusyTimeoutMs = 5_000;

    // There is one delivery at a time.
    private const int DeliveriesMax = 16;

    // Tokens are kept longer than any batch could wait for a second delivery.
    private const long TokenKeptMs = 30L * 24 * 3_600_000;

    // How often sums that wait are looked at when no batch comes.
    private static readonly TimeSpan s_idle = TimeSpan.FromSeconds(1);

    private readonly SqliteConnection _connection;
    private readonly SqliteTransactions _transactions;
    private readonly SqliteStatement _claim;
    private readonly SegmentWriter _segments;
    private readonly RollUps _rollUps;
    private readonly TimeProvider _time;
    private readonly EventRetention _retention;
    private readonly WorkQueue<Delivery> _deliveries = new(DeliveriesMax);
    private readonly Func<bool> _isStopping;
    private readonly Thread _thread;

    private SqliteEventSink(SqliteConnection connection, TimeProvider time, int retentionDays)
    {
        _connection = connection;
        _time = time;
        _isStopping = () => _deliveries.IsAddingCompleted;
        _transactions = new SqliteTransactions(connection);
        _claim = new SqliteStatement(connection, "INSERT OR IGNORE INTO delivered_batches (token, delivered_at) VALUES (?, ?)");
        _segments = new SegmentWriter(connection);
        _rollUps = new RollUps(connection, _transactions);
        _retention = new EventRetention(connection, _transactions, retentionDays);
        _thread = new Thread(Run) { Name = "event-store", IsBackground = true };
        _thread.Start();
    }

    /// <inheritdoc/>
    public string Description => "the embedded event store";

    /// <summary>Says whether the disk is full and what is left of it is for others. Set before the first batch.</summary>
    public Func<bool> IsDiskReserved { get; set; } = static () => false;

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
            SqliteCreation.Create(path, EventSchema.Image);
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
        Delivery delivery = new(batch);
        return _deliveries.TryAdd(delivery) ? delivery.Done.Task : throw new EventSinkException("The store has not taken the batches before this one.");
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _deliveries.CompleteAdding();
        _thread.Join();
        _retention.Dispose();
        _rollUps.Dispose();
        _segments.Dispose();
        _claim.Dispose();
        _transactions.Dispose();
        _connection.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Run()
    {
        BackgroundThread.Begin();
        while (!_deliveries.IsCompleted)
        {
            if (_deliveries.TryTake(out Delivery? delivery, s_idle))
            {
                Complete(delivery);
            }
            else
            {
                TryRollUp(_deliveries.IsAddingCompleted);
            }
        }

        TryRollUp(isLast: true);
    }

    private void Complete(Delivery delivery)
    {
        try
        {
            if (IsDiskReserved())
            {
                throw new EventSinkException("The disk is full, and what is left of it is for revocations.");
            }

            Deliver(delivery.Batch);
            delivery.Done.SetResult();
        }
        catch (SqliteException exception)
        {
            delivery.Done.SetException(new EventSinkException(exception.Message, exception));
        }
#pragma warning disable CA1031 // The thread must not end: batches would pile up in the spool. Who delivers is told.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            delivery.Done.SetException(exception);
        }
    }

    private void Deliver(EventBatch batch)
    {
        long nowMs = _time.GetUtcNow().ToUnixTimeMilliseconds();
        if (!_rollUps.TryPrepare(_isStopping))
        {
            throw new EventSinkException("The store closes.");
        }

        bool isNew = false;
        _transactions.Run(() =>
        {
            isNew = _claim.Text(Encoding.UTF8.GetBytes(batch.Token)).Number(nowMs).Run() == 1;
            if (isNew)
            {
                _segments.Write(batch);
            }
        });
        if (isNew)
        {
            _rollUps.Add(batch);
        }

        _rollUps.RunIfDue(nowMs);
        _retention.RunIfDue(nowMs, TokenKeptMs, batch.Count);
    }

    private void TryRollUp(bool isLast)
    {
        if (IsDiskReserved())
        {
            return;
        }

        try
        {
            if (!_rollUps.TryPrepare(_isStopping))
            {
                return;
            }

            if (isLast)
            {
                _rollUps.Run();
            }
            else
            {
                _rollUps.RunIfDue(_time.GetUtcNow().ToUnixTimeMilliseconds());
            }
        }
        catch (SqliteException)
        {
            // The events are stored. The next batch meets the same fault and says so; sums that are missing are made by a later pass or start.
        }
    }

    private sealed class Delivery(EventBatch batch)
    {
        public EventBatch Batch { get; } = batch;

        // Continuations must not run on the store's thread.
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
