using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane.V1.Requests;

/// <summary>Input of v1's operations on overrides.</summary>
/// <param name="NamespaceId">Id of the namespace.</param>
/// <param name="NamespaceName">Name of the namespace; counts when there is no id.</param>
/// <param name="Identifier">The identifier, or the text of the override.</param>
/// <param name="Limit">Tokens a duration; of a list the page size.</param>
/// <param name="Duration">Milliseconds.</param>
/// <param name="Cursor">Id of the last override of the page before.</param>
internal sealed record V1OverrideRequest(
    string? NamespaceId, string? NamespaceName, string? Identifier, long? Limit, long? Duration, string? Cursor)
{
    /// <summary>The namespace by either of its names; <see langword="null"/> when the request has none.</summary>
    public string? Namespace => NamespaceId ?? NamespaceName;

    /// <summary>The refusal of a request without a namespace.</summary>
    public static ApiError NoNamespace { get; } = new(ErrorCode.InvalidInput, "namespaceId: is required, or namespaceName");

    /// <summary>The members that name a namespace.</summary>
    public static SchemaProperty[] NamespaceSchema { get; } =
    [
        SchemaProperty.Optional("namespaceId", SchemaNode.Text(1, 512)),
        SchemaProperty.Optional("namespaceName", SchemaNode.Text(1, 512)),
    ];

    /// <summary>The answer for a namespace that the caller cannot see.</summary>
    public ApiError NamespaceNotFound => new(ErrorCode.NamespaceNotFound, $"namespace {Namespace} not found");

    /// <summary>The answer for an override that there is not.</summary>
    public ApiError OverrideNotFound => new(ErrorCode.OverrideNotFound, $"override {Identifier} not found");
}
