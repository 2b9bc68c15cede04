using System.Collections.Generic;
using System.Text.Json;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage.Rows;

namespace Unkey.Server.ControlPlane.Responses;

/// <summary>The key object of getKey, whoami and listKeys. Immutable.</summary>
internal sealed record KeyData : IResponseData
{
    /// <summary>What <see cref="WriteTo"/> writes when nobody may have asked for the plain text.</summary>
    public static SchemaNode Schema { get; } = Describe("Key");

    /// <summary>What <see cref="WriteTo"/> writes when the plain text may have been asked for.</summary>
    public static SchemaNode SchemaWithPlainText { get; } = Describe(
        "KeyWithPlaintext", SchemaProperty.Optional("plaintext", SchemaNode.Text(1).Described("The whole key: when it is recoverable and was asked for.")));

    /// <summary>The stored key.</summary>
    public required KeyRow Key { get; init; }

    /// <summary>The live balance; <see langword="null"/> for unlimited.</summary>
    public required long? Remaining { get; init; }

    /// <summary>Slugs, direct and by roles: sorted, each once.</summary>
    public required IReadOnlyList<string> Slugs { get; init; }

    /// <summary>Roles, by name.</summary>
    public required IReadOnlyList<RoleRow> Roles { get; init; }

    /// <summary>The key's own limits.</summary>
    public required IReadOnlyList<RatelimitRow> Limits { get; init; }

    /// <summary>The live identity it is linked to.</summary>
    public IdentityData? Identity { get; init; }

    /// <summary>The whole key, when it was asked for and is stored encrypted.</summary>
    public string? PlainText { get; init; }

    /// <summary>Keeps the key out of any text made of the record.</summary>
    public override string ToString() => Key.Id;

    /// <inheritdoc/>
    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("keyId"u8, Key.Id);
        writer.WriteString("start"u8, Key.Start);
        writer.WriteBoolean("enabled"u8, Key.IsEnabled);
        if (!string.IsNullOrEmpty(Key.Name))
        {
            writer.WriteString("name"u8, Key.Name);
        }

        RatelimitData.WriteMeta(writer, Key.Meta);
        writer.WriteNumber("createdAt"u8, Key.CreatedAtMs);
        WriteOptional(writer, "updatedAt", Key.UpdatedAtMs);
        WriteOptional(writer, "lastUsedAt", Key.LastUsedAtMs);
        WriteOptional(writer, "expires", Key.ExpiresAtMs);
        WriteNames(writer);
        if (Remaining is not null)
        {
            writer.WritePropertyName("credits"u8);
            new CreditsData(Remaining, Key.RefillAmount, Key.RefillDay).WriteTo(writer);
        }

        if (Identity is not null)
        {
            writer.WritePropertyName("identity"u8);
            Identity.WriteTo(writer);
        }

        RatelimitData.WriteMember(writer, Limits);
        if (PlainText is not null)
        {
            writer.WriteString("plaintext"u8, PlainText);
        }

        writer.WriteEndObject();
    }

    private static SchemaNode Describe(string component, params SchemaProperty[] more) => SchemaNode.Closed(
    [
        SchemaProperty.Required("keyId", ResponseSchemas.Id("Id of the key.")),
        SchemaProperty.Required("start", SchemaNode.Text().Described("How the key starts; empty for an imported key that was never verified.")),
        SchemaProperty.Required("enabled", SchemaNode.Boolean.Described("Whether it may be used.")),
        SchemaProperty.Optional("name", SchemaNode.Text(1).Described("Name for people.")),
        SchemaProperty.Optional("meta", ResponseSchemas.Meta),
        SchemaProperty.Required("createdAt", ResponseSchemas.Time("Unix milliseconds.")),
        SchemaProperty.Optional("updatedAt", ResponseSchemas.Time("Unix milliseconds; absent when it was never changed.")),
        SchemaProperty.Optional("lastUsedAt", ResponseSchemas.Time("Unix milliseconds; absent when no use is known.")),
        SchemaProperty.Optional("expires", ResponseSchemas.Time("When it stops being valid, in unix milliseconds; absent for never.")),
        SchemaProperty.Optional("permissions", ResponseSchemas.Slugs),
        SchemaProperty.Optional("roles", ResponseSchemas.RoleNames),
        SchemaProperty.Optional("credits", RequestSchemas.Credits),
        SchemaProperty.Optional("identity", IdentityData.Schema),
        SchemaProperty.Optional("ratelimits", ResponseSchemas.Ratelimits),
        .. more,
    ])
        .Named(component);

    private static void WriteOptional(Utf8JsonWriter writer, string name, long? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(name, number);
        }
    }

    private void WriteNames(Utf8JsonWriter writer)
    {
        if (Slugs.Count > 0)
        {
            writer.WriteStartArray("permissions"u8);
            foreach (string slug in Slugs)
            {
                writer.WriteStringValue(slug);
            }

            writer.WriteEndArray();
        }

        if (Roles.Count > 0)
        {
            writer.WriteStartArray("roles"u8);
            foreach (RoleRow role in Roles)
            {
                writer.WriteStringValue(role.Name);
            }

            writer.WriteEndArray();
        }
    }
}
