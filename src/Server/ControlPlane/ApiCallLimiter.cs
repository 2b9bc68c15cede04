using System;
using System.Collections.Concurrent;

namespace Unkey.Server.ControlPlane;

/// <summary>Counts API calls of the workspaces that have a limit. Any thread.</summary>
/// <remarks>In memory only: after a restart every workspace starts a new minute.</remarks>
internal sealed class ApiCallLimiter
{
    // Bounded by the number of workspaces, which only the operator can make.
    private readonly ConcurrentDictionary<string, ApiCallWindow> _windows = new(StringComparer.Ordinal);

    /// <summary>Counts a call of a workspace, if it is admitted.</summary>
    /// <param name="workspaceId">The workspace.</param>
    /// <param name="limit">Calls a minute, 0 or more; it may change from call to call, the count stays.</param>
    /// <param name="nowMs">Unix milliseconds.</param>
    public ApiCallWindow.Count Take(string workspaceId, long limit, long nowMs) =>
        _windows.GetOrAdd(workspaceId, static _ => new ApiCallWindow()).Take(limit, nowMs);
}
