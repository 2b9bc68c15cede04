using System;
using Unkey.Engine.Keys;
using Unkey.Engine.Namespaces;

namespace Unkey.Engine.Permissions;

/// <summary>Whether a root key may take tokens in a namespace. Stateless, any thread; no allocation.</summary>
/// <remarks>Source: the HTTP contract, permission table: <c>ratelimit.*.limit</c> or <c>ratelimit.&lt;id&gt;.limit</c>; there is no resource form.</remarks>
public static class LimitGrant
{
    private const int TupleBytesMax = 300;

    /// <summary>The grant for every namespace of the workspace.</summary>
    public static ReadOnlySpan<byte> Every => "ratelimit.*.limit"u8;

    /// <summary>The grant for everything there is, in v1.</summary>
    public static ReadOnlySpan<byte> BareWildcard => "*"u8;

    /// <summary>Whether the caller has the grant for one namespace.</summary>
    /// <param name="caller">The root key.</param>
    /// <param name="space">The namespace.</param>
    [HotPath]
    public static bool Allows(KeyRecord caller, RatelimitNamespace space)
    {
        ReadOnlySpan<byte> before = "ratelimit."u8;
        ReadOnlySpan<byte> after = ".limit"u8;
        int length = before.Length + space.IdUtf8.Length + after.Length;
        if (length > TupleBytesMax)
        {
            return false; // No id that this server makes is that long.
        }

        Span<byte> tuple = stackalloc byte[TupleBytesMax];
        before.CopyTo(tuple);
        space.IdUtf8.CopyTo(tuple[before.Length..]);
        after.CopyTo(tuple[(before.Length + space.IdUtf8.Length)..]);
        return caller.HasPermission(tuple[..length]);
    }
}
