using System.Collections.Generic;
using System.Threading.Tasks;
using Unkey.Engine.Permissions;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>apis.listKeys</c>: the keys of an API, page by page. A caller that may not read them gets the answer of an unknown API.</summary>
internal sealed class ListKeys() : Operation<ListKeysRequest>(
    "/v2/apis.listKeys",
    SchemaNode.Closed(
        SchemaProperty.Required("apiId", SchemaNode.Text(1).Described("Id of the API.")),
        SchemaProperty.Optional("limit", RequestSchemas.PageSize),
        SchemaProperty.Optional("cursor", RequestSchemas.AnyCursor),
        SchemaProperty.Optional("externalId", SchemaNode.Text(1).Described("Only keys of the identity with this external id.")),
        SchemaProperty.Optional("decrypt", SchemaNode.Boolean.Described("Shows recoverable keys in plain text.")),
        SchemaProperty.Optional(
            "revalidateKeysCache", SchemaNode.Boolean.Described("Accepted and without effect: the answer is never a cached one."))),
    RequestJson.Default)
{
    private static readonly ApiError s_notEnabled = new(
        ErrorCode.PreconditionFailed, "The requested API does not support key encryption.");

    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Lists the keys of an API in the order of their ids.",
        Details = "A caller that may not read the keys gets the answer of an unknown API. To decrypt keys takes api.*.decrypt_key as well.",
        Permissions = ["api.*.read_key", "api.*.read_api"],
        Example = """{"apiId":"api_FPhGK7SeA","limit":100}""",
        Data = SchemaNode.ListOf(KeyData.SchemaWithPlainText),
        IsList = true,
        Refusals = [ErrorCode.ApiNotFound, ErrorCode.PreconditionFailed],
    };

    /// <inheritdoc/>
    protected override ValueTask<OperationResult> HandleAsync(OperationContext context, ListKeysRequest request) =>
        context.ReadAsync(session => List(session, context, request));

    private static OperationResult List(StoreSession session, OperationContext context, ListKeysRequest request)
    {
        if (ApiAccess.FindLive(session, context, request.ApiId) is not ApiRow api)
        {
            return ApiAccess.NotFound;
        }

        if (api.KeyspaceId is not { } keyspaceId)
        {
            return OperationResult.Refused(ErrorCode.UnexpectedError, "The requested API is not set up to hold keys.");
        }

        if (!context.Caller.May(Required(context, api.Id, keyspaceId)))
        {
            return ApiAccess.NotFound;
        }

        bool decrypts = request.Decrypt == true;
        if (decrypts && NotDecryptable(context, api) is { } refused)
        {
            return refused;
        }

        int size = (int)(request.Limit ?? Paging.DefaultSize);
        string? identityId = null;
        if (request.ExternalId is { } externalId)
        {
            identityId = session.FindIdentityByExternalId(context.Caller.WorkspaceId, externalId)?.Id;
            if (identityId is null)
            {
                return OperationResult.List([], cursor: null);
            }
        }

        return Paging.Page(
            Rows(session, keyspaceId, identityId, request.Cursor ?? "", size + 1),
            size,
            static key => key.Id,
            key => Shown(session, context, key, decrypts));
    }

    /// <summary>A key of the list.</summary>
    internal static KeyData Shown(StoreSession session, OperationContext context, KeyRow key, bool decrypts)
    {
        KeyData shown = KeyAccess.Shown(session, context.Services.Engine, key);
        return decrypts ? shown with { PlainText = RecoverableKeys.PlainText(session, context, key.Id) } : shown;
    }

    /// <summary>Why the plain text of an API's keys cannot be shown to the caller, or <see langword="null"/>.</summary>
    internal static ApiError? NotDecryptable(OperationContext context, ApiRow api)
    {
        if (context.Services.Vault is null)
        {
            return RecoverableKeys.NoVault;
        }

        PermissionExpression required = PermissionExpression.Any(
            "api.*.decrypt_key", $"api.{api.Id}.decrypt_key", context.Caller.Urn($"keyspaces/{api.KeyspaceId}/keys/*", "decrypt_key"));
        return context.Deny(required) ?? (api.StoresEncryptedKeys ? null : s_notEnabled);
    }

    /// <summary>The permission to list the keys of an API.</summary>
    internal static PermissionExpression Required(OperationContext context, string apiId, string keyspaceId) => PermissionExpression.Any(
        PermissionExpression.All(
            PermissionExpression.Any("api.*.read_key", $"api.{apiId}.read_key"),
            PermissionExpression.Any("api.*.read_api", $"api.{apiId}.read_api")),
        PermissionExpression.All(
            context.Caller.Urn($"keyspaces/{keyspaceId}/keys/*", "read_key"),
            context.Caller.Urn($"keyspaces/{keyspaceId}", "read_keyspace")));

    /// <summary>Keys of a keyspace in the order of their ids.</summary>
    /// <param name="session">The session.</param>
    /// <param name="keyspaceId">The keyspace.</param>
    /// <param name="identityId">Only keys of this identity; <see langword="null"/> for all.</param>
    /// <param name="cursor">First id that may be returned.</param>
    /// <param name="count">Most rows.</param>
    internal static List<KeyRow> Rows(StoreSession session, string keyspaceId, string? identityId, string cursor, int count) =>
        identityId is null
            ? session.ListKeys(keyspaceId, cursor, count)
            : session.ListKeysOfIdentity(keyspaceId, identityId, cursor, count);
}
