namespace Unkey.Server.ControlPlane.V1.Requests;

/// <summary>Body of v1's keys.updateRemaining.</summary>
/// <param name="KeyId">Key id.</param>
/// <param name="Op"><c>increment</c>, <c>decrement</c> or <c>set</c>.</param>
/// <param name="Value">Credits; null only makes sense with <c>set</c>, and means unlimited.</param>
internal sealed record V1UpdateRemainingRequest(string KeyId, string Op, long? Value);
