using System;
using System.IO;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Unkey.Engine;
using Unkey.Engine.Events;
using Unkey.Server.Events;
using Unkey.Server.Events.Sqlite;
using Unkey.Server.Tests.ControlPlane;
using Unkey.Server.Tests.Tcp.Events;
using Xunit;

namespace Unkey.Server.Tests.Events;

/// <summary>What the embedded store forgets, on a clock that the test moves.</summary>
public sealed class RetentionTests : IDisposable
{
    private const long DayMs = 86_400_000;
    private const int RetentionDays = 90;

    private readonly string _directory = Directory.CreateTempSubdirectory("unkey-events-").FullName;
    private readonly SettableClock _clock = new();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    /// <summary>Ten thousand events a second, all of them due as soon as they are stored: more than the least portion of a deletion.</summary>
    [Fact]
    public async Task DeletionKeepsUpWithAnyRate()
    {
        const int PerBatch = 10_000;
        await using SqliteEventSink sink = SqliteEventSink.Open(_directory, RetentionDays, _clock);
        for (int i = 0; i < 5; i++)
        {
            await sink.DeliverAsync(Batch(i, PerBatch, _clock.NowMs - ((RetentionDays + 1) * DayMs)), CancellationToken.None);
            _clock.NowMs += 11_000;
        }

        using EventStoreReader store = new(_directory);
        Assert.InRange(store.Number("SELECT count(*) FROM key_verifications_v1"), 0, PerBatch);
    }

    [Fact]
    public async Task WhatIsOlderThanItsRetentionIsDeletedAndNothingElse()
    {
        await using (SqliteEventSink sink = SqliteEventSink.Open(_directory, RetentionDays, _clock))
        {
            long start = _clock.NowMs;
            int token = 0;
            foreach (int days in (int[])[1_200, 400, 91, 89, 0])
            {
                await sink.DeliverAsync(Batch(token++, 1, start - (days * DayMs)), CancellationToken.None);
            }

            // Roll-ups are looked at once an hour.
            _clock.NowMs += 3_700_000;
            await sink.DeliverAsync(Batch(token, 1, start), CancellationToken.None);
        }

        using EventStoreReader store = new(_directory);
        Assert.Equal(3, store.Number("SELECT count(*) FROM key_verifications_v1"));
        Assert.Equal(3, store.Number("SELECT sum(count) FROM key_verifications_per_minute_v1"));
        Assert.Equal(3, store.Number("SELECT sum(count) FROM key_verifications_per_hour_v1"));
        Assert.Equal(4, store.Number("SELECT sum(count) FROM key_verifications_per_day_v1"));
        Assert.Equal(5, store.Number("SELECT sum(count) FROM key_verifications_per_month_v1"));
    }

    private static EventBatch Batch(int token, int events, long timeMs)
    {
        EventBatchBuilder builder = new();
        byte[] room = new byte[256];
        for (int i = 0; i < events; i++)
        {
            VerificationEvent item = new()
            {
                Outcome = VerifyOutcome.Valid,
                TimeMs = timeMs,
                RequestId = Encoding.ASCII.GetBytes($"req_{i}"),
                WorkspaceId = "ws_1"u8,
                KeyspaceId = "ks_1"u8,
                KeyId = "key_1"u8,
            };
            EventWriter writer = new(room);
            item.WriteTo(ref writer);
            Assert.True(builder.Add(room.AsSpan(0, writer.Written)));
        }

        return new EventBatch($"token {token}", builder.Verifications, builder.Ratelimits, builder.Events.ToArray());
    }
}
