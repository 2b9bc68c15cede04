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
        SchemaProperty.Required(
            "algorithm", SchemaNode.OneOf(MigrationAlgorithm.Sha256, MigrationAlgorithm.PrefixedApiKey).Described("What a hash is made of, and how.")),
        SchemaProperty.Optional("migrationId", SchemaNode.Text(8, 256).Described("An id of your choice; made when absent."))),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Says how the hashes of keys to import were made.",
        Details = "An extension: the hosted service sets migrations up by hand.",
        Permissions = ["migration.*.create_migration"],
        Example = """{"algorithm":"sha256","migrationId":"from_legacy"}""",
        Data = FieldsData.Schema(("migrationId", "Id of the migration.")),
        Refusals = [ErrorCode.MigrationAlreadyExists],
    };

    /// <inheritdoc/>
    protected override ValueTask<OperationResult> HandleAsync(OperationContext context, CreateMigrationRequest request) => context.WriteAsync(
        "migration.*.create_migration",
        session =>
        {
            MigrationRow migration = new(request.MigrationId ?? Identifiers.New("mig"), request.Algorithm);
            if (!session.TryInsertMigration(migration, context.Caller.WorkspaceId, context.NowMs))
            {
                return OperationResult.Refused(
                    ErrorCode.MigrationAlreadyExists, $"A migration with id '{migration.Id}' already exists in this workspace.");
            }

            new AuditTrail(context, session).Add("migration.create", "migration", migration.Id, migration.Algorithm);
            return OperationResult.Success(new FieldsData(("migrationId", migration.Id)));
        });
}
