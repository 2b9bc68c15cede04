namespace Unkey.Server.Storage.Rows;

/// <summary>A stored migration: an import of keys by their hashes. Immutable.</summary>
/// <param name="Id">The customer's id, unique in the workspace.</param>
/// <param name="Algorithm">What made the hashes.</param>
internal sealed record MigrationRow(string Id, string Algorithm);
