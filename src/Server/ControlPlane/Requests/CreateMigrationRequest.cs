namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Body of migrations.createMigration.</summary>
/// <param name="Algorithm">What made the hashes.</param>
/// <param name="MigrationId">Id of the migration; absent to have one made.</param>
internal sealed record CreateMigrationRequest(string Algorithm, string? MigrationId);
