using System;
using Unkey.Engine;
using Unkey.Engine.Keys;
using Unkey.Server.Transport;

namespace Unkey.Server.Hot;

/// <summary>Finds the root key that a hot request authenticates with.</summary>
/// <remarks>One reactor thread. Says only yes or no; the control plane words every refusal.</remarks>
internal sealed class CallerResolver(EngineState engine, ReactorClock clock)
{
    private static ReadOnlySpan<byte> Bearer => "Bearer "u8;

    /// <summary>The root key that the Authorization value names, when it may be used now.</summary>
    /// <param name="connection">The connection, which remembers its last caller.</param>
    /// <param name="authorization">The value.</param>
    /// <param name="takesBareToken">Whether a token without <c>Bearer</c> counts too, as in v1.</param>
    /// <param name="caller">The root key's record.</param>
    [HotPath]
    internal bool TryGet(Connection connection, ReadOnlySpan<byte> authorization, bool takesBareToken, out KeyRecord caller)
    {
        // The version is read before the lookup: a change in between makes the remembered record outdated, never the reverse.
        long version = engine.Keys.Version;
        if (!connection.Caller.TryGet(authorization, version, out caller))
        {
            bool isBearer = authorization.StartsWith(Bearer);
            if (!isBearer && !takesBareToken)
            {
                return false;
            }

            ReadOnlySpan<byte> token = (isBearer ? authorization[Bearer.Length..] : authorization).Trim((byte)' ');
            if (token.IsEmpty || !engine.Keys.TryFind(KeyDigest.Of(token), out caller) || !caller.IsRootKey)
            {
                return false;
            }

            // A remembered value is not looked at again, so a bare token is not remembered: the next request may be one of v2.
            if (isBearer)
            {
                connection.Caller.Set(authorization, version, caller);
            }
        }

        // A workspace whose API calls are limited is left to the control plane, which counts them and writes the fields of the limit.
        // Time and workspaces change without the record, so they are looked at on every request.
        bool isUsable = caller.Enabled
            && clock.NowMs <= caller.ExpiresAtMs
            && engine.Workspaces.Find(caller.WorkspaceIndex) is { Enabled: true }
            && engine.Workspaces.Find(caller.ForWorkspaceIndex) is { Enabled: true, ApiLimit: null };
        if (isUsable && connection.Caller.NotedMinute != clock.Minute && engine.RootKeyUses.TryNote(caller.KeyId, clock.Minute))
        {
            connection.Caller.NotedMinute = clock.Minute;
        }

        return isUsable;
    }
}
