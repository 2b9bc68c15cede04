using System.Text.Json;
using Unkey.Server.Storage.Rows;

namespace Unkey.Server.ControlPlane.V1;

/// <summary>Writes members that several answers of v1 share; what is empty is left out. Stateless, any thread.</summary>
internal static class V1Members
{
    /// <summary>Writes a text.</summary>
    public static void WriteText(Utf8JsonWriter writer, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            writer.WriteString(name, value);
        }
    }

    /// <summary>Writes a number.</summary>
    public static void WriteNumber(Utf8JsonWriter writer, string name, long? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(name, number);
        }
    }

    /// <summary>Writes the member <c>identity</c>, whose metadata is shown also when it is empty.</summary>
    public static void WriteIdentity(Utf8JsonWriter writer, IdentityRow identity)
    {
        writer.WriteStartObject("identity"u8);
        WriteIdentityMembers(writer, identity);
        writer.WriteEndObject();
    }

    /// <summary>Writes id, external id and metadata of an identity.</summary>
    public static void WriteIdentityMembers(Utf8JsonWriter writer, IdentityRow identity)
    {
        writer.WriteString("id"u8, identity.Id);
        writer.WriteString("externalId"u8, identity.ExternalId);
        writer.WritePropertyName("meta"u8);

        // Stored by MetaText, so it is one valid JSON object.
        writer.WriteRawValue(identity.Meta ?? "{}", skipInputValidation: true);
    }
}
