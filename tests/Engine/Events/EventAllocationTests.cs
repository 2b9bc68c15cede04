using System;
using System.Linq;
using System.Reflection;
using Unkey.Engine.Events;
using Unkey.Tests.Oracles;
using Xunit;

namespace Unkey.Engine.Tests.Events;

/// <summary>Every hot method of the ring allocates nothing.</summary>
public sealed class EventAllocationTests
{
    private const int Calls = 10_000;

    [Fact]
    public void EveryHotMethodIsCalledBelow()
    {
        const BindingFlags Any = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        string[] hot =
        [
            .. typeof(EventRing).Assembly.GetTypes()
                .Where(static type => type.Namespace == typeof(EventRing).Namespace)
                .SelectMany(type => type.GetMethods(Any).Cast<MethodBase>().Concat(type.GetConstructors(Any)))
                .Where(static method => method.IsDefined(typeof(HotPathAttribute)))
                .Select(static method => $"{method.DeclaringType!.Name}.{method.Name}")
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];
        Assert.Equal(
            [
                "EventRing.Publish", "EventRing.TryReserve", "EventRing.TryReserveSpare", "EventWriter..ctor", "EventWriter.Byte", "EventWriter.Head", "EventWriter.Number", "EventWriter.Text",
                "RatelimitEvent.BytesMax", "RatelimitEvent.WriteTo", "RequestEvent.BytesMax", "RequestEvent.WriteTo", "VerificationEvent.BytesMax", "VerificationEvent.WriteTo",
            ],
            hot);
    }

    [Fact]
    public void PublishingAllocatesNothingAndGivesBackWhatWasWritten()
    {
        using EventRing ring = EventRing.Create(new SharedMemory(EventRing.MemoryBytes(EventRing.CapacityMin)), EventRing.CapacityMin);
        Publish(ring);
        long position = 0;
        Assert.True(ring.TryRead(ref position, out ReadOnlySpan<byte> first));
        Assert.True(VerificationEvent.TryRead(first, out VerificationEvent verification));
        Assert.Equal((VerifyOutcome.Valid, 1_800_000_000_000, 1_500, 2), (verification.Outcome, verification.TimeMs, verification.LatencyNs, verification.SpentCredits));
        Assert.Equal("req_1|ws_1|ks_1|key_1||ext", Text(
            verification.RequestId, verification.WorkspaceId, verification.KeyspaceId, verification.KeyId, verification.IdentityId, verification.ExternalId));
        EventReader tags = verification.Tags;
        Assert.Equal((2, "a|bc"), (verification.TagCount, $"{Utf8(tags.Text())}|{Utf8(tags.Text())}"));
        Assert.True(ring.TryRead(ref position, out ReadOnlySpan<byte> second));
        Assert.True(RatelimitEvent.TryRead(second, out RatelimitEvent limit));
        Assert.Equal((true, 10, 9, 5, 1), (limit.Passed, limit.Limit, limit.Remaining, limit.ResetMs, limit.Tokens));
        Assert.Equal("req_1|ws_1|rlns_1|user||", Text(limit.RequestId, limit.WorkspaceId, limit.NamespaceId, limit.Identifier, limit.OverrideId, default));
        Assert.True(ring.TryRead(ref position, out ReadOnlySpan<byte> third));
        Assert.True(RequestEvent.TryRead(third, out RequestEvent request));
        Assert.Equal((1_800_000_000_000, 1_500, 404), (request.TimeMs, request.LatencyNs, request.Status));
        Assert.Equal("req_1|ws_1|key_1|localhost:80|POST|/v2/x", Text(
            request.RequestId, request.WorkspaceId, request.RootKeyId, request.Host, request.Method, request.Path));
        Assert.Equal("not_found|agent/1|::1", $"{Utf8(request.Error)}|{Utf8(request.UserAgent)}|{Utf8(request.Address)}");
        Assert.False(RequestEvent.TryRead(first, out _));
        Assert.False(RequestEvent.TryRead(third[..^1], out _));
        Assert.False(RatelimitEvent.TryRead(first, out _));
        Assert.False(VerificationEvent.TryRead(first[..^1], out _));

        long allocated = long.MaxValue;
        for (int round = 0; round < 5 && allocated > 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Calls; i++)
            {
                Publish(ring);
                ring.Release(ring.Tail);
            }

            allocated = Math.Min(allocated, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, allocated);
        Assert.Equal(0, ring.Dropped);
    }

    /// <summary>Half of the ring is for those that give way; the other half stays for the rest.</summary>
    [Fact]
    public void WhatGivesWayFillsHalfTheRingAndIsCountedBeyond()
    {
        using EventRing ring = EventRing.Create(new SharedMemory(EventRing.MemoryBytes(EventRing.CapacityMin)), EventRing.CapacityMin);
        int published = 0;
        while (ring.TryReserveSpare(1_000, out EventWriter writer))
        {
            writer.Byte(1);
            ring.Publish(in writer);
            published++;
        }

        Assert.InRange(ring.Tail - ring.Head, EventRing.CapacityMin / 2, (EventRing.CapacityMin / 2) + 1_024);
        Assert.Equal(1, ring.Dropped);
        Assert.True(ring.TryReserve(1_000, out _));
        ring.Release(ring.Tail);
        Assert.True(ring.TryReserveSpare(1_000, out _));
        Assert.True(published > 0);
    }

    private static void Publish(EventRing ring)
    {
        VerificationEvent verification = new()
        {
            Outcome = VerifyOutcome.Valid,
            TimeMs = 1_800_000_000_000,
            LatencyNs = 1_500,
            SpentCredits = 2,
            RequestId = "req_1"u8,
            WorkspaceId = "ws_1"u8,
            KeyspaceId = "ks_1"u8,
            KeyId = "key_1"u8,
            ExternalId = "ext"u8,
            TagCount = 2,
        };
        if (ring.TryReserve(verification.BytesMax(3), out EventWriter writer))
        {
            verification.WriteTo(ref writer);
            writer.Text("a"u8);
            writer.Text("bc"u8);
            ring.Publish(in writer);
        }

        RatelimitEvent limit = new()
        {
            Passed = true,
            TimeMs = 1_800_000_000_000,
            LatencyNs = 1_500,
            Limit = 10,
            Remaining = 9,
            ResetMs = 5,
            Tokens = 1,
            RequestId = "req_1"u8,
            WorkspaceId = "ws_1"u8,
            NamespaceId = "rlns_1"u8,
            Identifier = "user"u8,
        };
        if (ring.TryReserve(limit.BytesMax(), out writer))
        {
            limit.WriteTo(ref writer);
            ring.Publish(in writer);
        }

        RequestEvent request = new()
        {
            TimeMs = 1_800_000_000_000,
            LatencyNs = 1_500,
            Status = 404,
            RequestId = "req_1"u8,
            WorkspaceId = "ws_1"u8,
            RootKeyId = "key_1"u8,
            Host = "localhost:80"u8,
            Method = "POST"u8,
            Path = "/v2/x"u8,
            Error = "not_found"u8,
            UserAgent = "agent/1"u8,
            Address = "::1"u8,
        };
        if (ring.TryReserveSpare(request.BytesMax(), out writer))
        {
            request.WriteTo(ref writer);
            ring.Publish(in writer);
        }
    }

    private static string Text(
        ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, ReadOnlySpan<byte> c, ReadOnlySpan<byte> d, ReadOnlySpan<byte> e, ReadOnlySpan<byte> f) =>
        $"{Utf8(a)}|{Utf8(b)}|{Utf8(c)}|{Utf8(d)}|{Utf8(e)}|{Utf8(f)}";

    private static string Utf8(ReadOnlySpan<byte> text) => System.Text.Encoding.UTF8.GetString(text);
}
