using System;
using System.Linq;
using System.Threading.Tasks;
using Unkey.Engine.Permissions;
using Unkey.Server.ControlPlane.Callers;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>rootKeys.createRootKey</c>, an extension: a root key for the caller's workspace, with no more than the caller's own permissions.</summary>
internal sealed class CreateRootKey() : Operation<CreateRootKeyRequest>(
    "/v2/rootKeys.createRootKey",
    SchemaNode.Closed(
        SchemaProperty.Optional("name", RequestSchemas.KeyName),
        SchemaProperty.Required("permissions", SchemaNode.ListOf(SchemaNode.Text(1, 512), 1, 1000).Described("What it may do.")),
        SchemaProperty.Optional("expires", RequestSchemas.Expires)),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Creates a root key and shows it, the only time that it is shown.",
        Details = "An extension. A root key can only hand out permissions that it has.",
        Permissions = ["root_key.*.create_root_key"],
        Example = """{"name":"ci","permissions":["api.*.verify_key"]}""",
        Data = FieldsData.Schema(("keyId", "Id of the new root key."), ("key", "The root key. Only its SHA-256 is stored.")),
    };

    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, CreateRootKeyRequest request)
    {
        if (context.Deny("root_key.*.create_root_key") is { } denied)
        {
            return denied;
        }

        string[] permissions = request.Permissions.Distinct(StringComparer.Ordinal).ToArray();
        PermissionExpression[] lacking = permissions
            .Where(permission => !GrantRules.Includes(context.Caller.WorkspaceId, context.Caller.Permissions, permission))
            .Select(PermissionExpression.Leaf)
            .ToArray();
        if (lacking.Length > 0)
        {
            return OperationResult.Refused(ErrorCode.InsufficientPermissions, PermissionExpression.All(lacking).Denial());
        }

        KeySecret secret = KeySecret.Create(RootKeyStore.SecretPrefix, RootKeyStore.SecretBytes);
        return await context.WriteAsync(session =>
        {
            string keyId = RootKeyStore.Insert(
                session,
                context.Services.Root,
                secret,
                context.Caller.WorkspaceId,
                request.Name,
                request.Expires,
                permissions,
                context.NowMs);
            new AuditTrail(context, session).Add("root_key.create", "root_key", keyId, request.Name);
            return OperationResult.Success(new FieldsData(("keyId", keyId), ("key", secret.Text)));
        }).ConfigureAwait(false);
    }
}
