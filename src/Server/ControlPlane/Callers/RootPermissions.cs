using System.Collections.Generic;

namespace Unkey.Server.ControlPlane.Callers;

/// <summary>The vocabulary of permissions that root keys are given. Constant.</summary>
internal static class RootPermissions
{
    // Resource type, then its actions. The first four types are the contract's; the others are extensions of this server.
    private static readonly (string Type, string[] Actions)[] s_vocabulary =
    [
        ("api",
        [
            "read_api", "create_api", "delete_api", "update_api", "create_key", "update_key", "delete_key", "encrypt_key", "decrypt_key",
            "read_key", "verify_key", "read_analytics",
        ]),
        ("ratelimit",
        [
            "limit", "create_namespace", "read_namespace", "update_namespace", "delete_namespace", "set_override", "read_override",
            "delete_override", "list_overrides", "read_analytics",
        ]),
        ("rbac",
        [
            "create_permission", "update_permission", "delete_permission", "read_permission", "create_role", "update_role", "delete_role",
            "read_role", "add_permission_to_key", "remove_permission_from_key", "add_role_to_key", "remove_role_from_key",
            "add_permission_to_role", "remove_permission_from_role",
        ]),
        ("identity", ["create_identity", "read_identity", "update_identity", "delete_identity"]),
        ("root_key", ["create_root_key", "read_root_key", "delete_root_key"]),
        ("migration", ["create_migration"]),
        ("audit", ["read_audit"]),
    ];

    /// <summary>Everything in the workspace at once, in v1; in v2 it has no meaning.</summary>
    public const string Everything = "*";

    /// <summary>Permission of the operator alone: new workspaces are outside any workspace.</summary>
    public const string CreateWorkspace = "workspace.*.create_workspace";

    /// <summary>Permission of the operator alone: what limits a workspace must not be in its own hands.</summary>
    public const string UpdateWorkspace = "workspace.*.update_workspace";

    /// <summary>Everything within one workspace: the tuples with <c>*</c> and the grant over all resource names.</summary>
    /// <param name="workspaceId">The workspace.</param>
    public static List<string> AllOf(string workspaceId)
    {
        List<string> permissions = [$"unkey:v1:{workspaceId}:**#*"];
        foreach ((string type, string[] actions) in s_vocabulary)
        {
            foreach (string action in actions)
            {
                permissions.Add($"{type}.*.{action}");
            }
        }

        return permissions;
    }
}
