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
        SchemaProperty.Optional("name", RequestSchemas.ApiName),
        SchemaProperty.Optional("deleteProtection", SchemaNode.Boolean.Described("Whether the API refuses to be deleted.")),
        SchemaProperty.Optional(
            "ipAllowList",
            SchemaNode.ListOf(SchemaNode.Text(1, 64), itemsMax: 1000).OrNull()
                .Described("Addresses that keys may be verified from, compared as exact texts; empty or null for all.")),
        SchemaProperty.Optional("defaultPrefix", RequestSchemas.Prefix.OrNull().Described("Prefix of keys that are created without one; null for none.")),
        SchemaProperty.Optional("defaultBytes", RequestSchemas.ByteLength.OrNull().Described("Random bytes of keys that are created without a length; null for 16.")),
        SchemaProperty.Optional("storeEncryptedKeys", SchemaNode.Boolean.Described("Whether keys may be recoverable.")),
        SchemaProperty.Optional(
            "keyChecksum", SchemaNode.Boolean.Described("Whether new keys end in a checksum, so that a mistyped one is refused by its form, and scanners recognise a leaked one."))),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Changes an API. Absent members keep what is stored.",
        Details = "An extension: the hosted service has these settings in its dashboard.",
        Permissions = ["api.*.update_api"],
        Example = """{"apiId":"api_FPhGK7SeA","deleteProtection":true}""",
        Data = EmptyData.Schema,
        Refusals = [ErrorCode.ApiNotFound],
    };

    /// <inheritdoc/>
    protected override ValueTask<OperationResult> HandleAsync(OperationContext context, UpdateApiRequest request) => context.WriteAsync(
        PermissionExpression.Any("api.*.update_api", $"api.{request.ApiId}.update_api"),
        session =>
        {
            if (ApiAccess.FindLive(session, context, request.ApiId) is not ApiRow api)
            {
                return ApiAccess.NotFound;
            }

            session.UpdateApi(Changed(api, request), context.NowMs);
            new AuditTrail(context, session).Add("api.update", "api", api.Id, request.Name ?? api.Name);
            return OperationResult.Empty;
        });

    private static ApiRow Changed(ApiRow api, UpdateApiRequest request) => api with
    {
        Name = request.Name ?? api.Name,
        IsDeleteProtected = request.DeleteProtection ?? api.IsDeleteProtected,
        StoresEncryptedKeys = request.StoreEncryptedKeys ?? api.StoresEncryptedKeys,
        HasKeyChecksums = request.KeyChecksum ?? api.HasKeyChecksums,
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
