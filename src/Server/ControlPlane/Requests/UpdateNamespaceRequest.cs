namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Body of ratelimit.updateNamespace.</summary>
/// <param name="Namespace">Name or id of the namespace.</param>
/// <param name="Algorithm">A name of <see cref="LimitAlgorithmText"/>; null for the server's algorithm.</param>
internal sealed record UpdateNamespaceRequest(string Namespace, string? Algorithm);
