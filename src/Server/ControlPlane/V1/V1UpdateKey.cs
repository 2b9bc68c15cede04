using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.ControlPlane.V1.Requests;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.V1;

/// <summary><c>keys.updateKey</c> of v1: absent members keep, null clears, values set. Of the key's limits it changes only the one it knows.</summary>
internal sealed class V1UpdateKey() : V1Operation<V1UpdateKeyRequest>(
    "keys.updateKey",
    SchemaNode.Open(
        SchemaProperty.Required("keyId", V1Schemas.Id),
        SchemaProperty.Optional("name", V1Schemas.Name.OrNull()),
        SchemaProperty.Optional("ownerId", V1Schemas.ExternalId.OrNull()),
        SchemaProperty.Optional("externalId", V1Schemas.ExternalId.OrNull()),
        SchemaProperty.Optional("meta", V1Schemas.Meta.OrNull()),
        SchemaProperty.Optional("expires", V1Schemas.Expires.OrNull()),
        SchemaProperty.Optional("ratelimit", V1RatelimitInput.Schema.OrNull()),
        SchemaProperty.Optional("remaining", SchemaNode.Integer(0).OrNull()),
        SchemaProperty.Optional("refill", V1Schemas.Refill.OrNull()),
        SchemaProperty.Optional("enabled", SchemaNode.Boolean),
        SchemaProperty.Optional("roles", V1Schemas.References),
        SchemaProperty.Optional("permissions", V1Schemas.References)),
    V1RequestJson.Default)
{
    /// <inheritdoc/>
    public override bool Revokes(JsonElement body) => body.TryGetProperty("enabled", out JsonElement enabled) && enabled.ValueKind == JsonValueKind.False;

    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, V1UpdateKeyRequest request)
    {
        string? meta = request.Meta.HasValue ? MetaText.Compact(request.Meta.Value) : null;
        return await context.WriteAsync(session => Update(session, context, request, meta)).ConfigureAwait(false);
    }

    private static OperationResult Update(StoreSession session, OperationContext context, V1UpdateKeyRequest request, string? meta)
    {
        if (KeyAccess.Live(session, context, session.FindKey(request.KeyId)) is not (KeyRow key, ApiRow api))
        {
            return V1Access.KeyNotFound(request.KeyId);
        }

        if (context.Deny(KeyAccess.Required(context, key, api, "update_key")) is { } denied)
        {
            return denied;
        }

        if (Refused(request, key) is { } refused)
        {
            return refused;
        }

        AuditTrail audit = new(context, session, isCorrelated: true);
        List<RoleRow>? roles = null;
        if (request.Roles is { } wantedRoles && V1Access.Roles(session, context, audit, wantedRoles, out roles) is { } unknownRole)
        {
            return unknownRole;
        }

        List<PermissionRow>? permissions = null;
        return request.Permissions is { } wanted && V1Access.Permissions(session, context, audit, wanted, out permissions) is { } unknownPermission
            ? unknownPermission
            : UpdateKey.Apply(session, context, audit, key, Translated(session, request), meta, permissions, roles);
    }

    private static ApiError? Refused(V1UpdateKeyRequest request, KeyRow key)
    {
        if (request.Ratelimit.Value?.Problem is { } problem)
        {
            return problem;
        }

        if (request.Refill.Value is not { } refill)
        {
            return null;
        }

        bool isUnlimited = request.Remaining.IsPresent ? request.Remaining.IsNull : key.Remaining is null;
        return isUnlimited
            ? new ApiError(ErrorCode.InvalidInput, "refill: cannot be set on a key with unlimited remaining; set remaining as well")
            : V1Schemas.RefillProblem(refill);
    }

    private static UpdateKeyRequest Translated(StoreSession session, V1UpdateKeyRequest request) => new()
    {
        KeyId = request.KeyId,
        Name = request.Name,
        ExternalId = request.ExternalId.IsPresent ? request.ExternalId : request.OwnerId,
        Meta = request.Meta,
        Expires = request.Expires,
        Credits = Credits(request),
        Ratelimits = request.Ratelimit.IsPresent ? Limits(session, request) : null,
        Enabled = request.Enabled,
    };

    private static Optional<UpdateCreditsInput> Credits(V1UpdateKeyRequest request)
    {
        if (!request.Remaining.IsPresent && !request.Refill.IsPresent)
        {
            return default;
        }

        Optional<RefillInput> refill = request.Refill.Value is { } given ? request.Refill with { Value = V1Schemas.Complete(given) } : request.Refill;
        return new Optional<UpdateCreditsInput>(
            new UpdateCreditsInput { Remaining = request.Remaining, Refill = refill }, IsPresent: true, IsNull: false);
    }

    // All limits afterwards: those that v1 does not know stay.
    private static RatelimitInput[] Limits(StoreSession session, V1UpdateKeyRequest request)
    {
        IEnumerable<RatelimitInput> others = session.RatelimitsOfKey(request.KeyId)
            .Where(static row => row.Name != V1RatelimitInput.Name)
            .Select(static row => new RatelimitInput(row.Name, row.Limit, row.DurationMs, row.AutoApply));
        return [.. request.Ratelimit.Value is { } limit ? others.Append(limit.ToInput()) : others];
    }
}
