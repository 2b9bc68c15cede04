namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Body of ratelimit.setOverride.</summary>
/// <param name="Namespace">Name or id of the namespace.</param>
/// <param name="Identifier">Exact text, or a pattern with <c>*</c>.</param>
/// <param name="Limit">Tokens a duration; 0 refuses everything.</param>
/// <param name="Duration">Milliseconds; at least 1000.</param>
internal sealed record SetOverrideRequest(string Namespace, string Identifier, long Limit, long Duration);
