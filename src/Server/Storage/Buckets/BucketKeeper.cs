using System;
using System.IO;
using System.Security.Cryptography;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Unkey.Engine;
using Unkey.Engine.Limits;
using Unkey.Server.Hosting;

namespace Unkey.Server.Storage.Buckets;

/// <summary>Carries rate-limit buckets over a restart: reads them back at start, writes what has changed twice a second (less often when very much changes), and the rest at the stop.</summary>
/// <remarks>
/// <para>The table lies in ordinary memory and one thread of this class copies it, because a disk that writes back under a mapped file would hold
/// up the reactor that stores to it. A write that fails or hangs costs what a restart would find, and no decision.</para>
/// <para>A new file (first start, another capacity, a damaged one before) is made beside the old one and takes its place when it is complete,
/// so that a crash at any time leaves one that can be read.</para>
/// <para><see cref="Open"/>, <see cref="Restore"/> and <see cref="Start"/> in this order by the thread that starts the server; the counters are
/// for any thread.</para>
/// </remarks>
internal sealed class BucketKeeper : IAsyncDisposable
{
    /// <summary>Name of the file in the data directory.</summary>
    public const string FileName = "unkey.buckets";

    /// <summary>What the name of a file that could not be used gets.</summary>
    public const string DamagedSuffix = ".damaged";

    private const string NewSuffix = ".new";

    /// <summary>Pages that one write carries at most.</summary>
    private const int RunPagesMax = 64;

    /// <summary>A page that a batch holds is left to the next pass; after the drain there is nobody left to hold one for long.</summary>
    private const int LastPassesMax = 10;

    private static readonly TimeSpan s_pauseMin = TimeSpan.FromMilliseconds(50);

    /// <summary>What bounds the pause after a long pass: how much a kill gives back comes before what copying costs.</summary>
    private static readonly TimeSpan s_pauseMax = TimeSpan.FromSeconds(2);

    private readonly string _path;
    private readonly ILogger _logger;
    private readonly byte[] _secret;
    private readonly byte[] _run = new byte[RunPagesMax * BucketTable.PageBytes];
    private readonly ManualResetEventSlim _stopping = new(false, spinCount: 0); // Nearly always waited for in vain.
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private BucketFile? _file;
    private bool _isInPlace;
    private bool _isOldFileDamaged;
    private BucketTable? _table;
    private TimeProvider _time = TimeProvider.System;
    private TimeSpan _period;
    private Thread? _thread;
    private long _latestMs;

    // ORDER: none needed for these; values of one writer that metrics read a little late.
    private bool _isFailing;
    private long _pagesWritten;
    private long _failures;
    private long _completeAt;

    private BucketKeeper(string path, ILogger logger, BucketFile? file)
    {
        _path = path;
        _logger = logger;
        _file = file;
        _isInPlace = file is not null;
        _secret = file?.Header.Secret ?? RandomNumberGenerator.GetBytes(KeyedHash.KeyBytes);
    }

    /// <summary>The hash of the buckets' keys: the one that the file was made with, or a new one.</summary>
    public KeyedHash Hash => new(_secret);

    /// <summary>Whether the last pass reached the file.</summary>
    public bool IsHealthy => !Volatile.Read(ref _isFailing);

    /// <summary>Pages written since the start.</summary>
    public long PagesWritten => Volatile.Read(ref _pagesWritten);

    /// <summary>Passes that did not reach the file.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>From the start of one pass to the start of the next, as long as a pass is short. What the file lacks is then at most a second old.</summary>
    public static TimeSpan DefaultPeriod { get; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long ago the file last held every take, or the keeper started: what a kill would give back.</summary>
    public TimeSpan Age => Volatile.Read(ref _completeAt) is > 0 and long since ? _time.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>Opens the file of a data directory and holds it; one that cannot be used is left until <see cref="Start"/> replaces it.</summary>
    /// <param name="directory">The data directory, which exists.</param>
    /// <param name="logger">For what is found and for changes of state.</param>
    /// <exception cref="StoreException">Another server uses the directory, or this user may not write the file.</exception>
    public static BucketKeeper Open(string directory, ILogger logger)
    {
        string path = Path.Combine(directory, FileName);
        BucketFile? file = BucketFile.Open(path, out string problem);
        BucketKeeper keeper = new(path, logger, file);
        if (problem.Length > 0)
        {
            keeper.Refuse(problem);
        }

        return keeper;
    }

    /// <summary>Puts the saved buckets into a fresh table whose keys are made with <see cref="Hash"/>.</summary>
    /// <param name="table">The table; nobody uses it yet.</param>
    /// <param name="nowMs">Unix milliseconds.</param>
    public void Restore(BucketTable table, long nowMs)
    {
        _table = table;
        if (_file is null)
        {
            return;
        }

        try
        {
            bool isSameTable = _file.Header.Capacity == table.Capacity;
            _latestMs = _file.ReadLatest();
            if (_latestMs - nowMs > BucketTime.ClockSkewMsMax)
            {
                // Every bucket would look used up until the clock is there again.
                BucketLog.ClockIsBehind(_logger, (_latestMs - nowMs) / 1000);
                _latestMs = 0;
                Abandon();
                return;
            }

            ReadBack(_file, table, isSameTable, nowMs);
            if (!isSameTable)
            {
                Abandon();
            }
        }
        catch (IOException exception)
        {
            Refuse("cannot be read: " + exception.Message);
            Abandon();
        }
    }

    /// <summary>Writes a first time, on the calling thread, and goes on in the background.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="period">From the start of one pass to the start of the next; infinite for none between the first and the last.</param>
    public void Start(TimeProvider time, TimeSpan period)
    {
        _time = time;
        _period = period;
        Volatile.Write(ref _completeAt, time.GetTimestamp());
        Pass();
        _thread = new Thread(Run) { IsBackground = true, Name = "unkey-buckets" };
        _thread.Start();
    }

    /// <summary>Writes what the last takes have changed, and closes the file. Takes that come later are not kept.</summary>
    public async ValueTask DisposeAsync()
    {
        _stopping.Set();
        if (_thread is not null)
        {
            await _ended.Task.ConfigureAwait(false);
        }

        _file?.Dispose();
        _stopping.Dispose();
    }

    /// <summary>Writes what has changed. The keeper's thread, or the only thread there is.</summary>
    /// <returns>Whether the file now holds every take that was answered before the call.</returns>
    internal bool Pass()
    {
        long startedAt = _time.GetTimestamp();
        bool isComplete;
        try
        {
            BucketFile file = _file ?? Begin();
            isComplete = WriteChanged(file);
            if (!_isInPlace)
            {
                MoveIntoPlace(file);
            }
        }
        catch (Exception exception)
        {
            // Whatever it is: limits work without the file, and the next pass tries again.
            Note(exception);
            return false;
        }

        Note(null);
        if (isComplete)
        {
            Volatile.Write(ref _completeAt, startedAt);
        }

        return isComplete;
    }

    private void Run()
    {
        BackgroundThread.Begin();
        try
        {
            WorkPace pace = new(_period, s_pauseMin, s_pauseMax);
            TimeSpan pause = _period;
            while (!_stopping.Wait(pause))
            {
                long startedAt = _time.GetTimestamp();
                Pass();
                pause = pace.PauseAfter(_time.GetElapsedTime(startedAt));
            }

            // BOUND: LastPassesMax; see there.
            for (int i = 0; i < LastPassesMax && !Pass() && IsHealthy; i++)
            {
                Thread.Yield();
            }

            _file?.Flush();
        }
        catch (Exception exception)
        {
            Note(exception);
        }
        finally
        {
            _ended.SetResult();
        }
    }

    private BucketFile Begin()
    {
        _isInPlace = false;
        _file = BucketFile.Create(_path + NewSuffix, new BucketFileHeader { Capacity = _table!.Capacity, Secret = _secret });
        _table.MarkUsedPages();
        return _file;
    }

    private void MoveIntoPlace(BucketFile file)
    {
        // On the disk before its name is, so that a power cut leaves the old file or the new one.
        file.Flush();
        Abandon();
        if (_isOldFileDamaged && File.Exists(_path))
        {
            File.Move(_path, _path + DamagedSuffix, overwrite: true);
        }

        _isOldFileDamaged = false;
        File.Move(_path + NewSuffix, _path, overwrite: true);
        _file = BucketFile.Open(_path, out _);
        _isInPlace = _file is not null;
    }

    /// <summary>Closes the file; the next pass makes a new one, with all pages in use.</summary>
    private void Abandon()
    {
        _file?.Dispose();
        _file = null;
    }

    /// <summary>Writes the pages that have changed, neighbours together.</summary>
    /// <returns>False when a page has to wait for the next pass.</returns>
    private bool WriteChanged(BucketFile file)
    {
        bool isComplete = true;
        long written = 0;
        int page = _table!.NextChangedPage(0);

        // BOUND: the page number grows in each turn.
        while (page >= 0)
        {
            int first = page;
            while (page - first < RunPagesMax && _table.NextChangedPage(page) == page && _table.TryCopyPage(page, RunPage(page - first)))
            {
                page++;
                BackgroundThread.Breathe();
            }

            if (page == first)
            {
                isComplete = false;
                page++;
            }
            else
            {
                WriteRun(file, first, page - first);
                written += page - first;
            }

            page = _table.NextChangedPage(page);
        }

        if (written > 0)
        {
            _latestMs = Math.Max(_latestMs, _time.GetUtcNow().ToUnixTimeMilliseconds());
            file.WriteLatest(_latestMs);
            Volatile.Write(ref _pagesWritten, _pagesWritten + written);
        }

        return isComplete;
    }

    private void WriteRun(BucketFile file, int first, int count)
    {
        try
        {
            file.WritePages(first, _run.AsSpan(0, count * BucketTable.PageBytes));
        }
        catch
        {
            for (int i = 0; i < count; i++)
            {
                _table!.MarkPage(first + i);
            }

            throw;
        }
    }

    private Span<byte> RunPage(int index) => _run.AsSpan(index * BucketTable.PageBytes, BucketTable.PageBytes);

    private void ReadBack(BucketFile file, BucketTable table, bool isSameTable, long nowMs)
    {
        BucketRestore total = default;
        int pages = (int)Math.Min((file.Header.Capacity * BucketTable.SlotBytes / BucketTable.PageBytes) + 1, int.MaxValue - RunPagesMax);
        for (int first = 0; first < pages && file.ReadPages(first, _run); first += RunPagesMax)
        {
            for (int i = 0; i < RunPagesMax; i++)
            {
                if (RunPage(i).ContainsAnyExcept((byte)0))
                {
                    total.Add(table.RestorePage(RunPage(i), first + i, isSameTable, nowMs));
                }
            }
        }

        BucketLog.Restored(_logger, total.Restored, total.Idle);
        if (total.WithoutRoom > 0)
        {
            BucketLog.WithoutRoom(_logger, total.WithoutRoom);
        }

        if (total.Damaged > 0)
        {
            BucketLog.DamagedSlots(_logger, total.Damaged);
        }
    }

    private void Refuse(string problem)
    {
        _isOldFileDamaged = true;
        BucketLog.Refused(_logger, _path, problem, FileName + DamagedSuffix);
    }

    // One entry for each change, however long a fault lasts.
    private void Note(Exception? exception)
    {
        if (exception is not null)
        {
            Volatile.Write(ref _failures, _failures + 1);
            if (!_isFailing)
            {
                BucketLog.NotWritten(_logger, _path, exception);
            }
        }
        else if (_isFailing)
        {
            BucketLog.WrittenAgain(_logger, _path);
        }

        Volatile.Write(ref _isFailing, exception is not null);
    }
}
