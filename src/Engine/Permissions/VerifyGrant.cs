using System;
using Unkey.Engine.Keys;
using Unkey.Engine.Registries;

namespace Unkey.Engine.Permissions;

/// <summary>
/// Whether a root key may verify a key: <c>api.*.verify_key</c>, or <c>api.&lt;id&gt;.verify_key</c> of the key's API, or a resource grant that covers the key.
/// Stateless, any thread. No allocation, no exception.
/// </summary>
/// <remarks>Source: the HTTP contract, "Permission required per endpoint". Cheapest and most common first.</remarks>
public static class VerifyGrant
{
    /// <summary>Ids are a prefix and a short random text; one that does not fit here is not granted anything by name.</summary>
    private const int NameBytesMax = 512;

    /// <summary>The grant for every API of the workspace.</summary>
    public static ReadOnlySpan<byte> Every => "api.*.verify_key"u8;

    /// <summary>Decides.</summary>
    /// <param name="caller">The root key.</param>
    /// <param name="workspace">The workspace of the key and of the request.</param>
    /// <param name="api">The key's API.</param>
    /// <param name="keyId">Id of the key, UTF-8.</param>
    /// <returns>Whether the caller may know about the key at all.</returns>
    [HotPath]
    public static bool Allows(KeyRecord caller, Workspace workspace, Api api, ReadOnlySpan<byte> keyId)
    {
        if (caller.VerifiesEveryApi)
        {
            return true;
        }

        Span<byte> name = stackalloc byte[NameBytesMax];
        int length = 0;
        if (Append(name, ref length, "api."u8) && Append(name, ref length, api.IdUtf8) && Append(name, ref length, ".verify_key"u8)
            && caller.HasPermission(name[..length]))
        {
            return true;
        }

        return AllowsByResource(caller, workspace, api, keyId, name);
    }

    private static bool AllowsByResource(KeyRecord caller, Workspace workspace, Api api, ReadOnlySpan<byte> keyId, Span<byte> name)
    {
        int length = 0;
        if (!Append(name, ref length, "unkey:v1:"u8) || !Append(name, ref length, workspace.IdUtf8) || !Append(name, ref length, ":"u8))
        {
            return false;
        }

        int pathStart = length;
        if (!Append(name, ref length, "keyspaces/"u8) || !Append(name, ref length, api.KeyspaceIdUtf8)
            || !Append(name, ref length, "/keys/"u8) || !Append(name, ref length, keyId))
        {
            return false;
        }

        ReadOnlySpan<byte> path = name[pathStart..length];
        // The identical string counts even where it is no valid grant.
        if (Append(name, ref length, "#verify_key"u8) && caller.HasPermission(name[..length]))
        {
            return true;
        }

        // BOUND: by the permissions of one root key.
        for (int i = 0; i < caller.PermissionCount; i++)
        {
            ReadOnlySpan<byte> grant = caller.Permission(i);
            if (ResourceGrant.IsResourceName(grant) && ResourceGrant.Covers(grant, workspace.IdUtf8, path, "verify_key"u8))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Append(Span<byte> name, ref int length, ReadOnlySpan<byte> part)
    {
        if (!part.TryCopyTo(name[length..]))
        {
            return false;
        }

        length += part.Length;
        return true;
    }
}
