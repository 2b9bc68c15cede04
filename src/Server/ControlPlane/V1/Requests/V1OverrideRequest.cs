using Unkey.Server.ControlPlane.Responses;

namespace Unkey.Server.ControlPlane.V1.Requests;

/// <summary>Input of v1's operations that name one override and nothing else.</summary>
/// <param name="NamespaceId">Id of the namespace.</param>
/// <param name="NamespaceName">Name of the namespace; counts when there is no id.</param>
/// <param name="Identifier">The identifier, or the text of the override.</param>
internal sealed record V1OverrideRequest(string? NamespaceId, string? NamespaceName, string Identifier)
    : V1NamespaceRequest(NamespaceId, NamespaceName)
{
    /// <summary>The answer for an override that there is not.</summary>
    public ApiError OverrideNotFound => new(ErrorCode.OverrideNotFound, $"override {Identifier} not found");
}
