using System.Text.Json;
using Unkey.Server.Storage.Rows;

namespace Unkey.Server.ControlPlane.Responses;

/// <summary>A permission as the API shows it. Immutable.</summary>
/// <param name="Permission">The stored permission.</param>
internal sealed record PermissionData(PermissionRow Permission) : IResponseData
{
    /// <inheritdoc/>
    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, Permission.Id);
        writer.WriteString("name"u8, Permission.Name);
        writer.WriteString("slug"u8, Permission.Slug);
        if (!string.IsNullOrEmpty(Permission.Description))
        {
            writer.WriteString("description"u8, Permission.Description);
        }

        writer.WriteEndObject();
    }
}
