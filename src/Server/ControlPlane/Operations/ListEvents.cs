using System;
using System.Globalization;
using System.Threading.Tasks;
using Unkey.Engine.Permissions;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>audit.listEvents</c>, an extension: who changed what in the caller's workspace, newest first.</summary>
internal sealed class ListEvents() : Operation<ListEventsRequest>(
    "/v2/audit.listEvents",
    SchemaNode.Closed(
        SchemaProperty.Optional("limit", RequestSchemas.PageSize),
        SchemaProperty.Optional("cursor", RequestSchemas.Cursor),
        SchemaProperty.Optional("since", SchemaNode.Integer(0).Described("Not before this time, in unix milliseconds.")),
        SchemaProperty.Optional("until", SchemaNode.Integer(0).Described("Before this time, in unix milliseconds.")),
        SchemaProperty.Optional("event", SchemaNode.Text(1, 128).Described("Only this event, such as key.create.")),
        SchemaProperty.Optional("actor", SchemaNode.Text(1, 255).Described("Only what the root key with this id did.")),
        SchemaProperty.Optional("resource", SchemaNode.Text(1, 255).Described("Only what was done to the thing with this id."))),
    RequestJson.Default)
{
    private const char CursorSeparator = '_';

    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Lists what was changed in the workspace, and by whom, newest first.",
        Details = "An extension.",
        Permissions = ["audit.*.read_audit"],
        Example = """{"limit":20,"event":"key.create"}""",
        Data = SchemaNode.ListOf(AuditEventData.Schema),
        IsList = true,
    };

    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, ListEventsRequest request)
    {
        if (context.Deny(PermissionExpression.Any("audit.*.read_audit")) is { } denied)
        {
            return denied;
        }

        AuditFilter filter = new()
        {
            SinceMs = request.Since,
            UntilMs = request.Until,
            Event = request.Event,
            ActorId = request.Actor,
            ResourceId = request.Resource,
        };
        if (request.Cursor is { } cursor)
        {
            if (!TryReadCursor(cursor, out long timeMs, out long sequence))
            {
                return OperationResult.Refused(ErrorCode.InvalidInput, "The cursor is not one that this list has given out.");
            }

            filter = filter with { FromMs = timeMs, FromSequence = sequence };
        }

        return await context.ReadAsync(session => List(session, context, filter, (int)(request.Limit ?? Paging.DefaultSize)))
            .ConfigureAwait(false);
    }

    private static OperationResult List(StoreSession session, OperationContext context, AuditFilter filter, int size) => Paging.Page(
        session.ListAudit(context.Caller.WorkspaceId, filter, size + 1), size, Cursor, static row => new AuditEventData(row));

    private static string Cursor(AuditEntryRow row) =>
        string.Create(CultureInfo.InvariantCulture, $"{row.Entry.TimeMs}{CursorSeparator}{row.Sequence}");

    private static bool TryReadCursor(string cursor, out long timeMs, out long sequence)
    {
        int separator = cursor.IndexOf(CursorSeparator, StringComparison.Ordinal);
        sequence = 0;
        return long.TryParse(cursor.AsSpan(0, int.Max(separator, 0)), NumberStyles.None, CultureInfo.InvariantCulture, out timeMs)
            && long.TryParse(cursor.AsSpan(separator + 1), NumberStyles.None, CultureInfo.InvariantCulture, out sequence);
    }
}
