using System.Text.Json;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage.Rows;

namespace Unkey.Server.ControlPlane.Responses;

/// <summary>A permission as the API shows it. Immutable.</summary>
/// <param name="Permission">The stored permission.</param>
internal sealed record PermissionData(PermissionRow Permission) : IResponseData
{
    /// <summary>What <see cref="WriteTo"/> writes.</summary>
    public static SchemaNode Schema { get; } = SchemaNode.Closed(
        SchemaProperty.Required("id", ResponseSchemas.Id("Id of the permission.")),
        SchemaProperty.Required("name", SchemaNode.Text(1).Described("Name for people.")),
        SchemaProperty.Required("slug", SchemaNode.Text(1).Described("What keys have and verifications ask for.")),
        SchemaProperty.Optional("description", SchemaNode.Text(1).Described("What it allows.")))
        .Named("Permission");

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
