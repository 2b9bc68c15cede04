using System;
using System.Collections.Generic;
using System.Linq;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane.Documents;

/// <summary>Everything that the documents tell of the API, taken from the code that serves it. Immutable, any thread.</summary>
/// <param name="Version">Version of the program.</param>
internal sealed record ApiDescription(string Version)
{
    private const string PathPrefix = "/v2/";

    /// <summary>Path of the one endpoint that is read and needs no credentials.</summary>
    public const string LivenessPath = "/v2/liveness";

    /// <summary>Name of the API.</summary>
    public const string Title = "unkey";

    /// <summary>What it is for, and what holds for every operation; paragraphs.</summary>
    public static IReadOnlyList<string> Introduction { get; } =
    [
        "API keys: who may do what, how often. Every operation is a POST with a JSON object (multiLimit takes an array) and answers 200 with meta and"
            + " data, or refuses with meta and error. Lists carry pagination as well.",
        "Send a root key as Authorization: Bearer. What it may do is said by its permissions, such as api.*.read_key; where an operation concerns one API,"
            + " one identity or one namespace, the id can stand for the asterisk.",
        "Times are unix milliseconds, durations are milliseconds. Integers are written as integers (5, not 5.0 or 5e0) and fit 64 bits. Bodies are UTF-8, nested at"
            + $" most {JsonBody.DepthMax} deep; of members with one name the last one counts. Lengths of texts are counted in code points.",
    ];

    /// <summary>The operations in the order of the documents: by group, then as they are listed.</summary>
    public IReadOnlyList<DescribedOperation> Operations { get; } = Ordered();

    /// <summary>The data of the liveness endpoint.</summary>
    public static SchemaNode LivenessData { get; } = SchemaNode.Closed(SchemaProperty.Required("message", SchemaNode.OneOf("we're cooking")));

    /// <summary>What the liveness endpoint does.</summary>
    public static string LivenessSummary => "Says that the server answers. Needs no root key.";

    /// <summary>The group of the liveness endpoint.</summary>
    public static OperationGroup LivenessGroup { get; } = new("liveness", "Whether the server answers.");

    /// <summary>The groups of operations, in the order of the documents.</summary>
    public static IReadOnlyList<OperationGroup> Groups { get; } =
    [
        new("keys", "Keys that your customers present: verified on every request, managed here."),
        new("ratelimit", "Rate limits of anything that has an identifier."),
        new("apis", "Sets of keys."),
        new("identities", "The users or tenants behind keys."),
        new("permissions", "Permissions and roles that keys have."),
        new("migrations", "Imports of keys that were made elsewhere."),
        new("rootKeys", "Keys that this API is called with."),
        new("workspaces", "Tenants of the server."),
        new("audit", "Who changed what."),
        new("analytics", "Queries over what was decided."),
    ];

    /// <summary>Refusals that every operation has.</summary>
    public static IReadOnlyList<ErrorCode> CommonRefusals { get; } =
    [
        ErrorCode.InvalidInput,
        ErrorCode.MalformedAuthorization,
        ErrorCode.RootKeyNotFound,
        ErrorCode.InsufficientPermissions,
        ErrorCode.Forbidden,
        ErrorCode.KeyDisabled,
        ErrorCode.WorkspaceDisabled,
        ErrorCode.WorkspaceNotFound,
        ErrorCode.RequestTimeout,
        ErrorCode.BodyTooLarge,
        ErrorCode.WorkspaceRateLimited,
        ErrorCode.AuthenticationThrottled,
        ErrorCode.UnexpectedError,
        ErrorCode.ServiceUnavailable,
        ErrorCode.Overloaded,
    ];

    /// <summary>An operation as the SDKs name it: what stands behind the version in its path.</summary>
    /// <param name="path">For example <c>/v2/keys.verifyKey</c>.</param>
    public static string NameOf(string path) => path[PathPrefix.Length..];

    /// <summary>Name of the group that an operation belongs to.</summary>
    /// <param name="path">For example <c>/v2/keys.verifyKey</c>.</param>
    public static string GroupOf(string path) => NameOf(path).Split('.')[0];

    private static DescribedOperation[] Ordered()
    {
        List<string> order = [.. Groups.Select(static group => group.Name)];
        return [.. AllOperations.Create().Select(Described).OrderBy(operation => order.IndexOf(GroupOf(operation.Path)))];
    }

    private static DescribedOperation Described(Operation operation) => new(
        operation.Path, operation.Body, operation.Description ?? throw new InvalidOperationException($"{operation.Path} is not described."));
}
