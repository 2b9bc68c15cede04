using System.Collections.Generic;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary>Every endpoint of the control plane: adding one is a file and a line here.</summary>
internal static class AllOperations
{
    /// <summary>Makes the list; operations are stateless, so one instance of each serves all requests.</summary>
    public static IReadOnlyList<Operation> Create() =>
    [
        new CreateApi(),
        new GetApi(),
        new UpdateApi(),
        new DeleteApi(),
        new ListKeys(),
        new CreateKey(),
        new GetKey(),
        new UpdateKey(),
        new DeleteKey(),
        new UpdateCredits(),
        new RerollKey(),
        new AddPermissions(),
        new RemovePermissions(),
        new SetPermissions(),
        new AddRoles(),
        new RemoveRoles(),
        new SetRoles(),
        new MigrateKeys(),
        new CreateMigration(),
        new Whoami(),
        new VerifyKey(),
        new CreateIdentity(),
        new GetIdentity(),
        new ListIdentities(),
        new UpdateIdentity(),
        new DeleteIdentity(),
        new CreatePermission(),
        new GetPermission(),
        new ListPermissions(),
        new DeletePermission(),
        new CreateRole(),
        new GetRole(),
        new ListRoles(),
        new DeleteRole(),
        new SetRolePermissions(),
        RatelimitDecision.One(),
        RatelimitDecision.Batch(),
        new UpdateNamespace(),
        new SetOverride(),
        new GetOverride(),
        new ListOverrides(),
        new DeleteOverride(),
        new CreateRootKey(),
        new ListRootKeys(),
        new DeleteRootKey(),
        new CreateWorkspace(),
        new UpdateWorkspace(),
        new ListEvents(),
        QueryEvents.Verifications(),
        QueryEvents.Ratelimits(),
    ];
}
