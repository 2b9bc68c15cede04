using System.Collections.Generic;
using System.Text.Json;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage.Rows;

namespace Unkey.Server.ControlPlane.Responses;

/// <summary>A role as the API shows it. Immutable.</summary>
/// <param name="Role">The stored role.</param>
/// <param name="Permissions">Its permissions.</param>
internal sealed record RoleData(RoleRow Role, IReadOnlyList<PermissionRow> Permissions) : IResponseData
{
    /// <summary>What <see cref="WriteTo"/> writes.</summary>
    public static SchemaNode Schema { get; } = SchemaNode.Closed(
        SchemaProperty.Required("id", ResponseSchemas.Id("Id of the role.")),
        SchemaProperty.Required("name", SchemaNode.Text(1).Described("Its name.")),
        SchemaProperty.Optional("description", SchemaNode.Text(1).Described("What it is for.")),
        SchemaProperty.Optional("permissions", SchemaNode.ListOf(PermissionData.Schema, itemsMin: 1).Described("Absent when it has none.")))
        .Named("Role");

    /// <inheritdoc/>
    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, Role.Id);
        writer.WriteString("name"u8, Role.Name);
        if (!string.IsNullOrEmpty(Role.Description))
        {
            writer.WriteString("description"u8, Role.Description);
        }

        if (Permissions.Count > 0)
        {
            writer.WriteStartArray("permissions"u8);
            foreach (PermissionRow permission in Permissions)
            {
                new PermissionData(permission).WriteTo(writer);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }
}
