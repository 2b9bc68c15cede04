using System.Buffers;
using System.Text;
using System.Text.Json;
using Unkey.Engine;
using Unkey.Engine.Events;

namespace Unkey.Server.Events;

/// <summary>A verification as the tables of contract and sinks have it. Immutable.</summary>
internal sealed record VerificationEventRow
{
    /// <summary>Where an event comes from; the product has no gateway.</summary>
    public const string Source = "api";

    private const double NsPerMs = 1e6;

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

    /// <summary>The tags as a JSON array.</summary>
    public string TagsJson => Tags.Length == 0 ? "[]" : JsonTags(Tags);

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
            Outcome = NameOf(item.Outcome),
            Tags = tags,
            SpentCredits = item.SpentCredits,
            LatencyMs = item.LatencyNs / NsPerMs,
        };
    }

    private static string NameOf(VerifyOutcome outcome) => outcome switch
    {
        VerifyOutcome.Valid => "VALID",
        VerifyOutcome.Forbidden => "FORBIDDEN",
        VerifyOutcome.InsufficientPermissions => "INSUFFICIENT_PERMISSIONS",
        VerifyOutcome.UsageExceeded => "USAGE_EXCEEDED",
        VerifyOutcome.RateLimited => "RATE_LIMITED",
        VerifyOutcome.Disabled => "DISABLED",
        VerifyOutcome.Expired => "EXPIRED",
        _ => "NOT_FOUND",
    };

    private static string JsonTags(string[] tags)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartArray();
            foreach (string tag in tags)
            {
                json.WriteStringValue(tag);
            }

            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
