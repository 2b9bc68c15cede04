using System;
using System.Diagnostics;
using System.Threading;
using SQLitePCL;

namespace Unkey.Server.Analytics.Sqlite;

/// <summary>Ends a query that takes too long or too much memory, or that nobody waits for. SQLite calls it on the thread of the query.</summary>
internal sealed class QueryWatch
{
    private const int InstructionsPerCall = 10_000;

    // Over all queries at once: SQLite counts the memory of the process, in which everything else stays about the same.
    private const long BytesMax = 256 * 1024 * 1024;
    private const int ValueBytesMax = 8 * 1024 * 1024;

    private readonly long _startedAt = Stopwatch.GetTimestamp();
    private readonly long _bytesBefore = raw.sqlite3_memory_used();
    private readonly TimeSpan _timeMax;
    private readonly CancellationToken _cancellation;

    private QueryWatch(TimeSpan timeMax, CancellationToken cancellation)
    {
        _timeMax = timeMax;
        _cancellation = cancellation;
    }

    /// <summary>Whether it has ended the query for its time.</summary>
    public bool IsOutOfTime { get; private set; }

    /// <summary>Whether it has ended the query for its memory.</summary>
    public bool IsOutOfMemory { get; private set; }

    /// <summary>Watches the queries of a connection.</summary>
    public static QueryWatch Attach(sqlite3 connection, TimeSpan timeMax, CancellationToken cancellation)
    {
        QueryWatch watch = new(timeMax, cancellation);
        raw.sqlite3_limit(connection, raw.SQLITE_LIMIT_LENGTH, ValueBytesMax);
        raw.sqlite3_limit(connection, raw.SQLITE_LIMIT_ATTACHED, 0);

        // BOUND: the progress callback ends every query.
        raw.sqlite3_progress_handler(connection, InstructionsPerCall, static state => ((QueryWatch)state).IsEnded() ? 1 : 0, watch);
        return watch;
    }

    /// <summary>Whether the query is to end.</summary>
    public bool IsEnded()
    {
        IsOutOfTime = Stopwatch.GetElapsedTime(_startedAt) > _timeMax;
        IsOutOfMemory = raw.sqlite3_memory_used() - _bytesBefore > BytesMax;
        return IsOutOfTime || IsOutOfMemory || _cancellation.IsCancellationRequested;
    }
}
