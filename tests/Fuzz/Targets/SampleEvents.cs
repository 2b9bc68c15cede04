using System.Collections.Generic;
using Unkey.Engine;
using Unkey.Engine.Events;

namespace Unkey.Fuzz.Targets;

/// <summary>An event of each kind as seeds. Constant.</summary>
internal static class SampleEvents
{
    private const long TimeMs = 1_800_000_000_000;

    private delegate void Fill(ref EventWriter writer);

    /// <summary>Their payloads.</summary>
    public static IEnumerable<byte[]> All() =>
    [
        Make(static (ref EventWriter writer) => new VerificationEvent
        {
            Outcome = VerifyOutcome.RateLimited, TimeMs = TimeMs, LatencyNs = 1_500, SpentCredits = 2, RequestId = "req_1"u8, WorkspaceId = "ws_1"u8, KeyspaceId = "ks_1"u8,
            KeyId = "key_123456789"u8, ExternalId = "ext"u8,
        }.WriteTo(ref writer)),
        Make(static (ref EventWriter writer) =>
        {
            new VerificationEvent { TagCount = 2, RequestId = "r"u8 }.WriteTo(ref writer);
            writer.Text("caf\u00e9"u8);
            writer.Text("\n\0\""u8);
        }),
        Make(static (ref EventWriter writer) => new RatelimitEvent
        {
            Passed = true, TimeMs = TimeMs, Limit = 10, Remaining = 9, ResetMs = TimeMs + 5, Tokens = 1, RequestId = "req_2"u8, NamespaceId = "rlns_1"u8, Identifier = "i"u8,
        }.WriteTo(ref writer)),
        Make(static (ref EventWriter writer) => new RequestEvent
        {
            TimeMs = TimeMs, LatencyNs = 2_000_000, Status = 404, RequestId = "req_3"u8, Host = "localhost"u8, Method = "POST"u8, Path = "/v2/x"u8, UserAgent = "a/1"u8, Address = "::1"u8,
        }.WriteTo(ref writer)),
        [],
    ];

    private static byte[] Make(Fill fill)
    {
        byte[] room = new byte[4096];
        EventWriter writer = new(room);
        fill(ref writer);
        return room[..writer.Written];
    }
}
