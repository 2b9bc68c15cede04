using System;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Sqlite;
using Unkey.Server.Storage.Statements;
using Xunit;

namespace Unkey.Server.Tests.Storage;

public sealed class SqliteStoreTests : IDisposable
{
    private readonly string _directory = Path.Combine(Path.GetTempPath(), "unkey-store-" + Guid.NewGuid().ToString("N"));

    private string DatabasePath => Path.Combine(_directory, "unkey.db");

    public void Dispose()
    {
        if (Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    [Fact]
    public async Task ANewDatabaseIsRecognisableVersionedAndPrivate()
    {
        await using (SqliteStore store = Open())
        {
            Assert.StartsWith("SQLite 3.", store.Description);
            Assert.Equal("wal", await store.WriteAsync(session => session.First("PRAGMA journal_mode", static row => row.GetString(0)), default));
            Assert.Equal(2L, await store.WriteAsync(session => session.Number("PRAGMA synchronous"), default));
            Assert.Equal(1L, await store.WriteAsync(session => session.Number("PRAGMA foreign_keys"), default));
        }

        Assert.Equal(0x756E6B79L, Scalar("PRAGMA application_id"));
        Assert.Equal((long)SqliteMigrations.Latest, Scalar("PRAGMA user_version"));
        if (!OperatingSystem.IsWindows())
        {
            const UnixFileMode Others = (UnixFileMode)0b000_111_111;
            Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(DatabasePath) & Others);
            Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(_directory) & Others);
        }
    }

    /// <summary>Whoever gives it a head start at a start ignores its faults, so they would not be seen there.</summary>
    [Fact]
    public void TheFirstUseSucceeds() => SqliteDatabase.UseOnce();

    [Fact]
    public async Task WhatAnInterruptedCreationLeftIsMadeAgain()
    {
        Directory.CreateDirectory(_directory);
        File.WriteAllText(DatabasePath + ".new", "cut off");
        await using SqliteStore store = Open();
        Assert.True(await store.IsHealthyAsync());
        Assert.False(File.Exists(DatabasePath + ".new"));
    }

    /// <summary>SQLite would play the log of the missing database into a new one.</summary>
    [Fact]
    public async Task ALogWithoutItsDatabaseIsRefusedAndNotTouched()
    {
        string log = DatabasePath + "-wal";
        byte[] changes;
        await using (SqliteStore store = Open())
        {
            await store.WriteAsync(session => session.Execute("INSERT INTO meta (name, value) VALUES ('x', 'y')"), default);
            changes = File.ReadAllBytes(log);
        }

        File.Delete(DatabasePath);
        File.WriteAllBytes(log, changes);
        StoreException refused = Assert.Throws<StoreException>(Open);
        Assert.Equal(StoreFault.Corrupt, refused.Fault);
        Assert.Contains(log, refused.Message);
        Assert.Equal(changes, File.ReadAllBytes(log));
        Assert.False(File.Exists(DatabasePath));
        File.Delete(log);
        await using SqliteStore next = Open();
        Assert.True(await next.IsHealthyAsync());
    }

    [Fact]
    public async Task ASecondStoreOnTheSameDirectoryIsRefused()
    {
        await using (Open())
        {
            StoreException refused = Assert.Throws<StoreException>(Open);
            Assert.Equal(StoreFault.Busy, refused.Fault);
            Assert.Contains(_directory, refused.Message);
        }

        await using SqliteStore after = Open();
        Assert.True(await after.IsHealthyAsync());
    }

    [Fact]
    public void ADatabaseOfAnotherProgramIsRefusedAndNotTouched()
    {
        Directory.CreateDirectory(_directory);
        Run("CREATE TABLE theirs (x); PRAGMA user_version = 3;");
        byte[] before = File.ReadAllBytes(DatabasePath);
        StoreException refused = Assert.Throws<StoreException>(Open);
        Assert.Equal(StoreFault.Corrupt, refused.Fault);
        Assert.Contains("another program", refused.Message);
        Assert.Equal(before, File.ReadAllBytes(DatabasePath));
    }

    [Fact]
    public void AFileThatIsNoDatabaseIsRefusedAndNotTouched()
    {
        Directory.CreateDirectory(_directory);
        byte[] text = Enumerable.Range(0, 4096).Select(i => (byte)('a' + (i % 26))).ToArray();
        File.WriteAllBytes(DatabasePath, text);
        StoreException refused = Assert.Throws<StoreException>(Open);
        Assert.Equal(StoreFault.Corrupt, refused.Fault);
        Assert.Contains("not a SQLite database", refused.Message);
        Assert.Equal(text, File.ReadAllBytes(DatabasePath));
    }

    [Fact]
    public async Task ADatabaseOfANewerVersionIsRefused()
    {
        await Open().DisposeAsync();
        Run("PRAGMA user_version = 999;");
        StoreException refused = Assert.Throws<StoreException>(Open);
        Assert.Equal(StoreFault.Newer, refused.Fault);
        Assert.Contains("999", refused.Message);
    }

    [Fact]
    public async Task ADamagedDatabaseIsRefusedWithTheFinding()
    {
        await using (SqliteStore store = Open())
        {
            await store.WriteAsync(session => Enumerable.Range(0, 200).Sum(i => Insert(session, $"name{i:D4}", new string('v', 100))), default);
        }

        long page = (long)Scalar("SELECT rootpage FROM sqlite_schema WHERE name = 'meta'")!;
        using (FileStream file = new(DatabasePath, FileMode.Open, FileAccess.ReadWrite))
        {
            file.Position = (page - 1) * 4096;
            file.Write(Enumerable.Repeat((byte)0xFF, 64).ToArray());
        }

        StoreException refused = Assert.Throws<StoreException>(Open);
        Assert.Equal(StoreFault.Corrupt, refused.Fault);
        Assert.Contains("damaged", refused.Message);
    }

    [Fact]
    public async Task AUnitThatThrowsTakesOnlyItselfBack()
    {
        await using SqliteStore store = Open();
        Task<int> first = store.WriteAsync(session => Insert(session, "first", "1"), default);
        Task<int> broken = store.WriteAsync<int>(
            session =>
            {
                Insert(session, "broken", "1");
                throw new InvalidOperationException("on purpose");
            },
            default);
        Task<int> refusing = store.WriteAsync(
            session =>
            {
                Insert(session, "refused", "1");
                session.Refuse();
                return 42;
            },
            default);
        Task<int> duplicate = store.WriteAsync(session => session.Execute("INSERT INTO meta (name, value) VALUES ('first', '2')"), default);
        Task<int> last = store.WriteAsync(session => Insert(session, "last", "1"), default);

        await first;
        await Assert.ThrowsAsync<InvalidOperationException>(() => broken);
        Assert.Equal(42, await refusing);
        await Assert.ThrowsAsync<SqliteException>(() => duplicate);
        await last;
        Assert.Equal("first last", await Names(store));
    }

    [Fact]
    public async Task ManyUnitsShareOneTransactionAndAreAllThere()
    {
        RecordingListener listener = new();
        await using SqliteStore store = Open();
        store.Attach(listener);
        using ManualResetEventSlim gate = new();
        Task<int> blocker = store.WriteAsync(
            session =>
            {
                gate.Wait();
                return Insert(session, "blocker", "1");
            },
            default);
        Task<int>[] units = Enumerable.Range(0, 300).Select(i => store.WriteAsync(
            session =>
            {
                session.Changes.Keys.Add($"key{i}");
                return Insert(session, $"unit{i:D3}", "1");
            },
            default)).ToArray();
        gate.Set();
        await blocker;
        await Task.WhenAll(units);
        Assert.Equal(300, listener.Keys);

        // Everything that queued up behind the first unit went into few transactions.
        Assert.InRange(listener.Commits, 1, 3);
        Assert.Equal(301L, await store.ReadAsync(session => session.Number("SELECT count(*) FROM meta"), default));
    }

    [Fact]
    public async Task AFullDiskFailsTheWriteChangesNothingAndPasses()
    {
        RecordingListener listener = new();
        await using SqliteStore store = Open();
        store.Attach(listener);
        await store.WriteAsync(session => Insert(session, "kept", "1"), default);
        await store.WriteAsync(session => session.Number($"PRAGMA max_page_count = {session.Number("PRAGMA page_count")}"), default);
        Task<int>[] large = Enumerable.Range(0, 4).Select(i => store.WriteAsync(
            session =>
            {
                session.Changes.Keys.Add("key");
                return Insert(session, $"large{i}", new string('x', 100_000));
            },
            default)).ToArray();
        Task<int> small = store.WriteAsync(session => session.Execute("UPDATE meta SET value = '2' WHERE name = 'kept'"), default);
        foreach (Task<int> task in large)
        {
            StoreException full = await Assert.ThrowsAsync<StoreException>(() => task);
            Assert.Equal(StoreFault.Full, full.Fault);
            Assert.Contains("full", full.PublicDetail);
            Assert.DoesNotContain("SQLite", full.PublicDetail);
        }

        // A small unit in the same batch is not taken down with the large ones.
        Assert.Equal(1, await small);
        Assert.Equal(0, listener.Keys);
        Assert.Equal("kept", await Names(store));
        await store.WriteAsync(session => session.Number("PRAGMA max_page_count = 1073741823"), default);
        await store.WriteAsync(session => Insert(session, "later", new string('x', 100_000)), default);
        Assert.True(await store.IsHealthyAsync());
    }

    [Fact]
    public async Task AReadSeesOneSnapshotAndCannotWrite()
    {
        await using SqliteStore store = Open();
        await store.WriteAsync(session => Insert(session, "a", "1"), default);
        string seen = await store.ReadAsync(
            session =>
            {
                string before = session.FindMeta("a")!;
                store.WriteAsync(writer => writer.Execute("UPDATE meta SET value = '2' WHERE name = 'a'"), default).GetAwaiter().GetResult();
                return before + session.FindMeta("a");
            },
            default);
        Assert.Equal("11", seen);
        Assert.Equal("2", await store.ReadAsync(session => session.FindMeta("a"), default));
        await Assert.ThrowsAnyAsync<Exception>(async () => await store.ReadAsync(session => Insert(session, "b", "1"), default));
    }

    [Fact]
    public async Task ACancelledUnitThatStillWaitsIsNotRun()
    {
        await using SqliteStore store = Open();
        using ManualResetEventSlim gate = new();
        using CancellationTokenSource cancellation = new();
        Task<int> blocker = store.WriteAsync(
            session =>
            {
                gate.Wait();
                return 0;
            },
            default);
        Task<int> cancelled = store.WriteAsync(session => Insert(session, "never", "1"), cancellation.Token);
        await cancellation.CancelAsync();
        gate.Set();
        await blocker;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.Equal("", await Names(store));
    }

    [Fact]
    public async Task WhatIsQueuedAtTheEndIsStillWritten()
    {
        SqliteStore store = Open();
        Task<int>[] units = Enumerable.Range(0, 50).Select(i => store.WriteAsync(session => Insert(session, $"n{i}", "1"), default)).ToArray();
        await store.DisposeAsync();
        await Task.WhenAll(units);
        StoreException closed = await Assert.ThrowsAsync<StoreException>(() => store.WriteAsync(static _ => 0, default));
        Assert.Equal(StoreFault.Closed, closed.Fault);
        Assert.Equal(50L, Scalar("SELECT count(*) FROM meta"));
    }

    private static int Insert(StoreSession session, string name, string value) =>
        session.Execute("INSERT INTO meta (name, value) VALUES (@name, @value)", ("@name", name), ("@value", value));

    private static async Task<string> Names(SqliteStore store) => string.Join(
        ' ', await store.ReadAsync(session => session.All("SELECT name FROM meta ORDER BY name", static row => row.GetString(0)), default));

    private SqliteStore Open() => SqliteStore.Open(_directory, NullLogger.Instance);

    private object? Scalar(string sql)
    {
        using SqliteConnection connection = Connect();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    private void Run(string sql)
    {
        using SqliteConnection connection = Connect();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private SqliteConnection Connect()
    {
        SQLitePCL.Batteries_V2.Init();
        SqliteConnection connection = new($"Data Source={DatabasePath};Pooling=False");
        connection.Open();
        return connection;
    }

    private sealed class RecordingListener : ICommitListener
    {
        public int Commits { get; private set; }

        public int Keys { get; private set; }

        public void Committed(StoreSession session, StoreChanges changes)
        {
            Commits++;
            Keys += changes.Keys.Count;
        }
    }
}
