using System;
using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Engine.Permissions;
using Unkey.Server.ControlPlane.Projections;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>apis.updateApi</c>, an extension: what the reference sets out of band, such as the IP allow-list.</summary>
internal sealed class UpdateApi() : Operation<UpdateApiRequest>(
    "/v2/apis.updateApi",
    SchemaNode.Closed(
        SchemaProperty.Required("apiId", RequestSchemas.ApiId),
        SchemaProperty.Optional("name", SchemaNode.Text(3, 256)),
        SchemaProperty.Optional("deleteProtection", SchemaNode.Boolean),
        SchemaProperty.Optional("ipAllowList", SchemaNode.ListOf(SchemaNode.Text(1, 64), itemsMax: 1000).OrNull()),
        SchemaProperty.Optional("defaultPrefix", RequestSchemas.Prefix.OrNull()),
        SchemaProperty.Optional("defaultBytes", RequestSchemas.ByteLength.OrNull()),
        SchemaProperty.Optional("storeEncryptedKeys", SchemaNode.Boolean)),
    RequestJson.Default.UpdateApiRequest)
{
    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, UpdateApiRequest request)
    {
        if (context.Deny(PermissionExpression.Any("api.*.update_api", $"api.{request.ApiId}.update_api")) is { } denied)
        {
            return denied;
        }

        return await context.WriteAsync(session =>
        {
            if (ApiAccess.FindLive(session, context, request.ApiId) is not ApiRow api)
            {
                return ApiAccess.NotFound;
            }

            session.UpdateApi(Changed(api, request), context.NowMs);
            new AuditTrail(context, session).Add("api.update", "api", api.Id, request.Name ?? api.Name);
            return OperationResult.Empty;
        }).ConfigureAwait(false);
    }

    private static ApiRow Changed(ApiRow api, UpdateApiRequest request) => api with
    {
        Name = request.Name ?? api.Name,
        IsDeleteProtected = request.DeleteProtection ?? api.IsDeleteProtected,
        StoresEncryptedKeys = request.StoreEncryptedKeys ?? api.StoresEncryptedKeys,
        IpAllowList = request.IpAllowList.IsPresent ? Stored(request.IpAllowList.Value) : api.IpAllowList,
        DefaultPrefix = request.DefaultPrefix.IsPresent ? request.DefaultPrefix.Value : api.DefaultPrefix,
        DefaultBytes = request.DefaultBytes switch
        {
            { IsPresent: false } => api.DefaultBytes,
            { IsNull: true } => null,
            { Value: var bytes } => bytes,
        },
    };

    // The addresses are compared as exact texts, so blanks around them would make an entry that nobody matches.
    private static string? Stored(string[]? addresses) => addresses is null or []
        ? null
        : JsonSerializer.Serialize(Array.ConvertAll(addresses, static address => address.Trim()), StoredJson.Default.StringArray);
}
