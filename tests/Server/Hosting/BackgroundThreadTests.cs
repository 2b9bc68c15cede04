using System;
using System.Diagnostics;
using System.IO;
using System.Threading;
using Microsoft.Data.Sqlite;
using Unkey.Server.Hosting;
using Unkey.Server.Storage.Sqlite;
using Xunit;

namespace Unkey.Server.Tests.Hosting;

public sealed class BackgroundThreadTests
{
    private static readonly TimeSpan s_turn = TimeSpan.FromMicroseconds(200);

    [Fact]
    public void LongWorkOffersTheCoreAndShortWorkDoesNot() => OnAThread(static () =>
    {
        BackgroundThread.Breathe();
        Assert.Equal(0, BackgroundThread.Offers);
        BackgroundThread.Begin();

        // BOUND: each turn makes up for more of what the thread was away on a busy machine.
        while (BackgroundThread.Offers < 3)
        {
            Spin();
            BackgroundThread.Breathe();
        }
    });

    [Fact]
    public void OnABusyCoreASeventhOfTheTimeIsKept()
    {
        // Others take three milliseconds after every offer.
        long away = Stopwatch.Frequency * 3 / 1_000;
        long step = Turn.Length * 2;
        long now = 1;
        long worked = 0;
        Turn turn = new(now);
        while (now < Stopwatch.Frequency * 10)
        {
            now += step;
            worked += step;
            if (turn.IsOver(now))
            {
                now += away;
                turn.Next(now);
            }
        }

        Assert.InRange((double)worked / now, 0.14, 0.15);
    }

    [Fact]
    public void WhoIsSeldomAwayOffersAtEveryTurn()
    {
        // As long away as at work, which is what half a core comes to.
        long now = 1;
        Turn turn = new(now);
        for (int i = 0; i < 10_000; i++)
        {
            now += Turn.Length + 1;
            Assert.True(turn.IsOver(now));
            Assert.False(turn.IsOver(now + Turn.Length));
            now += Turn.Length + 1;
            turn.Next(now);
        }
    }

    [Fact]
    public void ABorrowedThreadGivesWayOnlyDuringTheWork() => OnAThread(static () =>
    {
        using (BackgroundThread.BeginWork())
        {
            Spin();
            BackgroundThread.Breathe();
        }

        Spin();
        BackgroundThread.Breathe();
        Assert.Equal(1, BackgroundThread.Offers);
    });

    [Fact]
    public void OfManyShortStepsOnlySomeAskForTheTime() => OnAThread(static () =>
    {
        BackgroundThread.Begin();
        Spin();
        BackgroundThread.Breathe(1);
        Assert.Equal(0, BackgroundThread.Offers);
        BackgroundThread.Breathe(16);
        Assert.Equal(1, BackgroundThread.Offers);
    });

    /// <summary>The statement and the commit are one call of SQLite each, in which only the writes of the file can give way.</summary>
    [Fact]
    public void AStatementOfManyRowsAndItsCommitGiveWay() => OnAThread(static () =>
    {
        string directory = Directory.CreateTempSubdirectory().FullName;
        try
        {
            SqliteDatabase.Open(directory);
            string path = Path.Combine(directory, SqliteDatabase.FileName);
            using (SqliteConnection connection = SqliteDatabase.Connect(path))
            {
                SqliteDatabase.Run(connection, "CREATE TABLE t (x); PRAGMA cache_size = 10;");
                BackgroundThread.Begin();
                using SqliteCommand rows = connection.CreateCommand();
                rows.CommandText = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000) INSERT INTO t SELECT zeroblob(4000) FROM n";
                Assert.Equal(4_000, rows.ExecuteNonQuery());
                Assert.InRange(BackgroundThread.Offers, 3, long.MaxValue);
            }

            using (SqliteConnection again = SqliteDatabase.Connect(path))
            {
                using SqliteCommand count = again.CreateCommand();
                count.CommandText = "SELECT count(*) FROM t WHERE x = zeroblob(4000)";
                Assert.Equal(4_000L, count.ExecuteScalar());
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    });

    private static void Spin()
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < s_turn)
        {
            Thread.SpinWait(10);
        }
    }

    // What is counted is a thread's own.
    private static void OnAThread(Action test)
    {
        Exception? fault = null;
        Thread thread = new(() => fault = Record.Exception(test));
        thread.Start();
        thread.Join();
        Assert.Null(fault);
    }
}
