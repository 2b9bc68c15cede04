using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Unkey.Engine;
using Unkey.Engine.Keys;
using Unkey.Server.ControlPlane;
using Unkey.Server.Events;
using Unkey.Server.Storage;
using Unkey.Server.Tests.Events;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.ControlPlane;

/// <summary>How often the write-backs write, by a clock that the test moves.</summary>
public sealed class WriteBackPaceTests : IAsyncDisposable
{
    private readonly ManualTime _time = new();
    private readonly SlowStore _store;

    public WriteBackPaceTests() => _store = new SlowStore(_time);

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task CreditsAreWrittenLessOftenTheLongerItTakes()
    {
        using EngineState engine = new();
        await using CreditWriteBack credits = new(engine, _store, static () => true, _time, NullLogger.Instance);
        Assert.Equal(Seconds(1), NextWrite(takes: 0.01));
        Assert.Equal(Seconds(1), NextWrite(takes: 0.04));

        // Longer than the period: what has rung meanwhile is no reason to begin at once.
        Assert.Equal(Seconds(4), NextWrite(takes: 3));
        Assert.Equal(Seconds(30), NextWrite(takes: 0));
        Assert.Equal(Seconds(1), NextWrite(takes: 0));
    }

    /// <summary>Also a first write-back, of which nobody knows yet how long it takes: a hundred times the four microseconds that each is likely to.</summary>
    [Fact]
    public async Task ManyChangedBalancesWait()
    {
        const int Keys = 5_000;
        using EngineState engine = new();
        await using CreditWriteBack credits = new(engine, _store, static () => true, _time, NullLogger.Instance);
        Spend(engine, Keys);
        Assert.Equal(Keys, engine.Credits.Changed);
        Assert.Equal(Seconds(2), NextWrite(takes: 0.01));
        Assert.Equal(0, engine.Credits.Changed);
    }

    [Fact]
    public async Task MoreChangesThanMemoryShouldHoldDoNotWait()
    {
        using EngineState engine = new();
        await using CreditWriteBack credits = new(engine, _store, static () => true, _time, NullLogger.Instance);
        Assert.Equal(Seconds(1), NextWrite(takes: 3));
        Spend(engine, CreditWriteBack.ChangesMax);
        Assert.Equal(Seconds(1), NextWrite(takes: 0));
    }

    [Fact]
    public async Task CreditsThatNoFileKeepsAreNotPutOff()
    {
        bool survives = true;
        using EngineState engine = new();
        await using CreditWriteBack credits = new(engine, _store, () => Volatile.Read(ref survives), _time, NullLogger.Instance);
        Assert.Equal(Seconds(1), NextWrite(takes: 3));

        // The file fails during the wait of half a minute.
        Volatile.Write(ref survives, false);
        Assert.Equal(Seconds(1), NextWrite(takes: 3));
        Assert.Equal(Seconds(1), NextWrite(takes: 0));
    }

    [Fact]
    public async Task ManyLastUsesAreWrittenWithPausesAndWithoutThemAtTheStop()
    {
        LastUse lastUse = new();
        LastUseWriteBack writeBack = new(lastUse, new RootKeyUses(), _store, _time, NullLogger.Instance);
        await using (writeBack)
        {
            Assert.Equal(Seconds(60), _time.NextDue);
            Note(lastUse, 0, 5_000);
            Turn(takes: 0.004, writes: 1, next: 0.08);
            Turn(takes: 0.004, writes: 2, next: 0.08);
            Turn(takes: 1, writes: 3, next: 0.2);
            Note(lastUse, 5_000, 6_000);
        }

        // The two that the pauses were before, and one of what came later.
        Assert.Equal(6, _store.Writes);
        Assert.Equal(0, lastUse.Take().Count);
    }

    /// <summary>Rings one timer after the other until there is a write.</summary>
    /// <param name="takes">How long it takes.</param>
    /// <returns>How long it was until it began.</returns>
    private TimeSpan NextWrite(double takes)
    {
        _store.Takes = Seconds(takes);
        int writes = _store.Writes;
        TimeSpan from = _time.GetElapsedTime(0);

        // BOUND: by the longest pause; a write sets the timer after it when it is done.
        while (true)
        {
            TimeSpan due = Ring();
            Poll.Until(() => _time.NextDue > due, $"the timer after {due}");
            if (_store.Writes > writes)
            {
                return due - from;
            }
        }
    }

    /// <summary>Rings the next timer, and waits until the write that it leads to has set the one after it.</summary>
    private void Turn(double takes, int writes, double next)
    {
        _store.Takes = Seconds(takes);
        TimeSpan due = Ring();
        TimeSpan expected = due + Seconds(takes) + Seconds(next);
        Poll.Until(() => _store.Writes == writes && _time.NextDue == expected, $"write {writes}, and the next at {expected}");
    }

    /// <summary>Rings the next timer.</summary>
    /// <returns>When it was due.</returns>
    private TimeSpan Ring()
    {
        TimeSpan due = _time.NextDue!.Value;
        _time.Advance(due - _time.GetElapsedTime(0));
        return due;
    }

    /// <summary>Takes a credit of each of some new keys.</summary>
    private static void Spend(EngineState engine, int keys)
    {
        lock (engine.WriterLock)
        {
            for (int i = 0; i < keys; i++)
            {
                KeySpec key = new() { Digest = KeyDigest.Of(BitConverter.GetBytes(i)), KeyId = $"key_{i}", WorkspaceIndex = 0, Credits = 10 };
                Assert.True(engine.Keys.Upsert(key).Credits.TryTake(1, out _));
            }
        }
    }

    private static void Note(LastUse lastUse, int from, int to) =>
        lastUse.Note(EventPayloads.Batch([.. Enumerable.Range(from, to - from).Select(static key => EventPayloads.Use($"key_{key}", 60_000))]).Events.Span);

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    /// <summary>A store that counts writes, whose statements go nowhere, and in which a write takes as long as it is told by the clock of the test.</summary>
    private sealed class SlowStore(ManualTime time) : IStore
    {
        private int _writes;

        public int Writes => Volatile.Read(ref _writes);

        public TimeSpan Takes { get; set; }

        public string Description => "slow";

        public Task<T> WriteAsync<T>(Func<StoreSession, T> work, CancellationToken cancellation)
        {
            using StoreSession session = new(new SqliteConnection(), static (_, _, _) => throw new NotSupportedException(), static (_, _) => new NoStatement());
            T result = work(session);
            time.Advance(Takes);
            Interlocked.Increment(ref _writes);
            return Task.FromResult(result);
        }

        public Task<T> WriteAloneAsync<T>(Func<StoreSession, T> work, CancellationToken cancellation) => WriteAsync(work, cancellation);

        public Task<T> RevokeAsync<T>(Func<StoreSession, T> work, CancellationToken cancellation) => WriteAsync(work, cancellation);

        public ValueTask<T> ReadAsync<T>(Func<StoreSession, T> work, CancellationToken cancellation) => throw new NotSupportedException();

        public ValueTask<T> ScanAsync<T>(Func<StoreSession, T> work, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<bool> IsHealthyAsync() => Task.FromResult(true);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class NoStatement : RepeatedStatement
    {
        public override RepeatedStatement Text(ReadOnlySpan<byte> utf8) => this;

        public override RepeatedStatement Blob(ReadOnlySpan<byte> value) => this;

        public override RepeatedStatement Number(long value) => this;

        public override int Run() => 1;

        public override void Dispose()
        {
        }
    }
}
