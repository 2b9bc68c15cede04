namespace Unkey.Server.Diagnostics;

/// <summary>What a request was for, as a label of the metrics. A closed set: no label is made from what a client sends.</summary>
public enum RequestEndpoint : byte
{
    /// <summary>The bytes were no request: refused by the parser or cut off by a deadline.</summary>
    Malformed = 0,

    /// <summary>A path or method that is not served.</summary>
    Unknown = 1,

    /// <summary><c>GET /v2/liveness</c>.</summary>
    Liveness = 2,

    /// <summary><c>POST /v2/keys.verifyKey</c>.</summary>
    VerifyKey = 3,

    /// <summary><c>POST /v2/keys.createKey</c>.</summary>
    CreateKey = 4,

    /// <summary><c>POST /v2/keys.getKey</c>.</summary>
    GetKey = 5,

    /// <summary><c>POST /v2/keys.updateKey</c>.</summary>
    UpdateKey = 6,

    /// <summary><c>POST /v2/keys.deleteKey</c>.</summary>
    DeleteKey = 7,

    /// <summary><c>POST /v2/keys.whoami</c>.</summary>
    Whoami = 8,

    /// <summary><c>POST /v2/apis.createApi</c>.</summary>
    CreateApi = 9,

    /// <summary><c>POST /v2/apis.getApi</c>.</summary>
    GetApi = 10,

    /// <summary><c>POST /v2/apis.deleteApi</c>.</summary>
    DeleteApi = 11,

    /// <summary><c>POST /v2/identities.createIdentity</c>.</summary>
    CreateIdentity = 12,

    /// <summary><c>POST /v2/identities.getIdentity</c>.</summary>
    GetIdentity = 13,

    /// <summary><c>POST /v2/permissions.createPermission</c>.</summary>
    CreatePermission = 14,

    /// <summary><c>POST /v2/rootKeys.createRootKey</c>.</summary>
    CreateRootKey = 15,

    /// <summary><c>POST /v2/rootKeys.listRootKeys</c>.</summary>
    ListRootKeys = 16,

    /// <summary><c>POST /v2/rootKeys.deleteRootKey</c>.</summary>
    DeleteRootKey = 17,

    /// <summary><c>POST /v2/workspaces.createWorkspace</c>.</summary>
    CreateWorkspace = 18,

    /// <summary><c>POST /v2/ratelimit.limit</c>.</summary>
    Limit = 19,

    /// <summary><c>POST /v2/ratelimit.multiLimit</c>.</summary>
    MultiLimit = 20,

    /// <summary><c>POST /v1/keys.verifyKey</c>.</summary>
    V1VerifyKey = 21,

    /// <summary><c>POST /v1/ratelimits.limit</c>.</summary>
    V1Limit = 22,

    /// <summary>Every other path of v1.</summary>
    V1Other = 23,

    /// <summary>Every other endpoint of the control plane, and every request on the admin listener.</summary>
    Other = 24,
}
