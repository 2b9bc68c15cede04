using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Threading;
using Microsoft.Extensions.Logging.Abstractions;
using Unkey.Server.Events;
using Unkey.Server.Events.Outlets;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Events;

/// <summary>The outlet over a target that is slow, stuck or broken: nobody waits for it, and what is missing is said.</summary>
public sealed class OutletTests
{
    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(30);

    [Fact]
    public void ALineHasTheNamesOfTheTablesColumns()
    {
        Target target = new();
        using (EventOutlet outlet = Start(target))
        {
            outlet.Offer(EventPayloads.Batch(
                EventPayloads.Verification("req_1", "a=b", "new\nline \"é\""), EventPayloads.Ratelimit("me"), EventPayloads.Request("/v2/x")));
            outlet.Close(s_long);
            Assert.Equal((3, 0, true), (outlet.Written, outlet.Lost, outlet.IsUp));
        }

        Assert.Equal(
            [
                """{"type":"verification","request_id":"req_1","time":1800000000000,"workspace_id":"ws_1","key_space_id":"ks_1","identity_id":"","external_id":"ext","key_id":"key_1","region":"","source":"api","app_id":"","outcome":"RATE_LIMITED","tags":["a=b","new\nline \u0022\u00E9\u0022"],"spent_credits":2,"latency":0.0015}""",
                """{"type":"ratelimit","request_id":"req_2","time":1800000000000,"workspace_id":"ws_1","namespace_id":"rlns_1","identifier":"me","passed":true,"latency":0.25,"override_id":"rlor_1","limit":10,"remaining":9,"reset_at":1800000000005,"tokens":1}""",
                """{"type":"request","request_id":"req_3","time":1800000000000,"workspace_id":"ws_1","root_key_id":"key_2","host":"localhost","method":"POST","path":"/v2/x","response_status":404,"error":"unkey/data/key_not_found","service_latency":2,"user_agent":"agent/1","ip_address":"::1","region":""}""",
            ],
            target.Lines);
    }

    [Fact]
    public void AStuckTargetHoldsUpNobodyAndWhatItMissedIsSaid()
    {
        Target target = new();
        target.Shut();
        using EventOutlet outlet = Start(target);
        EventBatch batch = EventPayloads.Batch([.. Enumerable.Range(0, 1_000).Select(static i => EventPayloads.Request(new string('p', 1_000)))]);
        long start = Stopwatch.GetTimestamp();
        const int Batches = 100;
        outlet.Offer(batch);
        Poll.Until(() => target.IsEntered, "the first write is under way");
        for (int i = 1; i < Batches; i++)
        {
            outlet.Offer(batch);
        }

        // A hundred megabytes were offered, and nothing took them.
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(5), "an offer waits for nobody");
        long kept = EventOutlet.QueuedBytesMax / batch.Events.Length;
        Assert.InRange(outlet.Lost, 1_000 * (Batches - kept - 1), 1_000 * (Batches - kept + 1));
        Assert.False(outlet.IsUp);

        // The first write was under way before anything was lost; what is written after it says what is missing.
        target.Release();
        Poll.Until(() => outlet.Written + outlet.Lost == 1_000 * Batches, "what waited is written");
        outlet.Close(s_long);
        string[] lines = target.Lines;
        Assert.Equal(1_000 * Batches, lines.Length - 1 + LostIn(lines));
        Assert.Equal(outlet.Lost, LostIn(lines));
        Assert.True(outlet.IsUp);
    }

    [Fact]
    public void ABrokenTargetLosesWholeBatchesAndSaysSo()
    {
        Target target = new();
        using EventOutlet outlet = Start(target);
        for (int i = 0; i < 6; i++)
        {
            target.IsBroken = i is 1 or 2 or 3;
            outlet.Offer(EventPayloads.Batch(EventPayloads.Verification($"req_{i}a"), EventPayloads.Verification($"req_{i}b")));
            Poll.Until(() => outlet.Written + outlet.Lost == 2 * (i + 1), "the batch is dealt with");
            Poll.Until(() => outlet.IsUp == !target.IsBroken, "the state follows");
        }

        outlet.Close(s_long);
        Assert.Equal(["req_0a", "req_0b", "lost 6", "req_4a", "req_4b", "req_5a", "req_5b"], target.Lines.Select(Name));
        Assert.Equal((6, 6), (outlet.Written, outlet.Lost));
    }

    [Fact]
    public void WhatIsMissingAtTheEndIsSaidAsTheLastLine()
    {
        Target target = new() { IsBroken = true };
        using EventOutlet outlet = Start(target);
        outlet.Offer(EventPayloads.Batch(EventPayloads.Ratelimit("me")));
        Poll.Until(() => outlet.Lost == 1, "the batch is lost");
        target.IsBroken = false;
        outlet.Close(s_long);
        Assert.Equal(["lost 1"], target.Lines.Select(Name));
    }

    [Fact]
    public void AStuckTargetDoesNotHoldUpTheStop()
    {
        Target target = new();
        target.Shut();
        using EventOutlet outlet = Start(target);
        outlet.Offer(EventPayloads.Batch(EventPayloads.Ratelimit("me")));
        Poll.Until(() => target.IsEntered, "the write is under way");
        long start = Stopwatch.GetTimestamp();
        outlet.Close(TimeSpan.FromMilliseconds(50));
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(5), "it gives up in time");
        target.Release();
    }

    [Fact]
    public void AnOutletThatWasNeverStartedCanBeClosed()
    {
        Target target = new();
        new EventOutlet(target, NullLogger.Instance, TimeProvider.System).Dispose();
        Assert.True(target.IsDisposed);
    }

    private static EventOutlet Start(Target target)
    {
        EventOutlet outlet = new(target, NullLogger.Instance, TimeProvider.System);
        outlet.Start();
        return outlet;
    }

    private static long LostIn(IEnumerable<string> lines) =>
        lines.Where(static line => line.Contains("\"lost\"", StringComparison.Ordinal)).Sum(static line => JsonDocument.Parse(line).RootElement.GetProperty("count").GetInt64());

    private static string Name(string line)
    {
        JsonElement json = JsonDocument.Parse(line).RootElement;
        return json.TryGetProperty("request_id", out JsonElement id) ? id.GetString()! : $"lost {json.GetProperty("count").GetInt64()}";
    }

    /// <summary>Keeps what it is given, unless it is told to fail or to wait.</summary>
    private sealed class Target : ILineTarget
    {
        private readonly ManualResetEventSlim _open = new(true);
        private readonly StringBuilder _text = new();
        private volatile bool _isBroken;
        private volatile bool _isEntered;

        public string Description => "a target of a test";

        public bool IsBroken
        {
            get => _isBroken;
            set => _isBroken = value;
        }

        public bool IsEntered => _isEntered;

        public bool IsDisposed { get; private set; }

        public string[] Lines => _text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);

        public void Shut() => _open.Reset();

        public void Release() => _open.Set();

        public void Write(ReadOnlySpan<byte> lines)
        {
            _isEntered = true;
            _open.Wait();
            if (IsBroken)
            {
                throw new IOException("it was told to fail");
            }

            Assert.Equal((byte)'\n', lines[^1]);
            _text.Append(Encoding.UTF8.GetString(lines));
        }

        public void Dispose() => IsDisposed = true;
    }
}
