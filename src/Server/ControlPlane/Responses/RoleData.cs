using System.Collections.Generic;
using System.Text.Json;
using Unkey.Server.Storage.Rows;

namespace Unkey.Server.ControlPlane.Responses;

/// <summary>A role as the API shows it. Immutable.</summary>
/// <param name="Role">The stored role.</param>
/// <param name="Permissions">Its permissions.</param>
internal sealed record RoleData(RoleRow Role, IReadOnlyList<PermissionRow> Permissions) : IResponseData
{
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
