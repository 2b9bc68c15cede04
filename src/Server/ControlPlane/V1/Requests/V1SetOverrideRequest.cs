namespace Unkey.Server.ControlPlane.V1.Requests;

/// <summary>Body of v1's ratelimits.setOverride.</summary>
/// <param name="NamespaceId">Id of the namespace.</param>
/// <param name="NamespaceName">Name of the namespace; counts when there is no id.</param>
/// <param name="Identifier">An identifier or a pattern.</param>
/// <param name="Limit">Tokens a duration.</param>
/// <param name="Duration">Milliseconds.</param>
internal sealed record V1SetOverrideRequest(string? NamespaceId, string? NamespaceName, string Identifier, long Limit, long Duration)
    : V1NamespaceRequest(NamespaceId, NamespaceName);
