using System;
using System.Linq;
using System.Text;
using Unkey.Engine;
using Unkey.Engine.Events;
using Unkey.Server.Events;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Analytics;

/// <summary>Events of two workspaces over five days, the same every time but for the clock. Numbers are such that sums tell every row apart.</summary>
/// <param name="workspaceId">Whose events queries look at.</param>
/// <param name="keyspaces">Two keyspaces of that workspace.</param>
/// <param name="otherWorkspaceId">A workspace whose events must never be seen there.</param>
/// <param name="otherKeyspace">Its keyspace.</param>
internal sealed class AnalyticsEvents(string workspaceId, string[] keyspaces, string otherWorkspaceId, string otherKeyspace)
{
    /// <summary>In every text of the other workspace's events, and in no other.</summary>
    public const string Marker = "stranger";

    private const int Count = 600;
    private const int EveryMinutes = 11;

    private static readonly VerifyOutcome[] s_outcomes =
        [VerifyOutcome.Valid, VerifyOutcome.Valid, VerifyOutcome.Valid, VerifyOutcome.RateLimited, VerifyOutcome.Expired, VerifyOutcome.UsageExceeded];

    private static readonly string[][] s_tags =
        [[], ["path=/a", "env=prod"], ["path=/b"], ["env=prod", "it's \"quoted\" \\ é"], ["path=/a"]];

    /// <summary>The events as one batch.</summary>
    /// <param name="nowMs">When the last of them has happened.</param>
    public EventBatch Batch(long nowMs)
    {
        EventBatchBuilder builder = new();
        for (int i = 0; i < Count; i++)
        {
            long timeMs = nowMs - ((Count - i) * EveryMinutes * 60_000L) + (i * 37 % 60_000);
            Add(builder, i, timeMs, workspaceId, keyspaces[i % 3 == 0 ? 1 : 0], "");
            AddLimit(builder, i, timeMs, workspaceId, $"rlns_{i % 2}", "");
            if (i % 5 == 0)
            {
                Add(builder, i, timeMs, otherWorkspaceId, otherKeyspace, Marker);
                AddLimit(builder, i, timeMs, otherWorkspaceId, $"rlns_{Marker}", Marker);
            }
        }

        return new EventBatch("analytics", builder.Verifications, builder.Ratelimits, builder.Events.ToArray());
    }

    private static void Add(EventBatchBuilder builder, int i, long timeMs, string workspace, string keyspace, string marker)
    {
        bool isForeign = marker.Length > 0;
        string[] tags = isForeign ? [.. s_tags[1], marker] : s_tags[i % s_tags.Length];
        VerificationEvent item = new()
        {
            Outcome = s_outcomes[i % s_outcomes.Length],
            TimeMs = timeMs,
            LatencyNs = (1 + ((i * 7919) % 10_000)) * 1_000,
            SpentCredits = i % 4 == 0 ? i % 7 : 0,
            RequestId = Bytes($"req_{marker}{i}"),
            WorkspaceId = Bytes(workspace),
            KeyspaceId = Bytes(keyspace),
            KeyId = Bytes($"key_{marker}{i % 13}"),
            IdentityId = Bytes(isForeign ? $"id_{marker}" : i % 4 == 1 ? "" : $"id_{i % 4}"),
            ExternalId = Bytes(isForeign ? $"user_{marker}" : i % 4 == 1 ? "" : $"user_{i % 4}"),
            TagCount = (byte)tags.Length,
        };
        byte[] room = new byte[item.BytesMax(tags.Sum(Encoding.UTF8.GetByteCount))];
        EventWriter writer = new(room);
        item.WriteTo(ref writer);
        foreach (string tag in tags)
        {
            writer.Text(Bytes(tag));
        }

        Assert.True(builder.Add(room.AsSpan(0, writer.Written)));
    }

    private static void AddLimit(EventBatchBuilder builder, int i, long timeMs, string workspace, string namespaceId, string marker)
    {
        RatelimitEvent item = new()
        {
            Passed = i % 3 != 0,
            TimeMs = timeMs,
            LatencyNs = ((i * 104_729) % 5_000) * 1_000,
            Limit = 100 + (i % 2),
            Remaining = i % 100,
            ResetMs = timeMs + 60_000,
            Tokens = 1 + (i % 3),
            RequestId = Bytes($"req_{marker}{i}"),
            WorkspaceId = Bytes(workspace),
            NamespaceId = Bytes(namespaceId),
            Identifier = Bytes($"user_{marker}{i % 9}"),
            OverrideId = Bytes(i % 10 == 0 ? $"ovr_{marker}1" : ""),
        };
        byte[] room = new byte[item.BytesMax()];
        EventWriter writer = new(room);
        item.WriteTo(ref writer);
        Assert.True(builder.Add(room.AsSpan(0, writer.Written)));
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
