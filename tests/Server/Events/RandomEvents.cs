using System;
using System.Text;
using CsCheck;
using Unkey.Engine;
using Unkey.Engine.Events;

namespace Unkey.Server.Tests.Events;

/// <summary>Events as they lie in a ring, of all kinds, of a few workspaces, keys and tags, in two months of 2024 and often in the same minutes.</summary>
internal static class RandomEvents
{
    /// <summary>No event is earlier, or as late as <see cref="MaxMs"/>.</summary>
    public const long MinMs = 1_706_000_000_000;

    public const long MaxMs = 1_712_000_000_000;

    private static readonly string[] s_texts = ["", "a", "b", "ab", "\"quoted\" + <tag>", "grün", new('x', 200)];

    public static Gen<byte[]> Any { get; } = Make();

    private static Gen<byte[]> Make()
    {
        Gen<byte[]> text = Gen.Int[0, s_texts.Length - 1].Select(static i => Encoding.UTF8.GetBytes(s_texts[i]));
        Gen<long> time = Gen.OneOf(Gen.Long[MinMs, MaxMs - 1], Gen.Long[1_709_251_100_000, 1_709_251_260_000]);
        Gen<byte[]> verification = Gen.Select(time, text, text, text, text, text, Gen.Int[0, 4], text.Array[0, 3]).Select(
            static (time, workspace, keyspace, key, identity, external, outcome, tags) => Verification(time, workspace, keyspace, key, identity, external, outcome, tags));
        Gen<byte[]> ratelimit = Gen.Select(time, text, text, text, Gen.Bool, Gen.Long[0, 9]).Select(
            static (time, workspace, space, identifier, passed, tokens) => Ratelimit(time, workspace, space, identifier, passed, tokens));
        Gen<byte[]> request = Gen.Select(time, text, text, text, Gen.Int[200, 204]).Select(
            static (time, workspace, host, path, status) => Request(time, workspace, host, path, status));
        return Gen.OneOf(verification, ratelimit, request);
    }

    private static byte[] Verification(long time, byte[] workspace, byte[] keyspace, byte[] key, byte[] identity, byte[] external, int outcome, byte[][] tags)
    {
        VerificationEvent item = new()
        {
            TimeMs = time,
            LatencyNs = time % 1_000_003,
            RequestId = Join("req of "u8, key),
            Outcome = (VerifyOutcome)outcome,
            SpentCredits = outcome,
            WorkspaceId = workspace,
            KeyspaceId = keyspace,
            KeyId = key,
            IdentityId = identity,
            ExternalId = external,
            TagCount = (byte)tags.Length,
        };
        byte[] room = new byte[4_096];
        EventWriter writer = new(room);
        item.WriteTo(ref writer);
        foreach (byte[] tag in tags)
        {
            writer.Text(tag);
        }

        return room[..writer.Written];
    }

    public static byte[] Ratelimit(long time, byte[] workspace, byte[] space, byte[] identifier, bool passed, long tokens)
    {
        RatelimitEvent item = new()
        {
            TimeMs = time,
            LatencyNs = time % 1_000_003,
            RequestId = Join("req of "u8, identifier),
            WorkspaceId = workspace,
            NamespaceId = space,
            Identifier = identifier,
            OverrideId = Join("override of "u8, space),
            Passed = passed,
            Tokens = tokens,
            Limit = time % 101,
            Remaining = -(time % 103),
            ResetMs = time + 1,
        };
        byte[] room = new byte[4_096];
        EventWriter writer = new(room);
        item.WriteTo(ref writer);
        return room[..writer.Written];
    }

    private static byte[] Request(long time, byte[] workspace, byte[] host, byte[] path, int status)
    {
        RequestEvent item = new()
        {
            TimeMs = time,
            LatencyNs = time % 1_000_003,
            RequestId = Join("req of "u8, path),
            WorkspaceId = workspace,
            RootKeyId = Join("root key of "u8, workspace),
            Host = host,
            Method = "GET"u8,
            Path = path,
            Status = status,
            Error = Join("error of "u8, path),
            UserAgent = Join("agent of "u8, host),
            Address = Join("address of "u8, host),
        };
        byte[] room = new byte[4_096];
        EventWriter writer = new(room);
        item.WriteTo(ref writer);
        return room[..writer.Written];
    }

    private static byte[] Join(ReadOnlySpan<byte> first, byte[] second) => [.. first, .. second];
}
