namespace Unkey.Server.ControlPlane.Documents;

/// <summary>Operations that belong together: what stands before the dot in their paths. Immutable.</summary>
/// <param name="Name">For example <c>keys</c>.</param>
/// <param name="Description">What they are about.</param>
internal sealed record OperationGroup(string Name, string Description);
