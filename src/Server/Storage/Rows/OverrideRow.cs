namespace Unkey.Server.Storage.Rows;

/// <summary>A stored override of a rate-limit namespace. Immutable.</summary>
/// <param name="Id">Override id.</param>
/// <param name="Identifier">Exact text or pattern, unique in the namespace; case-sensitive.</param>
/// <param name="Limit">Tokens a duration; 0 refuses everything.</param>
/// <param name="DurationMs">Duration in milliseconds.</param>
internal sealed record OverrideRow(string Id, string Identifier, long Limit, long DurationMs);
