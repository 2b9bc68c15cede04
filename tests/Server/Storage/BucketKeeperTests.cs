using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Unkey.Engine.Limits;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Buckets;
using Unkey.Server.Tests.ControlPlane;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Storage;

/// <summary>The file of the rate-limit buckets: what a start finds in it, and what it does with a file that it cannot use.</summary>
public sealed class BucketKeeperTests : IDisposable
{
    private const long Minute = 60_000;

    private readonly string _directory = Directory.CreateTempSubdirectory("unkey-buckets-").FullName;
    private readonly SettableClock _clock = new();
    private readonly LogLines _log = new();

    private string FilePath => Path.Combine(_directory, BucketKeeper.FileName);

    private long NowMs => _clock.NowMs;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task WhatWasTakenIsTakenAfterARestart()
    {
        for (int start = 1; start <= 5; start++)
        {
            await using Run run = Start();
            Assert.Equal(10 - start, run.Take("a"));
        }

        Assert.Equal(4, Entries(3200).Length);
        Assert.All(Entries(3200), line => Assert.Equal("Rate limits: 1 buckets go on as they were, 0 had filled up", line));
    }

    [Fact]
    public async Task TheFileIsPrivateSparseAndAlwaysMadeWithTheSameSecret()
    {
        await Start().DisposeAsync();
        byte[] first = await File.ReadAllBytesAsync(FilePath);
        await using (Run run = Start(capacity: 1 << 21))
        {
            run.Take("a");
        }

        byte[] second = await File.ReadAllBytesAsync(FilePath);
        Assert.Equal(first.AsSpan(24, 16), second.AsSpan(24, 16));
        Assert.True(first.AsSpan(24, 16).ContainsAnyExcept((byte)0));
        Assert.Equal(BucketFileHeader.ByteCount, first.Length);
        Assert.Single(Directory.GetFiles(_directory));
        if (OperatingSystem.IsLinux())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(FilePath));
        }
    }

    [Theory]
    [InlineData(1024, 4096)]
    [InlineData(4096, 1024)]
    public async Task AnotherCapacityLosesNothingThatFindsRoom(int before, int after)
    {
        await using (Run run = Start(before))
        {
            for (int i = 0; i < 300; i++)
            {
                Assert.Equal(9, run.Take("id" + i));
            }
        }

        // Twice, because the second start reads what the first one has written anew.
        for (int start = 0; start < 2; start++)
        {
            await using Run run = Start(after);
            for (int i = 0; i < 300; i++)
            {
                Assert.Equal(8 - start, run.Take("id" + i));
            }
        }
    }

    [Fact]
    public async Task ATableThatHasBecomeTooSmallSaysSo()
    {
        await using (Run run = Start(4096))
        {
            for (int i = 0; i < 2_000; i++)
            {
                run.Take("id" + i);
            }
        }

        await using (Start(1024))
        {
            string line = Assert.Single(Entries(3203));
            Assert.StartsWith("976 ", line);
        }
    }

    public static TheoryData<string, Func<byte[], byte[]>> UnusableFiles() => new()
    {
        { "has 0 bytes", static _ => [] },
        { "has 100 bytes", static file => file[..100] },
        { "was not written by unkey", static _ => Encoding.ASCII.GetBytes(new string('x', 10_000)) },
        { "was written by another version", static file => With(file, 8, 2) },
        { "was written by another version", static file => With(file, 12, 99) },
        { "has a damaged header", static file => With(file, 17, 1) },
        { "has a damaged header", static file => With(file, 24, (byte)(file[24] ^ 1)) },
        { "has a damaged header", static file => With(file, 60, (byte)(file[60] ^ 1)) },
    };

    [Theory]
    [MemberData(nameof(UnusableFiles))]
    public async Task AFileThatCannotBeUsedIsSetAsideAndLimitsStartEmpty(string reason, Func<byte[], byte[]> spoil)
    {
        await using (Run run = Start())
        {
            run.Take("a");
        }

        byte[] spoilt = spoil(await File.ReadAllBytesAsync(FilePath));
        await File.WriteAllBytesAsync(FilePath, spoilt);
        await using (Run run = Start())
        {
            string line = Assert.Single(Entries(3201));
            Assert.Contains(reason, line, StringComparison.Ordinal);
            Assert.Contains(FilePath, line, StringComparison.Ordinal);
            Assert.Equal(9, run.Take("a"));
            Assert.Equal(spoilt, await File.ReadAllBytesAsync(FilePath + BucketKeeper.DamagedSuffix));
        }

        // The new file is good.
        await using Run again = Start();
        Assert.Equal(8, again.Take("a"));
        Assert.Single(Entries(3201));
    }

    [Fact]
    public async Task DamagedSlotsAreLeftOutAndTheOthersKept()
    {
        await using (Run run = Start())
        {
            run.Take("a");
        }

        byte[] bytes = await File.ReadAllBytesAsync(FilePath);
        int used = bytes.AsSpan(BucketFileHeader.ByteCount).IndexOfAnyExcept((byte)0) / BucketTable.SlotBytes;
        int free = BucketFileHeader.ByteCount + ((used ^ 1) * BucketTable.SlotBytes);
        bytes.AsSpan(free, BucketTable.SlotBytes).Fill(0xFF);
        await File.WriteAllBytesAsync(FilePath, bytes);
        await using Run again = Start();
        Assert.Equal(8, again.Take("a"));
        Assert.StartsWith("1 ", Assert.Single(Entries(3204)));
    }

    [Fact]
    public async Task AClockThatWasSetBackStartsEmptyInsteadOfRefusingForAnHour()
    {
        await using (Run run = Start())
        {
            run.Take("a", 10);
        }

        _clock.NowMs -= 60 * Minute;
        await using (Run run = Start())
        {
            Assert.StartsWith("The clock stands 3600 s", Assert.Single(Entries(3202)));
            Assert.Equal(9, run.Take("a"));
        }

        await using Run again = Start();
        Assert.Equal(8, again.Take("a"));
        Assert.Single(Entries(3202));
    }

    [Fact]
    public async Task TheClocksOfTwoCoresMayDifferByALittle()
    {
        await using (Run run = Start())
        {
            run.Take("a");
        }

        _clock.NowMs -= BucketTime.ClockSkewMsMax;
        await using Run again = Start();

        // Nobody is refused for more than the difference: a second is a sixth of a token here, which makes a whole one.
        Assert.Equal(7, again.Take("a"));
        Assert.Empty(Entries(3202));
    }

    [Fact]
    public async Task ASecondServerIsRefusedAndChangesNothing()
    {
        await using Run run = Start();
        StoreException refused = Assert.Throws<StoreException>(() => Start());
        Assert.Equal(StoreFault.Busy, refused.Fault);
        Assert.Contains(_directory, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFaultOfTheDiskIsToldOnceCountedAndMadeUpFor()
    {
        // A directory in the place of the new file is a fault that no privilege gets around.
        string obstacle = Directory.CreateDirectory(FilePath + ".new").FullName;
        await using (Run run = Start())
        {
            run.Take("a");
            Assert.False(run.Keeper.Pass());
            Assert.False(run.Keeper.Pass());
            Assert.Equal((3, false, 0), (run.Keeper.Failures, run.Keeper.IsHealthy, run.Keeper.PagesWritten));
            Assert.Single(Entries(3205));
            Assert.Equal(8, run.Take("a"));

            Directory.Delete(obstacle);
            Assert.True(run.Keeper.Pass());
            Assert.Equal((3, true, 1), (run.Keeper.Failures, run.Keeper.IsHealthy, run.Keeper.PagesWritten));
            Assert.Single(Entries(3206));
            Assert.False(Directory.Exists(obstacle) || File.Exists(obstacle));
        }

        await using Run again = Start();
        Assert.Equal(7, again.Take("a"));
    }

    [Fact]
    public async Task PagesAreWrittenOnlyWhenTheyHaveChanged()
    {
        await using Run run = Start();
        Assert.Equal(0, run.Keeper.PagesWritten);
        run.Take("a");
        Assert.True(run.Keeper.Pass());
        Assert.Equal(1, run.Keeper.PagesWritten);
        Assert.True(run.Keeper.Pass());
        run.Take("a", 100);
        run.Take("a", 0);
        Assert.True(run.Keeper.Pass());
        Assert.Equal(1, run.Keeper.PagesWritten);
    }

    [Fact]
    public async Task TheKeeperWritesByItselfAndKnowsHowOldTheFileIs()
    {
        await using Run run = Start(period: TimeSpan.FromMilliseconds(20));
        run.Take("a");
        Poll.Until(() => run.Keeper.PagesWritten == 1, "the take is written");
        Poll.Until(() => run.Keeper.Age < TimeSpan.FromMilliseconds(500), "the file is up to date");
    }

    /// <summary>More pages in use than one write carries, with gaps between them.</summary>
    [Fact]
    public async Task AnyNumberOfPagesComesBack()
    {
        const int Buckets = 60_000;
        await using (Run run = Start(1 << 18))
        {
            for (int i = 0; i < Buckets; i++)
            {
                run.Take("id" + i);
            }
        }

        await using Run again = Start(1 << 18);
        for (int i = 0; i < Buckets; i++)
        {
            Assert.Equal(9, again.Take("id" + i, 0));
        }

        Assert.True(again.Keeper.Pass());
        Assert.Equal(0, again.Keeper.PagesWritten);
    }

    private static byte[] With(byte[] file, int offset, byte value)
    {
        file[offset] = value;
        return file;
    }

    private string[] Entries(int eventId) => [.. _log.Lines.Where(line => line.EventId == eventId).Select(line => line.Text)];

    /// <summary>The keeper's own passes come twice a second; here the first and the last are its own, and what is between is the test's.</summary>
    private Run Start(int capacity = 1024, TimeSpan? period = null)
    {
        BucketKeeper keeper = BucketKeeper.Open(_directory, _log);
        BucketTable table = new(capacity);
        keeper.Restore(table, NowMs);
        keeper.Start(_clock, period ?? Timeout.InfiniteTimeSpan);
        return new Run(keeper, table, this);
    }

    private sealed record Run(BucketKeeper Keeper, BucketTable Table, BucketKeeperTests Test) : IAsyncDisposable
    {
        /// <summary>Takes from a bucket of ten a minute and returns what is left.</summary>
        public long Take(string name, long cost = 1)
        {
            BucketTake take = new()
            {
                Key = BucketKey.OfNamespaceLimit(Keeper.Hash, LimitAlgorithm.TokenBucket, "ns"u8, Encoding.UTF8.GetBytes(name), Minute),
                Limit = 10,
                DurationMs = Minute,
                Cost = cost,
            };
            Table.Take(ref take, Test.NowMs);
            return take.Remaining;
        }

        public async ValueTask DisposeAsync()
        {
            await Keeper.DisposeAsync();
            Table.Dispose();
        }
    }

    private sealed class LogLines : ILogger
    {
        private readonly List<(int EventId, string Text)> _lines = [];

        public (int EventId, string Text)[] Lines
        {
            get
            {
                lock (_lines)
                {
                    return [.. _lines];
                }
            }
        }

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_lines)
            {
                _lines.Add((eventId.Id, formatter(state, exception)));
            }
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;
    }
}
