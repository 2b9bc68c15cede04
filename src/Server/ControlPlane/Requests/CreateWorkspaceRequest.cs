namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Body of workspaces.createWorkspace.</summary>
/// <param name="Name">Display name.</param>
internal sealed record CreateWorkspaceRequest(string Name);
