using System;

namespace Unkey.Engine.Keys;

/// <summary>What a configured rate limit is made of; managed, cold, built by the control plane when a key or identity changes.</summary>
public sealed class LimitSpec
{
    /// <summary>Name by which requests refer to the limit; 1 to 65,535 bytes of UTF-8.</summary>
    public required string Name { get; init; }

    /// <summary>Tokens a duration: capacity and refill; 0 or more.</summary>
    public required long Limit { get; init; }

    /// <summary>Duration in milliseconds; 0 or more, as configured.</summary>
    public required long DurationMs { get; init; }

    /// <summary>Whether the limit is checked on every verification with cost 1.</summary>
    public required bool AutoApply { get; init; }

    /// <summary>Where the bucket is: from <see cref="Limits.BucketKey"/>, with the server's algorithm.</summary>
    public required UInt128 BucketKey { get; init; }

    /// <summary>UTF-8 JSON that opens this limit's entry in an answer that evaluated it.</summary>
    public ReadOnlyMemory<byte> IdFragment { get; init; }

    /// <summary>UTF-8 JSON of the limit as configured, for the identity part of an answer.</summary>
    public ReadOnlyMemory<byte> DefinitionFragment { get; init; }
}
