namespace Unkey.Server.ControlPlane.V1.Requests;

/// <summary>Query of v1's ratelimits.listOverrides.</summary>
/// <param name="NamespaceId">Id of the namespace.</param>
/// <param name="NamespaceName">Name of the namespace; counts when there is no id.</param>
/// <param name="Limit">Page size.</param>
/// <param name="Cursor">Id of the last override of the page before.</param>
internal sealed record V1ListOverridesRequest(string? NamespaceId, string? NamespaceName, long? Limit, string? Cursor)
    : V1NamespaceRequest(NamespaceId, NamespaceName);
