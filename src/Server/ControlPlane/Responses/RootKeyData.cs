using System.Collections.Generic;
using System.Text.Json;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage.Rows;

namespace Unkey.Server.ControlPlane.Responses;

/// <summary>A root key as listRootKeys shows it. Immutable.</summary>
/// <param name="Key">The stored key.</param>
/// <param name="Permissions">What it may do, sorted.</param>
internal sealed record RootKeyData(KeyRow Key, IReadOnlyList<string> Permissions) : IResponseData
{
    /// <summary>What <see cref="WriteTo"/> writes.</summary>
    public static SchemaNode Schema { get; } = SchemaNode.Closed(
        SchemaProperty.Required("keyId", ResponseSchemas.Id("Id of the root key.")),
        SchemaProperty.Required("name", SchemaNode.Text().Described("Name for people; empty when it has none.")),
        SchemaProperty.Required("start", SchemaNode.Text().Described("How the root key starts.")),
        SchemaProperty.Required("permissions", SchemaNode.ListOf(SchemaNode.Text(1)).Described("What it may do, sorted.")),
        SchemaProperty.Required("createdAt", ResponseSchemas.Time("Unix milliseconds.")),
        SchemaProperty.Optional("expires", ResponseSchemas.Time("When it stops being valid, in unix milliseconds; absent for never.")),
        SchemaProperty.Optional("lastUsedAt", ResponseSchemas.Time("The minute in which it was last used, in unix milliseconds, up to a minute behind; absent when it was not.")))
        .Named("RootKey");

    /// <inheritdoc/>
    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("keyId"u8, Key.Id);
        writer.WriteString("name"u8, Key.Name ?? "");
        writer.WriteString("start"u8, Key.Start);
        writer.WriteStartArray("permissions"u8);
        foreach (string permission in Permissions)
        {
            writer.WriteStringValue(permission);
        }

        writer.WriteEndArray();
        writer.WriteNumber("createdAt"u8, Key.CreatedAtMs);
        if (Key.ExpiresAtMs is { } expires)
        {
            writer.WriteNumber("expires"u8, expires);
        }

        if (Key.LastUsedAtMs is { } used)
        {
            writer.WriteNumber("lastUsedAt"u8, used);
        }

        writer.WriteEndObject();
    }
}
