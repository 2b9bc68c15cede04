using System.Text.Json.Serialization;

namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Body of workspaces.updateWorkspace; an absent member keeps what is stored.</summary>
internal sealed record UpdateWorkspaceRequest
{
    /// <summary>Workspace id; absent for the caller's own.</summary>
    public string? WorkspaceId { get; init; }

    /// <summary>API calls a minute; null for no limit, 0 for none at all.</summary>
    [JsonConverter(typeof(OptionalConverter<long>))]
    public Optional<long> ApiLimit { get; init; }
}
