namespace Unkey.Engine.Keys;

/// <summary>How far the credits of one key have been taken, of which the store does not know all.</summary>
/// <param name="Digest">SHA-256 of the key.</param>
/// <param name="KeyId">Key id, in the <see cref="CreditChanges"/> that hold the change.</param>
/// <param name="Serial">Tells this balance from another one of the same key.</param>
/// <param name="Spent">Credits taken of this balance since it was set: a running total, so that stating it twice takes nothing twice.</param>
public readonly record struct CreditChange(KeyDigest Digest, TextRef KeyId, long Serial, long Spent);
