namespace Unkey.Server.ControlPlane.Requests;

/// <summary>A rate limit of a key or an identity.</summary>
/// <param name="Name">Name, unique on its owner.</param>
/// <param name="Limit">Tokens a duration; at least 1.</param>
/// <param name="Duration">Milliseconds; at least 1000.</param>
/// <param name="AutoApply">Whether every verification checks it.</param>
internal sealed record RatelimitInput(string Name, long Limit, long Duration, bool AutoApply);
