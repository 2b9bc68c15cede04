namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Body of apis.createApi.</summary>
/// <param name="Name">Display name.</param>
internal sealed record CreateApiRequest(string Name);
