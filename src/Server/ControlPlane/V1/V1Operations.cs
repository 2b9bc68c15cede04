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
        new V1Limit(),
    ];
}
