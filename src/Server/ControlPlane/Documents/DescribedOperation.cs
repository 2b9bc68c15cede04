using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane.Documents;

/// <summary>An operation as the documents show it. Immutable.</summary>
/// <param name="Path">Path of the endpoint, for example <c>/v2/apis.createApi</c>.</param>
/// <param name="Body">What the body must be.</param>
/// <param name="Description">What there is to say besides.</param>
internal sealed record DescribedOperation(string Path, SchemaNode Body, OperationDescription Description);
