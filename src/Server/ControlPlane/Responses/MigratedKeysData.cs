using System.Collections.Generic;
using System.Text.Json;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane.Responses;

/// <summary>What became of an import. Filled by one thread, then written.</summary>
internal sealed class MigratedKeysData : IResponseData
{
    /// <summary>What <see cref="WriteTo"/> writes.</summary>
    public static SchemaNode Schema { get; } = SchemaNode.Closed(
        SchemaProperty.Required(
            "migrated",
            SchemaNode.ListOf(SchemaNode.Closed(
                SchemaProperty.Required("hash", SchemaNode.Text(1).Described("As it was sent.")),
                SchemaProperty.Required("keyId", ResponseSchemas.Id("Id of the new key."))))
                .Described("What was imported, in the order of the request.")),
        SchemaProperty.Required("failed", SchemaNode.ListOf(SchemaNode.Text(1)).Described("Hashes that were known already.")))
        .Named("MigratedKeys");

    /// <summary>Imported hashes and the ids of their keys, in the order of the request.</summary>
    public List<(string Hash, string KeyId)> Migrated { get; } = [];

    /// <summary>Hashes that were known already.</summary>
    public List<string> Failed { get; } = [];

    /// <inheritdoc/>
    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("migrated"u8);
        foreach ((string hash, string keyId) in Migrated)
        {
            writer.WriteStartObject();
            writer.WriteString("hash"u8, hash);
            writer.WriteString("keyId"u8, keyId);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("failed"u8);
        foreach (string hash in Failed)
        {
            writer.WriteStringValue(hash);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
