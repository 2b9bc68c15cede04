using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>identities.updateIdentity</c>: absent members keep; metadata and limits replace what is stored as a whole.</summary>
internal sealed class UpdateIdentity() : Operation<UpdateIdentityRequest>(
    "/v2/identities.updateIdentity",
    SchemaNode.Closed(
        SchemaProperty.Required("identity", RequestSchemas.IdentityIdOrExternalId),
        SchemaProperty.Optional("meta", RequestSchemas.Meta),
        SchemaProperty.Optional("ratelimits", RequestSchemas.Ratelimits)),
    RequestJson.Default)
{
    private const string EmptyMeta = "{}";

    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Changes an identity. Absent members keep what is stored; metadata and limits replace it.",
        Details = "The answer repeats the metadata of the request; it has none when the request had none.",
        Permissions = ["identity.*.update_identity"],
        Example = """{"identity":"customer_7","meta":{"plan":"free"}}""",
        Data = IdentityData.Schema,
        Refusals = [ErrorCode.IdentityNotFound],
    };

    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, UpdateIdentityRequest request)
    {
        if (context.Deny(IdentityAccess.Required(context, "update_identity")) is { } denied)
        {
            return denied;
        }

        if (Repeated(request.Ratelimits) is { } name)
        {
            return OperationResult.Refused(ErrorCode.InvalidInput, $"Ratelimit with name '{name}' is already defined in the request");
        }

        string? meta = request.Meta is { } element ? MetaText.Compact(element) : null;
        return meta is not null && MetaText.CheckIdentitySize(meta) is { } tooLarge
            ? tooLarge
            : await context.WriteAsync(session => Update(session, context, request, meta)).ConfigureAwait(false);
    }

    /// <summary>Changes an identity; the names of the limits are distinct.</summary>
    internal static OperationResult Update(StoreSession session, OperationContext context, UpdateIdentityRequest request, string? meta)
    {
        if (IdentityAccess.Find(session, context, request.Identity) is not IdentityRow identity)
        {
            return IdentityAccess.NotFound;
        }

        if (meta is not null || request.Ratelimits is not null)
        {
            IdentityRow changed = meta is null ? identity : identity with { Meta = meta == EmptyMeta ? null : meta };
            session.UpdateIdentity(changed, context.NowMs);
            AuditTrail audit = new(context, session, isCorrelated: true);
            audit.Add("identity.update", "identity", identity.Id, identity.ExternalId);
            if (request.Ratelimits is { } limits)
            {
                ReplaceLimits(session, context, audit, identity, limits);
            }
        }

        // The answer repeats the metadata of the request and not the stored one: clients of the reference know it so.
        return OperationResult.Success(new IdentityData(identity with { Meta = meta }, session.RatelimitsOfIdentity(identity.Id)));
    }

    private static void ReplaceLimits(
        StoreSession session, OperationContext context, AuditTrail audit, IdentityRow identity, RatelimitInput[] limits)
    {
        List<RatelimitRow> before = session.RatelimitsOfIdentity(identity.Id);
        KeyLinks.ReplaceRatelimits(session, context, before, limits, keyId: null, identity.Id);
        Dictionary<string, RatelimitRow> gone = before.ToDictionary(static row => row.Id, StringComparer.Ordinal);
        foreach (RatelimitRow row in session.RatelimitsOfIdentity(identity.Id))
        {
            if (!gone.Remove(row.Id, out RatelimitRow? former))
            {
                audit.Add("ratelimit.create", "ratelimit", row.Id, row.Name);
            }
            else if (former != row)
            {
                audit.Add("ratelimit.update", "ratelimit", row.Id, row.Name);
            }
        }

        foreach (RatelimitRow row in gone.Values)
        {
            audit.Add("ratelimit.delete", "ratelimit", row.Id, row.Name);
        }
    }

    /// <summary>The first name that two limits have, or <see langword="null"/>.</summary>
    internal static string? Repeated(RatelimitInput[]? limits)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        return limits?.FirstOrDefault(limit => !names.Add(limit.Name))?.Name;
    }
}
