using System;
using Unkey.Engine.Keys;

namespace Unkey.Engine.Permissions;

/// <summary>What a query is evaluated against; a struct, so that the hot path has no virtual call and tests can bring their own set.</summary>
internal interface IPermissionSet
{
    /// <summary>Whether the set holds exactly this slug, by all bytes.</summary>
    /// <param name="slug">Slug in UTF-8.</param>
    /// <param name="hash">Its <see cref="TextHash"/>.</param>
    public bool Contains(ReadOnlySpan<byte> slug, ulong hash);
}

/// <summary>The permissions of a key.</summary>
internal readonly struct KeyPermissions(KeyRecord record) : IPermissionSet
{
    /// <inheritdoc/>
    [HotPath]
    public bool Contains(ReadOnlySpan<byte> slug, ulong hash) => record.HasPermission(slug, hash);
}
