using System.Collections.Generic;
using Unkey.Engine.Keys;
using Unkey.Engine.Permissions;
using Unkey.Engine.Registries;

namespace Unkey.Server.ControlPlane.Callers;

/// <summary>Who makes a management call: a root key that has passed every check of authentication. Immutable, any thread.</summary>
/// <param name="KeyId">Key id of the root key; the actor of the audit log.</param>
/// <param name="Workspace">The workspace that it manages: the scope of everything the call sees.</param>
/// <param name="Permissions">Everything it has been granted, compared ordinally.</param>
internal sealed record RootCaller(string KeyId, Workspace Workspace, IReadOnlySet<string> Permissions)
{
    /// <summary>SHA-256 of the root key, for operations that look its record up again.</summary>
    public KeyDigest Digest { get; init; }

    /// <summary>Whether it may do everything in its workspace without being granted each thing: by a bare <c>*</c>, which counts in v1 alone.</summary>
    public bool IsUnrestricted { get; init; }

    /// <summary>Id of the workspace that it manages.</summary>
    public string WorkspaceId => Workspace.Id;

    /// <summary>Whether the caller holds what an endpoint asks for.</summary>
    public bool May(PermissionExpression required) => IsUnrestricted || required.IsSatisfiedBy(Permissions);

    /// <summary>Full name of a resource of the caller's workspace, with an action.</summary>
    /// <param name="path">For example <c>keyspaces/ks_1/keys/key_1</c>.</param>
    /// <param name="action">For example <c>read_key</c>.</param>
    public string Urn(string path, string action) => $"unkey:v1:{WorkspaceId}:{path}#{action}";
}
