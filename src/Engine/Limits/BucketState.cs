namespace Unkey.Engine.Limits;

/// <summary>What a slot says about its bucket at one moment. Plain value.</summary>
/// <param name="Word">The time word, see <see cref="BucketTime"/>; lock bit clear.</param>
/// <param name="Spare">The second word, for an algorithm that has one; else 0.</param>
internal readonly record struct BucketState(ulong Word, ulong Spare);
