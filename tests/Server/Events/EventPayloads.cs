using System.Text;
using Unkey.Engine;
using Unkey.Engine.Events;
using Unkey.Server.Events;

namespace Unkey.Server.Tests.Events;

/// <summary>Events as they lie in a ring, one of each kind, and batches of them.</summary>
internal static class EventPayloads
{
    public const long TimeMs = 1_800_000_000_000;

    private delegate void Fill(ref EventWriter writer);

    public static byte[] Verification(string requestId, params string[] tags) => Make((ref EventWriter writer) =>
    {
        VerificationEvent item = new()
        {
            Outcome = VerifyOutcome.RateLimited,
            TimeMs = TimeMs,
            LatencyNs = 1_500,
            SpentCredits = 2,
            RequestId = Encoding.UTF8.GetBytes(requestId),
            WorkspaceId = "ws_1"u8,
            KeyspaceId = "ks_1"u8,
            KeyId = "key_1"u8,
            ExternalId = "ext"u8,
            TagCount = (byte)tags.Length,
        };
        item.WriteTo(ref writer);
        foreach (string tag in tags)
        {
            writer.Text(Encoding.UTF8.GetBytes(tag));
        }
    });

    /// <summary>A verification of which no more is known than the key and the time.</summary>
    public static byte[] Use(string keyId, long timeMs) => Make((ref EventWriter writer) =>
        new VerificationEvent { Outcome = VerifyOutcome.Valid, TimeMs = timeMs, KeyId = Encoding.UTF8.GetBytes(keyId) }.WriteTo(ref writer));

    public static byte[] Ratelimit(string identifier) => Make((ref EventWriter writer) =>
    {
        RatelimitEvent item = new()
        {
            Passed = true,
            TimeMs = TimeMs,
            LatencyNs = 250_000,
            Limit = 10,
            Remaining = 9,
            ResetMs = TimeMs + 5,
            Tokens = 1,
            RequestId = "req_2"u8,
            WorkspaceId = "ws_1"u8,
            NamespaceId = "rlns_1"u8,
            Identifier = Encoding.UTF8.GetBytes(identifier),
            OverrideId = "rlor_1"u8,
        };
        item.WriteTo(ref writer);
    });

    public static byte[] Request(string path) => Make((ref EventWriter writer) =>
    {
        RequestEvent item = new()
        {
            TimeMs = TimeMs,
            LatencyNs = 2_000_000,
            Status = 404,
            RequestId = "req_3"u8,
            WorkspaceId = "ws_1"u8,
            RootKeyId = "key_2"u8,
            Host = "localhost"u8,
            Method = "POST"u8,
            Path = Encoding.UTF8.GetBytes(path),
            Error = "unkey/data/key_not_found"u8,
            UserAgent = "agent/1"u8,
            Address = "::1"u8,
        };
        item.WriteTo(ref writer);
    });

    /// <summary>A batch of these payloads.</summary>
    public static EventBatch Batch(params byte[][] payloads)
    {
        EventBatchBuilder builder = new();
        foreach (byte[] payload in payloads)
        {
            builder.Add(payload);
        }

        return EventSpool.BatchOf(builder);
    }

    /// <summary>A batch with a token that is its own only by name.</summary>
    public static EventBatch Batch(string token, params byte[][] payloads) => Batch(payloads) with { Token = token };

    private static byte[] Make(Fill fill)
    {
        byte[] room = new byte[4096];
        EventWriter writer = new(room);
        fill(ref writer);
        return room[..writer.Written];
    }
}
