namespace Unkey.Server.Storage;

/// <summary>A move of a key's balance. Immutable value.</summary>
/// <param name="Amount">Credits added, below 0 when taken.</param>
/// <param name="Stored">By how much the stored balance moved: the amount, unless a bound of the balance cut it short.</param>
internal readonly record struct CreditShift(long Amount, long Stored);
