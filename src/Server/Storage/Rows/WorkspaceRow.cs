namespace Unkey.Server.Storage.Rows;

/// <summary>A stored workspace. Immutable.</summary>
/// <param name="Id">Workspace id.</param>
/// <param name="Name">Display name.</param>
/// <param name="IsEnabled">Whether its keys and root keys may be used.</param>
/// <param name="CreatedAtMs">Unix milliseconds.</param>
/// <param name="ApiLimit">API calls a minute; <see langword="null"/> for no limit, 0 for none at all.</param>
internal sealed record WorkspaceRow(string Id, string Name, bool IsEnabled, long CreatedAtMs, long? ApiLimit = null);
