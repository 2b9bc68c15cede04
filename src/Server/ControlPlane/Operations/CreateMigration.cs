using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>migrations.createMigration</c>, an extension: what the reference sets up out of band before keys are imported.</summary>
internal sealed class CreateMigration() : Operation<CreateMigrationRequest>(
    "/v2/migrations.createMigration",
    SchemaNode.Closed(
        SchemaProperty.Required("algorithm", SchemaNode.OneOf(MigrationAlgorithm.Sha256, MigrationAlgorithm.PrefixedApiKey)),
        SchemaProperty.Optional("migrationId", SchemaNode.Text(8, 256))),
    RequestJson.Default.CreateMigrationRequest)
{
    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, CreateMigrationRequest request)
    {
        if (context.Deny("migration.*.create_migration") is { } denied)
        {
            return denied;
        }

        return await context.WriteAsync(session =>
        {
            MigrationRow migration = new(request.MigrationId ?? Identifiers.New("mig"), request.Algorithm);
            if (!session.TryInsertMigration(migration, context.Caller.WorkspaceId, context.NowMs))
            {
                return OperationResult.Refused(
                    ErrorCode.MigrationAlreadyExists, $"A migration with id '{migration.Id}' already exists in this workspace.");
            }

            new AuditTrail(context, session).Add("migration.create", "migration", migration.Id, migration.Algorithm);
            return OperationResult.Success(new FieldsData(("migrationId", migration.Id)));
        }).ConfigureAwait(false);
    }
}
