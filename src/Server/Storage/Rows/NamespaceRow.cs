namespace Unkey.Server.Storage.Rows;

/// <summary>A stored rate-limit namespace. Immutable.</summary>
/// <param name="Id">Namespace id.</param>
/// <param name="WorkspaceId">Owning workspace.</param>
/// <param name="Name">Name, unique in the workspace, deleted ones included; case-sensitive.</param>
/// <param name="IsDeleted">Whether it has been deleted softly.</param>
/// <param name="Algorithm">Name of its rate-limit algorithm, or <see langword="null"/> for the server's.</param>
internal sealed record NamespaceRow(string Id, string WorkspaceId, string Name, bool IsDeleted, string? Algorithm);
