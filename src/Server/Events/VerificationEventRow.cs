using System;
using System.Text;
using Unkey.Engine;
using Unkey.Engine.Events;

namespace Unkey.Server.Events;

/// <summary>A verification as the tables of contract and sinks have it. Immutable.</summary>
internal sealed record VerificationEventRow
{
    /// <summary>Where an event comes from; the product has no gateway.</summary>
    public const string Source = "api";

    private const double NsPerMs = 1e6;

    /// <summary><see cref="Source"/> in UTF-8.</summary>
    public static ReadOnlySpan<byte> SourceUtf8 => "api"u8;

    public required long TimeMs { get; init; }

    public required string RequestId { get; init; }

    public required string WorkspaceId { get; init; }

    public required string KeyspaceId { get; init; }

    public required string IdentityId { get; init; }

    public required string ExternalId { get; init; }

    public required string KeyId { get; init; }

    public required string Outcome { get; init; }

    public required string[] Tags { get; init; }

    public required long SpentCredits { get; init; }

    public required double LatencyMs { get; init; }

    /// <summary>Makes strings of an event.</summary>
    public static VerificationEventRow Of(in VerificationEvent item)
    {
        string[] tags = item.TagCount == 0 ? [] : new string[item.TagCount];
        EventReader reader = item.Tags;
        for (int i = 0; i < tags.Length; i++)
        {
            tags[i] = Encoding.UTF8.GetString(reader.Text());
        }

        return new VerificationEventRow
        {
            TimeMs = item.TimeMs,
            RequestId = Encoding.UTF8.GetString(item.RequestId),
            WorkspaceId = Encoding.UTF8.GetString(item.WorkspaceId),
            KeyspaceId = Encoding.UTF8.GetString(item.KeyspaceId),
            IdentityId = Encoding.UTF8.GetString(item.IdentityId),
            ExternalId = Encoding.UTF8.GetString(item.ExternalId),
            KeyId = Encoding.UTF8.GetString(item.KeyId),
            Outcome = Encoding.UTF8.GetString(NameUtf8(item.Outcome)),
            Tags = tags,
            SpentCredits = item.SpentCredits,
            LatencyMs = item.LatencyNs / NsPerMs,
        };
    }

    /// <summary>How the tables name an outcome.</summary>
    public static ReadOnlySpan<byte> NameUtf8(VerifyOutcome outcome) => outcome switch
    {
        VerifyOutcome.Valid => "VALID"u8,
        VerifyOutcome.Forbidden => "FORBIDDEN"u8,
        VerifyOutcome.InsufficientPermissions => "INSUFFICIENT_PERMISSIONS"u8,
        VerifyOutcome.UsageExceeded => "USAGE_EXCEEDED"u8,
        VerifyOutcome.RateLimited => "RATE_LIMITED"u8,
        VerifyOutcome.Disabled => "DISABLED"u8,
        VerifyOutcome.Expired => "EXPIRED"u8,
        _ => "NOT_FOUND"u8,
    };
}
