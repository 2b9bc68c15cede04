using System.Collections.Generic;

namespace Unkey.Server.ControlPlane.V1;

/// <summary>Every operation of v1 that needs a root key. Each translates its request and hands it to the inner functions of its successor in v2.</summary>
internal static class V1Operations
{
    /// <summary>Makes the list; operations are stateless, so one instance of each serves all requests.</summary>
    public static IReadOnlyList<Operation> Create() =>
    [
        new V1CreateApi(),
        new V1GetApi(),
        new V1DeleteApi(),
        new V1ListKeys(),
        new V1CreateKey(),
        new V1GetKey(),
        new V1UpdateKey(),
        new V1DeleteKey(),
        new V1UpdateRemaining(),
        new V1Whoami(),
        .. V1KeyPermissions.Create(),
        .. V1KeyRoles.Create(),
        new V1Limit(),
        new V1SetOverride(),
        new V1GetOverride(),
        new V1ListOverrides(),
        new V1DeleteOverride(),
        new V1CreateIdentity(),
        new V1GetIdentity(),
        new V1ListIdentities(),
        new V1UpdateIdentity(),
        new V1DeleteIdentity(),
        new V1CreatePermission(),
        new V1GetPermission(),
        new V1ListPermissions(),
        new V1DeletePermission(),
        new V1CreateRole(),
        new V1GetRole(),
        new V1ListRoles(),
        new V1DeleteRole(),
    ];
}
