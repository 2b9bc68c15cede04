namespace Unkey.Server.Storage.Rows;

/// <summary>A stored rate limit of a key or of an identity. Immutable.</summary>
/// <param name="Id">Rate limit id.</param>
/// <param name="Name">Name, unique on its owner.</param>
/// <param name="Limit">Tokens a duration.</param>
/// <param name="DurationMs">Duration in milliseconds.</param>
/// <param name="AutoApply">Whether every verification checks it.</param>
internal sealed record RatelimitRow(string Id, string Name, long Limit, long DurationMs, bool AutoApply);
