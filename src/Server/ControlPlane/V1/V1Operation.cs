using System.Text.Json.Serialization;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane.V1;

/// <summary>An operation of v1 whose input is bound to a request type.</summary>
/// <typeparam name="TRequest">The request type.</typeparam>
/// <param name="name">Group and operation, for example <c>keys.createKey</c>.</param>
/// <param name="input">What the input must be; of an open object, because v1 ignores what it does not know.</param>
/// <param name="binding">Source-generated metadata of the request type.</param>
/// <param name="isRead">Whether it is a GET whose input is the query.</param>
internal abstract class V1Operation<TRequest>(string name, SchemaNode input, JsonSerializerContext binding, bool isRead = false)
    : Operation<TRequest>("/v1/" + name, input, binding)
    where TRequest : class
{
    /// <inheritdoc/>
    public override string Method => isRead ? "GET" : "POST";
}
