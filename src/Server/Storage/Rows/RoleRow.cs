namespace Unkey.Server.Storage.Rows;

/// <summary>A stored role. Immutable.</summary>
/// <param name="Id">Role id.</param>
/// <param name="Name">Name in the spelling first stored.</param>
/// <param name="Description">Description, or <see langword="null"/>.</param>
internal sealed record RoleRow(string Id, string Name, string? Description);
