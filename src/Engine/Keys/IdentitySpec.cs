using System;
using System.Collections.Generic;

namespace Unkey.Engine.Keys;

/// <summary>What an identity record is made of; managed, cold, built by the control plane.</summary>
public sealed class IdentitySpec
{
    /// <summary>Identity id; 1 to 65,535 bytes of UTF-8.</summary>
    public required string Id { get; init; }

    /// <summary>The customer's own id of the identity; up to 65,535 bytes of UTF-8.</summary>
    public required string ExternalId { get; init; }

    /// <summary>UTF-8 JSON of the constant part of the answer's <c>identity</c> member.</summary>
    public ReadOnlyMemory<byte> Fragment { get; init; }

    /// <summary>Limits of the identity; up to 65,535.</summary>
    public IReadOnlyList<LimitSpec> Limits { get; init; } = [];
}
