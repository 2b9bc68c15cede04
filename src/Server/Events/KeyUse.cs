namespace Unkey.Server.Events;

/// <summary>One use of a key.</summary>
/// <param name="Offset">Where its id begins in the bytes beside it.</param>
/// <param name="Length">Bytes of the id, 1 to 65,535.</param>
/// <param name="TimeMs">Unix milliseconds.</param>
internal readonly record struct KeyUse(int Offset, int Length, long TimeMs);
