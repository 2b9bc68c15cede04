using System;
using System.Collections.Generic;
using System.Threading;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using SQLitePCL;
using Unkey.Server.Hosting;
using Unkey.Server.Storage.Snapshots;

namespace Unkey.Server.Storage.Sqlite;

/// <summary>The one thread that writes: puts every unit that is waiting into one transaction, so that one flush serves them all.</summary>
/// <remarks>Each unit runs in its own savepoint, so a unit that fails or refuses takes only itself back. The callers are answered after the
/// commit and after memory has been brought in line. A failed commit fails all of its units and changes nothing in memory.</remarks>
internal sealed class SqliteWriter : IDisposable
{
    private const int UnitsWaitingMax = 16_384;

    // BOUND: a transaction must end even when new units arrive faster than they are written.
    private const int UnitsPerTransactionMax = 512;

    private readonly SqliteDatabase _database;
    private readonly DiskReserve _reserve;
    private readonly ILogger _logger;
    private readonly Action _closeReaders;
    private readonly WorkQueue<WriteUnit> _queue = new(UnitsWaitingMax);
    private readonly List<WriteUnit> _batch = [];
    private readonly StoreChanges _changes = new();
    private readonly Thread _thread;
    private readonly long _dataVersion;
    private StoreSession? _session;
    private volatile ICommitListener? _listener;
    private volatile bool _isFailed;

    // Whether memory may differ from what is stored, or the connection is not the one that has seen every commit.
    private bool _isDoubtful;
    private bool _hasEndedSnapshot;

    /// <summary>Opens the writing connection and starts the thread.</summary>
    /// <param name="database">The checked database.</param>
    /// <param name="reserve">Disk for revocations.</param>
    /// <param name="logger">For state changes of the store.</param>
    /// <param name="closeReaders">Closes the pooled readers, when the file has to be opened anew.</param>
    public SqliteWriter(SqliteDatabase database, DiskReserve reserve, ILogger logger, Action closeReaders)
    {
        _database = database;
        _reserve = reserve;
        _logger = logger;
        _closeReaders = closeReaders;
        _session = _database.OpenWriter();
        try
        {
            _dataVersion = SqliteSeal.DataVersion((SqliteConnection)_session.Connection);
        }
        catch (SqliteException)
        {
            // The first write meets the same and says so.
            _isDoubtful = true;
        }

        _thread = new Thread(Run) { IsBackground = true, Name = "store-writer" };
        _thread.Start();
    }

    /// <summary>Whether the last transaction failed for a reason of the storage, or only revocations are written.</summary>
    public bool IsFailed => _isFailed || _reserve.IsSpent;

    /// <summary>What was committed before anybody was told of commits. To be read when no unit is waiting.</summary>
    public StoreChanges Unpublished { get; } = new();

    /// <summary>Sets who is told of commits. Called once, before the first unit that matters to it.</summary>
    public void Attach(ICommitListener listener) => _listener = listener;

    /// <summary>Queues a unit. Any thread; never waits.</summary>
    /// <exception cref="StoreException">The queue is full, or the store is closed.</exception>
    public void Enqueue(WriteUnit unit)
    {
        try
        {
            if (!_queue.TryAdd(unit))
            {
                throw new StoreException(StoreFault.Overloaded, "The write queue of the store is full.");
            }
        }
        catch (InvalidOperationException exception)
        {
            throw new StoreException(StoreFault.Closed, "The store is closed.", exception);
        }
    }

    /// <summary>Writes what is queued, and nothing after that.</summary>
    public void Finish()
    {
        _queue.CompleteAdding();
        _thread.Join();
    }

    /// <summary>After <see cref="Finish"/>: makes a last commit with a token that stands for what is in memory now, see <see cref="SqliteSeal"/>.</summary>
    /// <param name="token">The token.</param>
    /// <param name="problem">Why it was not made, as a sentence's part.</param>
    /// <returns>The file of the database as it has to be found after <see cref="Dispose"/>; null when there is no such token.</returns>
    public FileState? Seal(byte[] token, out string problem)
    {
        if (_session is null || _isDoubtful || IsFailed || !_hasEndedSnapshot)
        {
            problem = "the store has met a fault";
            return null;
        }

        try
        {
            return SqliteSeal.Close((SqliteConnection)_session.Connection, _database.FilePath, _dataVersion, token, out problem);
        }
        catch (SqliteException exception)
        {
            problem = exception.Message;
            return null;
        }
    }

    /// <summary>Writes what is queued, then closes the connection.</summary>
    public void Dispose()
    {
        Finish();
        _session?.Dispose();
    }

    private void Run()
    {
        BackgroundThread.Begin();

        // BOUND: ends when the queue is completed and empty.
        while (_queue.TryTake(out WriteUnit? unit, Timeout.InfiniteTimeSpan))
        {
            // BOUND: each turn consumes the unit that the last one left over, if any.
            for (WriteUnit? next = unit; next is not null;)
            {
                next = Collect(next);
                Write(_batch);
            }
        }
    }

    /// <summary>Fills the batch, starting with one unit; returns a unit that has to wait for the next transaction.</summary>
    private WriteUnit? Collect(WriteUnit first)
    {
        _batch.Clear();
        _batch.Add(first);
        while (!first.IsAlone && _batch.Count < UnitsPerTransactionMax && _queue.TryTake(out WriteUnit? unit, TimeSpan.Zero))
        {
            if (unit.IsAlone)
            {
                return unit;
            }

            _batch.Add(unit);
        }

        return null;
    }

    private void Write(List<WriteUnit> batch)
    {
        if (!_reserve.TryRestore())
        {
            // The room that is left is for revocations.
            StoreException full = new(StoreFault.Full, "The disk is full: only revocations are written.");
            foreach (WriteUnit unit in batch)
            {
                if (!unit.IsRevocation)
                {
                    unit.Fail(full);
                }
            }

            batch.RemoveAll(static unit => !unit.IsRevocation);
        }

        WriteNow(batch);
    }

    private void WriteNow(List<WriteUnit> batch)
    {
        if (batch.Count == 0 || !TryCommit(batch, out List<WriteUnit> done))
        {
            return;
        }

        try
        {
            Publish(_session!);
            done.ForEach(static unit => unit.Complete());
        }
        catch (Exception exception)
        {
            // Stored but not visible: the caller learns of a fault, and a restart reads the rows again.
            StoreLog.WriterFault(_logger, exception);
            _isFailed = true;
            _isDoubtful = true;
            done.ForEach(unit => unit.Fail(exception));
        }
    }

    private bool TryCommit(List<WriteUnit> batch, out List<WriteUnit> done)
    {
        done = [];
        try
        {
            StoreSession session = _session ??= _database.OpenWriter();
            _changes.Clear();
            session.Repeated("BEGIN IMMEDIATE").Run();
            EndSnapshot(session);
            done = RunUnits(session, batch);
            session.Repeated("COMMIT").Run();
            _hasEndedSnapshot = true;
            NoteRecovered();
            return true;
        }
        catch (SqliteException exception)
        {
            StoreException fault = SqliteFaults.Wrap(exception, "write");
            Undo(exception);
            if (batch.Count > 1 && fault.Fault == StoreFault.Full)
            {
                // One large unit must not take the small ones, such as revocations, down with it.
                foreach (WriteUnit unit in batch.ToArray())
                {
                    Write([unit]);
                }

                return false;
            }

            NoteFailed(fault);
            if (fault.Fault == StoreFault.Full && batch[0].IsRevocation && _reserve.TryRelease())
            {
                // Once: a second time there is nothing to release, unless it was restored first.
                WriteNow(batch);
                return false;
            }

            batch.ForEach(unit => unit.Fail(fault));
            return false;
        }
        catch (Exception exception)
        {
            // A bug in a unit's bookkeeping must not end the thread that writes.
            StoreLog.WriterFault(_logger, exception);
            _isDoubtful = true;
            Undo(null);
            batch.ForEach(unit => unit.Fail(exception));
            return false;
        }
    }

    // From the first change on, no snapshot is one of this state: in the same transaction, so that there is no moment in between.
    private void EndSnapshot(StoreSession session)
    {
        if (!_hasEndedSnapshot)
        {
            SqliteDatabase.Run((SqliteConnection)session.Connection, "DELETE FROM key_snapshots");
        }
    }

    private List<WriteUnit> RunUnits(StoreSession session, List<WriteUnit> batch)
    {
        List<WriteUnit> done = new(batch.Count);
        foreach (WriteUnit unit in batch)
        {
            if (unit.IsCancelled)
            {
                unit.Cancel();
                continue;
            }

            session.Reset();
            session.Repeated("SAVEPOINT unit").Run();
            try
            {
                unit.Run(session);
                if (session.IsRefused)
                {
                    session.Repeated("ROLLBACK TO unit").Run();
                }
                else
                {
                    _changes.UnionWith(session.Changes);
                }

                done.Add(unit);
            }
            catch (Exception exception) when (exception is not SqliteException sqlite || !SqliteFaults.IsStorageFault(sqlite))
            {
                session.Repeated("ROLLBACK TO unit").Run();
                unit.Fail(exception);
            }

            session.Repeated("RELEASE unit").Run();
        }

        return done;
    }

    private void Publish(StoreSession session)
    {
        if (_changes.IsEmpty)
        {
            return;
        }

        if (_listener is { } listener)
        {
            // One transaction for all that is read: each by itself would lock and unlock the file.
            session.Repeated("BEGIN").Run();
            try
            {
                listener.Committed(session, _changes);
            }
            finally
            {
                session.Repeated("COMMIT").Run();
            }
        }
        else
        {
            Unpublished.UnionWith(_changes);
        }
    }

    /// <summary>Takes a failed transaction back. After a failed read, write or flush the file is opened anew and what the transaction
    /// touched is read again: the state of the page cache is not to be trusted then.</summary>
    private void Undo(SqliteException? cause)
    {
        StoreSession? session = _session;
        if (session is null)
        {
            return;
        }

        try
        {
            // SQLite has already rolled back by itself after some errors; a second ROLLBACK would be an error of its own.
            if (raw.sqlite3_get_autocommit(((SqliteConnection)session.Connection).Handle!) == 0)
            {
                SqliteDatabase.Run((SqliteConnection)session.Connection, "ROLLBACK");
            }

            if (cause?.SqliteErrorCode != raw.SQLITE_IOERR)
            {
                return;
            }
        }
        catch (SqliteException exception)
        {
            StoreLog.RollbackFault(_logger, exception);
        }

        _isDoubtful = true;
        _session = null;
        session.Dispose();
        _closeReaders();
        try
        {
            _session = _database.OpenWriter();
            Publish(_session);
        }
        catch (SqliteException exception)
        {
            // The next write tries again to open the file.
            StoreLog.ReopenFault(_logger, exception);
        }
    }

    private void NoteFailed(StoreException fault)
    {
        if (!_isFailed)
        {
            _isFailed = true;
            StoreLog.Failed(_logger, fault.Message);
        }
    }

    private void NoteRecovered()
    {
        // A revocation that found room in the reserve says nothing of other writes.
        if (_isFailed && !_reserve.IsSpent)
        {
            _isFailed = false;
            StoreLog.Recovered(_logger);
        }
    }
}
