namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Body of keys.migrateKeys.</summary>
/// <param name="MigrationId">Id of the migration.</param>
/// <param name="ApiId">API that gets the keys.</param>
/// <param name="Keys">The keys, at least one.</param>
internal sealed record MigrateKeysRequest(string MigrationId, string ApiId, MigrateKeyInput[] Keys);
