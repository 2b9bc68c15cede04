using System.Collections.Generic;
using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>keys.updateKey</c>: absent members keep, null clears, values set; lists replace the whole set.</summary>
internal sealed class UpdateKey() : Operation<UpdateKeyRequest>(
    "/v2/keys.updateKey",
    SchemaNode.Closed(
        SchemaProperty.Required("keyId", RequestSchemas.KeyId),
        SchemaProperty.Optional("name", RequestSchemas.KeyName.OrNull()),
        SchemaProperty.Optional("externalId", RequestSchemas.ExternalId.OrNull()),
        SchemaProperty.Optional("meta", RequestSchemas.Meta.OrNull()),
        SchemaProperty.Optional("expires", RequestSchemas.Expires.OrNull()),
        SchemaProperty.Optional("credits", RequestSchemas.CreditsUpdate.OrNull()),
        SchemaProperty.Optional("ratelimits", RequestSchemas.Ratelimits),
        SchemaProperty.Optional("enabled", SchemaNode.Boolean.Described("Whether it may be used.")),
        SchemaProperty.Optional("roles", RequestSchemas.RoleNames),
        SchemaProperty.Optional("permissions", RequestSchemas.Slugs)),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Changes a key. Absent members keep what is stored, null clears it, lists replace it.",
        Permissions = ["api.*.update_key"],
        Example = """{"keyId":"key_MWsVoLbZy","enabled":false}""",
        Data = EmptyData.Schema,
        Refusals = [ErrorCode.KeyNotFound, ErrorCode.RoleNotFound],
    };

    /// <inheritdoc/>
    public override bool Revokes(JsonElement body) => body.TryGetProperty("enabled", out JsonElement enabled) && enabled.ValueKind == JsonValueKind.False;

    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, UpdateKeyRequest request)
    {
        string? meta = request.Meta.HasValue ? MetaText.Compact(request.Meta.Value) : null;
        return await context.WriteAsync(session => Update(session, context, request, meta)).ConfigureAwait(false);
    }

    private static OperationResult Update(StoreSession session, OperationContext context, UpdateKeyRequest request, string? meta)
    {
        if (!KeyAccess.TryFind(session, context, request.KeyId, "update_key", out KeyRow? key, out ApiError? refused))
        {
            return refused;
        }

        if (RefillError(request) is { } wrongRefill)
        {
            return wrongRefill;
        }

        List<RoleRow> roles = [];
        if (request.Roles is { } names && KeyLinks.FindRoles(session, context, names, out roles) is { } unknownRole)
        {
            return unknownRole;
        }

        AuditTrail audit = new(context, session, isCorrelated: true);
        List<PermissionRow>? permissions = request.Permissions is { } slugs
            ? KeyLinks.EnsurePermissions(session, context, audit, slugs, isDescribed: true)
            : null;
        return Apply(session, context, audit, key, request, meta, permissions, request.Roles is null ? null : roles);
    }

    /// <summary>Changes a key. What the request may ask for has been checked.</summary>
    /// <param name="session">The session.</param>
    /// <param name="context">The call.</param>
    /// <param name="audit">Receives the entries.</param>
    /// <param name="key">The key before.</param>
    /// <param name="request">What was asked for; its permissions and roles are not looked at.</param>
    /// <param name="meta">Its metadata as it is stored.</param>
    /// <param name="permissions">All direct permissions afterwards; <see langword="null"/> to keep them.</param>
    /// <param name="roles">All roles afterwards; <see langword="null"/> to keep them.</param>
    internal static OperationResult Apply(
        StoreSession session,
        OperationContext context,
        AuditTrail audit,
        KeyRow key,
        UpdateKeyRequest request,
        string? meta,
        List<PermissionRow>? permissions,
        List<RoleRow>? roles)
    {
        session.UpdateKey(Changed(session, context, request, key, meta), context.NowMs);
        UpdateBalance(session, key, request.Credits);
        if (roles is not null)
        {
            KeyLinks.SetRoles(session, context, audit, key.Id, roles);
        }

        if (permissions is not null)
        {
            KeyLinks.SetPermissions(session, context, audit, key.Id, permissions);
        }

        if (request.Ratelimits is { } limits)
        {
            KeyLinks.ReplaceRatelimits(session, context, session.RatelimitsOfKey(key.Id), limits, key.Id, identityId: null);
        }

        audit.Add("key.update", "key", key.Id, key.Name);
        return OperationResult.Empty;
    }

    private static ApiError? RefillError(UpdateKeyRequest request)
    {
        if (request.Credits.Value?.Refill.Value is not { } refill)
        {
            return null;
        }

        if (refill.LacksDay)
        {
            return new ApiError(ErrorCode.InvalidInput, "`credits.refill.refillDay` must be provided when the refill interval is `monthly`.");
        }

        return refill is { Interval: RefillInput.Daily, RefillDay: not null }
            ? new ApiError(ErrorCode.InvalidInput, "`credits.refill.refillDay` must not be provided when the refill interval is `daily`.")
            : null;
    }

    private static KeyRow Changed(StoreSession session, OperationContext context, UpdateKeyRequest request, KeyRow key, string? meta)
    {
        (long? amount, long? day) = Refill(request.Credits, key);
        return key with
        {
            Name = request.Name.IsPresent ? request.Name.Value : key.Name,
            Meta = request.Meta.IsPresent ? meta : key.Meta,
            ExpiresAtMs = request.Expires.IsPresent ? (request.Expires.IsNull ? null : request.Expires.Value) : key.ExpiresAtMs,
            IsEnabled = request.Enabled ?? key.IsEnabled,
            IdentityId = request.ExternalId switch
            {
                { IsPresent: false } => key.IdentityId,
                { Value: { } externalId } => KeyLinks.EnsureIdentity(session, context, externalId),
                _ => null,
            },
            RefillAmount = amount,
            RefillDay = day,
        };
    }

    /// <summary>The refill after the update: unlimited credits have none.</summary>
    private static (long? Amount, long? Day) Refill(Optional<UpdateCreditsInput> credits, KeyRow key)
    {
        if (credits.IsNull || credits.Value is { Remaining.IsNull: true } or { Refill.IsNull: true })
        {
            return (null, null);
        }

        return credits.Value?.Refill.Value is { } refill
            ? (refill.Amount, refill.Interval == RefillInput.Monthly ? refill.RefillDay : null)
            : (key.RefillAmount, key.RefillDay);
    }

    private static void UpdateBalance(StoreSession session, KeyRow key, Optional<UpdateCreditsInput> credits)
    {
        if (credits.IsNull || credits.Value is { Remaining.IsNull: true })
        {
            session.SetRemaining(key.Id, null);
        }
        else if (credits.Value is { Remaining: { HasValue: true, Value: var remaining } })
        {
            session.SetRemaining(key.Id, remaining);
        }
    }
}
