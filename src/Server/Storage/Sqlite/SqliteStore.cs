using System;
using System.Collections.Concurrent;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using SQLitePCL;
using Unkey.Server.Storage.Snapshots;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.Storage.Sqlite;

/// <summary>The single-node store: a SQLite file in the data directory, one writer thread, a small pool of readers.</summary>
/// <remarks>WAL with <c>synchronous=FULL</c>: what has been answered survives a power cut. Readers never wait for the writer.</remarks>
internal sealed class SqliteStore : IStore
{
    private const int ReadersKeptMax = 8;

    private readonly DataDirectoryLock _directoryLock;
    private readonly SqliteDatabase _database;
    private readonly SqliteWriter _writer;
    private readonly ConcurrentBag<(StoreSession Session, int Generation)> _readers = [];
    // ORDER: full fence when it moves, before the pooled readers are closed: a reader returned later sees that it is of the past.
    private int _generation;
    private volatile bool _isClosed;

    private SnapshotReader? _snapshot;
    private string _snapshotProblem;

    private SqliteStore(
        DataDirectoryLock directoryLock, SqliteDatabase database, DiskReserve reserve, SnapshotReader? snapshot, string snapshotProblem, ILogger logger)
    {
        Reserve = reserve;
        _directoryLock = directoryLock;
        _database = database;
        _writer = new SqliteWriter(database, reserve, logger, CloseReaders);

        // The writer's connection is open and has seen the state of the database, so from here on a commit of another program is noticed by it;
        // one before is noticed here.
        _snapshot = snapshot;
        _snapshotProblem = snapshotProblem;
        if (snapshot is not null && Compare(snapshot) is { } problem)
        {
            snapshot.Dispose();
            _snapshot = null;
            _snapshotProblem = problem;
        }
    }

    /// <inheritdoc/>
    public string Description => $"SQLite {SqliteDatabase.LibraryVersion}";

    /// <summary>Disk that is kept for revocations.</summary>
    internal DiskReserve Reserve { get; }

    /// <summary>Takes the data directory and opens or creates the database in it.</summary>
    /// <param name="directory">The data directory; created when missing.</param>
    /// <param name="logger">For state changes of the store.</param>
    /// <exception cref="StoreException">The directory is in use, or the database is foreign, newer, damaged or cannot be used.</exception>
    public static SqliteStore Open(string directory, ILogger logger)
    {
        DataDirectoryLock directoryLock = DataDirectoryLock.Take(directory);
        SqliteDatabase? database = null;
        SnapshotReader? snapshot = null;
        try
        {
            snapshot = SnapshotReader.Take(directory, SqliteDatabase.PathIn(directory), out string problem);
            database = SqliteDatabase.Open(directory);
            SqliteStore store = new(directoryLock, database, new DiskReserve(directory, logger), snapshot, problem, logger);
            StoreLog.Opened(logger, store.Description, directory);
            return store;
        }
        catch
        {
            snapshot?.Dispose();
            database?.Dispose();
            directoryLock.Dispose();
            throw;
        }
    }

    /// <summary>Sets who is told of commits. Called once, before the server answers requests.</summary>
    public void Attach(ICommitListener listener) => _writer.Attach(listener);

    /// <summary>What was committed since the store was opened, before <see cref="Attach"/>: what a snapshot of the last stop does not have.</summary>
    public StoreChanges Unpublished => _writer.Unpublished;

    /// <summary>Hands out the snapshot of the keys that the last stop has left, once; the caller disposes of it.</summary>
    /// <param name="problem">Why there is none, as the end of a sentence that begins with "The snapshot of the keys".</param>
    public SnapshotReader? TakeSnapshot(out string problem)
    {
        (SnapshotReader? snapshot, _snapshot) = (_snapshot, null);
        (problem, _snapshotProblem) = (_snapshotProblem, "was used already");
        return snapshot;
    }

    /// <inheritdoc/>
    public Task<T> WriteAsync<T>(Func<StoreSession, T> work, CancellationToken cancellation) => Enqueue(work, isAlone: false, isRevocation: false, cancellation);

    /// <inheritdoc/>
    public Task<T> WriteAloneAsync<T>(Func<StoreSession, T> work, CancellationToken cancellation) => Enqueue(work, isAlone: true, isRevocation: false, cancellation);

    /// <inheritdoc/>
    public Task<T> RevokeAsync<T>(Func<StoreSession, T> work, CancellationToken cancellation) => Enqueue(work, isAlone: false, isRevocation: true, cancellation);

    /// <inheritdoc/>
    public ValueTask<T> ReadAsync<T>(Func<StoreSession, T> work, CancellationToken cancellation) => Guard(work, Read, cancellation);

    /// <inheritdoc/>
    public ValueTask<T> ScanAsync<T>(Func<StoreSession, T> work, CancellationToken cancellation) => Guard(work, Scan, cancellation);

    private ValueTask<T> Guard<T>(Func<StoreSession, T> work, Func<Func<StoreSession, T>, T> run, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<T>(cancellation);
        }

        if (_isClosed)
        {
            return ValueTask.FromException<T>(new StoreException(StoreFault.Closed, "The store is closed."));
        }

        try
        {
            return ValueTask.FromResult(run(work));
        }
        catch (SqliteException exception) when (SqliteFaults.IsStorageFault(exception))
        {
            return ValueTask.FromException<T>(exception.SqliteErrorCode == raw.SQLITE_CORRUPT
                ? _database.Refuse(exception)
                : SqliteFaults.Wrap(exception, "read"));
        }
    }

    private T Scan<T>(Func<StoreSession, T> work)
    {
        using SqliteScanner scanner = _database.OpenScanner();
        return work(scanner.Session);
    }

    private T Read<T>(Func<StoreSession, T> work)
    {
        (StoreSession session, int generation) = RentReader();
        try
        {
            session.Repeated("BEGIN").Run();
            T result = work(session);
            session.Repeated("COMMIT").Run();
            ReturnReader(session, generation);
            return result;
        }
        catch
        {
            // A session that failed half-way is not used again.
            session.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<bool> IsHealthyAsync()
    {
        if (_isClosed || _writer.IsFailed)
        {
            return false;
        }

        try
        {
            return await ReadAsync(static session => session.Number("SELECT 1") == 1, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is StoreException or SqliteException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Close(snapshot: null);
        return ValueTask.CompletedTask;
    }

    /// <summary>Writes what is queued and closes the database. A second call does nothing.</summary>
    /// <param name="snapshot">Writes a snapshot of the keys when the database is closed; null for none.</param>
    public void Close(SnapshotPlan? snapshot)
    {
        if (_isClosed)
        {
            return;
        }

        _isClosed = true;
        _writer.Finish();
        CloseReaders();
        _snapshot?.Dispose();
        byte[]? token = snapshot is not null && !Reserve.IsSpent ? snapshot.Begin() : null;
        string problem = "";
        FileState? closed = token is null ? null : _writer.Seal(token, out problem);

        // The database first: what it waits for at the disk is not to be behind gigabytes of a snapshot.
        _writer.Dispose();
        _database.Dispose();
        if (closed is not null && File.Exists(_database.FilePath + "-wal"))
        {
            problem = "another program has the database open";
        }
        else if (closed is not null && FileState.Read(_database.FilePath) != closed)
        {
            problem = "another program has changed the database";
        }

        if (token is not null)
        {
            snapshot!.End(token, closed, problem);
        }

        _directoryLock.Dispose();
    }

    private string? Compare(SnapshotReader snapshot)
    {
        try
        {
            return Read(session => snapshot.Compare(session.SnapshotToken(), SqliteMigrations.Latest, _database.FilePath));
        }
        catch (SqliteException exception)
        {
            return "cannot be compared with the database: " + exception.Message;
        }
    }

    private Task<T> Enqueue<T>(Func<StoreSession, T> work, bool isAlone, bool isRevocation, CancellationToken cancellation)
    {
        WriteUnit<T> unit = new(work, isAlone, isRevocation, cancellation);
        try
        {
            _writer.Enqueue(unit);
        }
        catch (StoreException exception)
        {
            unit.Fail(exception);
        }

        return unit.Task;
    }

    private (StoreSession Session, int Generation) RentReader()
    {
        int generation = Volatile.Read(ref _generation);
        while (_readers.TryTake(out (StoreSession Session, int Generation) pooled))
        {
            if (pooled.Generation == generation)
            {
                return pooled;
            }

            pooled.Session.Dispose();
        }

        return (_database.OpenReader(), generation);
    }

    private void ReturnReader(StoreSession session, int generation)
    {
        if (!_isClosed && generation == Volatile.Read(ref _generation) && _readers.Count < ReadersKeptMax)
        {
            _readers.Add((session, generation));
        }
        else
        {
            session.Dispose();
        }
    }

    private void CloseReaders()
    {
        Interlocked.Increment(ref _generation);
        while (_readers.TryTake(out (StoreSession Session, int Generation) pooled))
        {
            pooled.Session.Dispose();
        }
    }
}
