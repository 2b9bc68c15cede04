using System.Text.Json.Serialization;

namespace Unkey.Peers.Kestrel;

internal sealed record VerifyRequest(string Key, string? Permissions, string[]? Tags);

internal sealed record VerifyResponse(Meta Meta, VerifyData Data);

internal sealed record Meta(string RequestId);

internal sealed record VerifyData(
    bool Valid, string Code, string? KeyId, bool? Enabled, string[]? Permissions, LimitState[]? Ratelimits);

internal sealed record LimitState(
    string Id, string Name, long Limit, long Duration, bool AutoApply, long Remaining, long Reset, bool Exceeded);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(VerifyRequest))]
[JsonSerializable(typeof(VerifyResponse))]
internal sealed partial class WireContext : JsonSerializerContext;
