using System.Collections.Generic;

namespace Unkey.Server.Analytics;

/// <summary>Whose events a query sees. Put into every table that it reads, outside of its text. Immutable.</summary>
/// <param name="WorkspaceId">The caller's workspace.</param>
/// <param name="Ids">Keyspaces or namespaces that a scoped grant limits it to, perhaps none; null for all of the workspace.</param>
internal sealed record AnalyticsScope(string WorkspaceId, IReadOnlyList<string>? Ids);
