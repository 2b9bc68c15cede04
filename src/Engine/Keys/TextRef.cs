namespace Unkey.Engine.Keys;

/// <summary>Where a text is in its <see cref="TextArena"/>.</summary>
/// <param name="Offset">First byte.</param>
/// <param name="Length">Bytes.</param>
public readonly record struct TextRef(int Offset, int Length);
