using System;
using System.Threading;

namespace Unkey.Engine.Registries;

/// <summary>All workspaces by index. Thread-safety as in <see cref="Registry{T}"/>.</summary>
public sealed class WorkspaceRegistry : Registry<Workspace>
{
    internal WorkspaceRegistry(Lock writerLock)
        : base(writerLock)
    {
    }

    /// <summary>Publishes a workspace, or replaces it under the index it has. Under the writer lock.</summary>
    /// <param name="id">Workspace id.</param>
    /// <param name="enabled">Whether it may be used.</param>
    /// <param name="apiLimit">API calls a minute, 0 or more; null for no limit.</param>
    /// <returns>The published workspace.</returns>
    public Workspace Upsert(string id, bool enabled, long? apiLimit = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        int index = IndexOf(id);
        return Put(id, index, new Workspace(index, id, enabled, apiLimit));
    }
}
