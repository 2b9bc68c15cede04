using System;
using System.Text;

namespace Unkey.Engine.Permissions;

/// <summary>
/// Resource names as grants: <c>unkey:v1:&lt;workspace&gt;:&lt;path&gt;#&lt;action&gt;</c>, where a granted path may hold <c>*</c>
/// (one segment) and end in <c>**</c> (the base and everything below it).
/// Stateless, any thread. A string that breaks the grammar covers nothing; nothing throws.
/// </summary>
/// <remarks>Source: the HTTP contract, "Resource URN". Comparison is byte by byte and case-sensitive.</remarks>
public static class ResourceGrant
{
    private static ReadOnlySpan<byte> Prefix => "unkey:v1:"u8;

    /// <summary>Whether a string is meant as a resource name; says nothing about its validity.</summary>
    /// <param name="text">A permission in UTF-8.</param>
    /// <returns><see langword="true"/> when it starts with <c>unkey:v1:</c>.</returns>
    [HotPath]
    public static bool IsResourceName(ReadOnlySpan<byte> text) => text.StartsWith(Prefix);

    /// <summary>Whether a string is a grant that can cover something, by the grammar of the contract.</summary>
    /// <param name="grant">A permission in UTF-8.</param>
    /// <returns><see langword="false"/> for anything that is ignored (also for tuples such as <c>api.*.read_key</c>).</returns>
    [HotPath]
    public static bool IsValid(ReadOnlySpan<byte> grant) =>
        TrySplit(grant, out ReadOnlySpan<byte> workspace, out ReadOnlySpan<byte> path, out ReadOnlySpan<byte> action)
        && IsWorkspace(workspace) && IsPath(path) && IsAction(action, path);

    /// <summary>Whether a grant covers a concrete permission.</summary>
    /// <param name="grant">What the caller holds, UTF-8.</param>
    /// <param name="required">What is asked for: a resource name, in which <c>*</c> stands for itself. UTF-8.</param>
    /// <returns><see langword="true"/> for a valid grant whose workspace, path and action cover <paramref name="required"/>.
    /// Equal strings that are not valid grants are the caller's business.</returns>
    /// <remarks>Linear in both lengths, no allocation.</remarks>
    [HotPath]
    public static bool Covers(ReadOnlySpan<byte> grant, ReadOnlySpan<byte> required) =>
        TrySplit(required, out ReadOnlySpan<byte> workspace, out ReadOnlySpan<byte> path, out ReadOnlySpan<byte> action)
        && Covers(grant, workspace, path, action);

    /// <summary>Whether a grant covers a concrete permission that is given in its parts.</summary>
    /// <param name="grant">What the caller holds, UTF-8.</param>
    /// <param name="workspace">Workspace id.</param>
    /// <param name="path">Concrete path, for example <c>keyspaces/ks_1/keys/key_1</c>.</param>
    /// <param name="action">Concrete action, for example <c>verify_key</c>.</param>
    /// <returns><see langword="true"/> when it does.</returns>
    [HotPath]
    public static bool Covers(ReadOnlySpan<byte> grant, ReadOnlySpan<byte> workspace, ReadOnlySpan<byte> path, ReadOnlySpan<byte> action)
    {
        if (!TrySplit(grant, out ReadOnlySpan<byte> grantWorkspace, out ReadOnlySpan<byte> grantPath, out ReadOnlySpan<byte> grantAction)
            || !grantWorkspace.SequenceEqual(workspace)
            || !(grantAction.SequenceEqual(action) || grantAction.SequenceEqual("*"u8)))
        {
            return false;
        }

        return IsWorkspace(grantWorkspace) && IsPath(grantPath) && IsAction(grantAction, grantPath) && MatchesPath(grantPath, path);
    }

    /// <summary>The same for strings; cold paths only.</summary>
    /// <param name="grant">What the caller holds.</param>
    /// <param name="required">What is asked for.</param>
    /// <returns><see langword="true"/> when the grant covers it.</returns>
    public static bool Covers(string grant, string required)
    {
        ArgumentNullException.ThrowIfNull(grant);
        ArgumentNullException.ThrowIfNull(required);
        // ALLOC: two short arrays on the control plane; the hot path uses the overloads over bytes.
        return Covers(Encoding.UTF8.GetBytes(grant), Encoding.UTF8.GetBytes(required));
    }

    private static bool TrySplit(
        ReadOnlySpan<byte> text, out ReadOnlySpan<byte> workspace, out ReadOnlySpan<byte> path, out ReadOnlySpan<byte> action)
    {
        workspace = path = action = default;
        if (!text.StartsWith(Prefix))
        {
            return false;
        }

        text = text[Prefix.Length..];
        int hash = text.IndexOf((byte)'#');
        int colon = text.IndexOf((byte)':');
        if (colon < 0 || hash < colon)
        {
            return false;
        }

        workspace = text[..colon];
        path = text[(colon + 1)..hash];
        action = text[(hash + 1)..];
        return true;
    }

    private static bool IsWorkspace(ReadOnlySpan<byte> workspace) => workspace.Length > 0 && !workspace.ContainsAny(":#/"u8);

    private static bool IsAction(ReadOnlySpan<byte> action, ReadOnlySpan<byte> path)
    {
        if (action.SequenceEqual("*"u8))
        {
            return path.SequenceEqual("**"u8);
        }

        return action.Length > 0 && action[0] != (byte)'_' && action[^1] != (byte)'_' && !action.ContainsAny(":#/*"u8);
    }

    private static bool IsPath(ReadOnlySpan<byte> path)
    {
        // BOUND: every turn removes a segment.
        while (true)
        {
            ReadOnlySpan<byte> segment = NextSegment(ref path, out bool isLast);
            if (segment.Length == 0 || segment.ContainsAny(":#"u8))
            {
                return false;
            }

            if (segment.Contains((byte)'*'))
            {
                bool isWhole = segment.Length == 1 || (segment.Length == 2 && segment[1] == segment[0] && isLast);
                if (!isWhole)
                {
                    return false;
                }
            }

            if (isLast)
            {
                return true;
            }
        }
    }

    private static bool MatchesPath(ReadOnlySpan<byte> grant, ReadOnlySpan<byte> path)
    {
        bool pathEnded = path.Length == 0;
        // BOUND: every turn removes a segment of the grant.
        while (true)
        {
            ReadOnlySpan<byte> wanted = NextSegment(ref grant, out bool grantEnds);
            if (wanted.SequenceEqual("**"u8))
            {
                // The grammar has this segment last, and it also stands for "nothing more".
                return true;
            }

            if (pathEnded)
            {
                return false;
            }

            ReadOnlySpan<byte> actual = NextSegment(ref path, out pathEnded);
            if (!wanted.SequenceEqual("*"u8) && !wanted.SequenceEqual(actual))
            {
                return false;
            }

            if (grantEnds)
            {
                return pathEnded;
            }
        }
    }

    private static ReadOnlySpan<byte> NextSegment(ref ReadOnlySpan<byte> path, out bool isLast)
    {
        int slash = path.IndexOf((byte)'/');
        isLast = slash < 0;
        ReadOnlySpan<byte> segment = isLast ? path : path[..slash];
        path = isLast ? default : path[(slash + 1)..];
        return segment;
    }
}
