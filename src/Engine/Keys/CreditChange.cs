namespace Unkey.Engine.Keys;

/// <summary>Credits of one key taken since the store last heard of them.</summary>
/// <param name="Digest">SHA-256 of the key.</param>
/// <param name="KeyId">Key id.</param>
/// <param name="Consumed">What the store has to subtract from its balance.</param>
/// <param name="Serial">Tells this balance from a later one of the same key, so that a late confirmation cannot hit it.</param>
public readonly record struct CreditChange(KeyDigest Digest, string KeyId, long Consumed, ulong Serial);
