using System;
using System.Collections.Generic;
using System.Text;
using Unkey.Engine.Permissions;

namespace Unkey.Server.ControlPlane.Callers;

/// <summary>Whether a root key may hand a permission out: only what it holds itself, or a part of it. Stateless, any thread.</summary>
internal static class GrantRules
{
    private const string AnySubtree = "**";

    /// <summary>Whether a holder's permissions include another permission entirely.</summary>
    /// <param name="workspaceId">The holder's workspace.</param>
    /// <param name="held">What the holder has.</param>
    /// <param name="wanted">What is to be handed out: a tuple or a resource name, either with wildcards.</param>
    public static bool Includes(string workspaceId, IReadOnlySet<string> held, string wanted)
    {
        if (held.Contains(wanted))
        {
            return true;
        }

        if (wanted == RootPermissions.Everything)
        {
            return RootPermissions.AllOf(workspaceId).TrueForAll(held.Contains);
        }

        // Every endpoint that takes the tuple of one resource also takes the tuple of any resource, so the latter is the larger grant.
        string[] tuple = wanted.Split('.');
        if (tuple is [var type, { Length: > 0 }, var action] && held.Contains($"{type}.*.{action}"))
        {
            return true;
        }

        byte[] wantedUtf8 = Encoding.UTF8.GetBytes(wanted);
        if (!ResourceGrant.IsValid(wantedUtf8))
        {
            return false;
        }

        bool wantsSubtree = Path(wanted).EndsWith(AnySubtree, StringComparison.Ordinal);
        foreach (string grant in held)
        {
            // A grant of single segments covers the text "**" as if it were one segment, but not what it stands for.
            if ((!wantsSubtree || Path(grant).EndsWith(AnySubtree, StringComparison.Ordinal))
                && ResourceGrant.Covers(Encoding.UTF8.GetBytes(grant), wantedUtf8))
            {
                return true;
            }
        }

        return false;
    }

    private static ReadOnlySpan<char> Path(string urn)
    {
        ReadOnlySpan<char> text = urn;
        int action = text.IndexOf('#');
        return action < 0 ? text : text[..action];
    }
}
