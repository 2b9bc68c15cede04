using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane.V1.Requests;

/// <summary>What the inputs of v1's operations on overrides have in common: a rate-limit namespace by either of its names.</summary>
/// <param name="NamespaceId">Id of the namespace.</param>
/// <param name="NamespaceName">Name of the namespace; counts when there is no id.</param>
internal abstract record V1NamespaceRequest(string? NamespaceId, string? NamespaceName)
{
    /// <summary>The refusal of a request without a namespace.</summary>
    public static ApiError NoNamespace { get; } = new(ErrorCode.InvalidInput, "namespaceId: is required, or namespaceName");

    /// <summary>The members that name a namespace.</summary>
    public static SchemaProperty[] NamespaceSchema { get; } =
    [
        SchemaProperty.Optional("namespaceId", SchemaNode.Text(1, 512)),
        SchemaProperty.Optional("namespaceName", SchemaNode.Text(1, 512)),
    ];

    /// <summary>The namespace's id or name; <see langword="null"/> when the request has neither.</summary>
    public string? Namespace => NamespaceId ?? NamespaceName;

    /// <summary>The answer for a namespace that the caller cannot see.</summary>
    public ApiError NamespaceNotFound => new(ErrorCode.NamespaceNotFound, $"namespace {Namespace} not found");
}
