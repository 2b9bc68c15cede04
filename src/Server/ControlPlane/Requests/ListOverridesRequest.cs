namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Body of ratelimit.listOverrides.</summary>
/// <param name="Namespace">Name or id of the namespace.</param>
/// <param name="Limit">Page size.</param>
/// <param name="Cursor">Where the page starts; absent for the beginning.</param>
internal sealed record ListOverridesRequest(string Namespace, long? Limit, string? Cursor);
