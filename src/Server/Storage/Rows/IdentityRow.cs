namespace Unkey.Server.Storage.Rows;

/// <summary>A stored identity. Immutable.</summary>
/// <param name="Id">Identity id.</param>
/// <param name="WorkspaceId">Owning workspace.</param>
/// <param name="ExternalId">The customer's own id; unique among the live identities of a workspace.</param>
/// <param name="Meta">Metadata as a compact JSON object, or <see langword="null"/>.</param>
/// <param name="IsDeleted">Whether it has been deleted softly.</param>
internal sealed record IdentityRow(string Id, string WorkspaceId, string ExternalId, string? Meta, bool IsDeleted);
