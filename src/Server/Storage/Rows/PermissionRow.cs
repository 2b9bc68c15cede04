namespace Unkey.Server.Storage.Rows;

/// <summary>A stored permission. Immutable.</summary>
/// <param name="Id">Permission id.</param>
/// <param name="Name">Display name.</param>
/// <param name="Slug">Slug in the spelling first stored.</param>
/// <param name="Description">Description, or <see langword="null"/>.</param>
internal sealed record PermissionRow(string Id, string Name, string Slug, string? Description);
