using System.Text.Json.Serialization;
using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.ControlPlane.V1.Requests;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.V1;

/// <summary>What v1's operations on the permissions and the roles of a key have in common: they find the key and ask for the same rights as in v2.</summary>
/// <typeparam name="TRequest">The request type.</typeparam>
/// <param name="name">Group and operation.</param>
/// <param name="member">Name of the list in the body.</param>
/// <param name="binding">Source-generated metadata of the request type.</param>
/// <param name="rbac">Rights that are needed beside that to update the key.</param>
/// <param name="change">Changes the key.</param>
internal abstract class V1KeyChange<TRequest>(
    string name, string member, JsonSerializerContext binding, string[] rbac, V1KeyChange<TRequest>.Change change) : V1Operation<TRequest>(
    name,
    SchemaNode.Open(SchemaProperty.Required("keyId", V1Schemas.Id), SchemaProperty.Required(member, V1Schemas.References)),
    binding)
    where TRequest : class
{
    /// <summary>Changes a key that the caller may change; inside a unit of work.</summary>
    internal delegate OperationResult Change(StoreSession session, OperationContext context, AuditTrail audit, KeyRow key, TRequest request);

    /// <summary>Id of the key.</summary>
    protected abstract string KeyId(TRequest request);

    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, TRequest request) =>
        await context.WriteAsync(session =>
        {
            if (KeyAccess.Live(session, context, session.FindKey(KeyId(request))) is not (KeyRow key, ApiRow api))
            {
                return V1Access.KeyNotFound(KeyId(request));
            }

            return context.Deny(KeyPermissionAccess.Required(context, key, api, rbac)) is { } denied
                ? denied
                : change(session, context, new AuditTrail(context, session, isCorrelated: true), key, request);
        }).ConfigureAwait(false);
}
