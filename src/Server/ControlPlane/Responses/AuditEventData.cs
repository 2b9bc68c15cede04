using System.Text.Json;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage.Rows;

namespace Unkey.Server.ControlPlane.Responses;

/// <summary>An entry of the audit log as the API shows it. Immutable.</summary>
/// <param name="Row">The stored entry.</param>
internal sealed record AuditEventData(AuditEntryRow Row) : IResponseData
{
    private const string SystemActor = "system";
    private const string RootKeyActor = "rootkey";

    /// <summary>What <see cref="WriteTo"/> writes.</summary>
    public static SchemaNode Schema { get; } = SchemaNode.Closed(
        SchemaProperty.Required("id", ResponseSchemas.Id("Id of the entry.")),
        SchemaProperty.Required("time", ResponseSchemas.Time("When it happened, in unix milliseconds.")),
        SchemaProperty.Required("event", SchemaNode.Text(1).Described("What was done, such as key.create.")),
        SchemaProperty.Required(
            "actor",
            SchemaNode.Closed(
                SchemaProperty.Required("type", SchemaNode.OneOf(SystemActor, RootKeyActor)),
                SchemaProperty.Required("id", SchemaNode.Text(1)),
                SchemaProperty.Required("name", SchemaNode.Text()))
                .Described("Who did it: a root key, or the server itself.")),
        SchemaProperty.Required(
            "resources",
            SchemaNode.ListOf(
                SchemaNode.Closed(
                    SchemaProperty.Required("type", SchemaNode.Text(1)),
                    SchemaProperty.Required("id", SchemaNode.Text(1)),
                    SchemaProperty.Optional("name", SchemaNode.Text(1))),
                itemsMin: 1,
                itemsMax: 2)
                .Described("What it was done to; two when they were linked.")),
        SchemaProperty.Required("requestId", SchemaNode.Text().Described("Request that did it; empty for the server itself.")),
        SchemaProperty.Optional("correlationId", ResponseSchemas.Id("Shared by the entries of one request.")),
        SchemaProperty.Optional("remoteAddress", SchemaNode.Text(1).Described("Address of the caller.")),
        SchemaProperty.Optional("userAgent", SchemaNode.Text(1).Described("User-Agent of the caller.")))
        .Named("AuditEvent");

    /// <inheritdoc/>
    public void WriteTo(Utf8JsonWriter writer)
    {
        AuditRow entry = Row.Entry;
        writer.WriteStartObject();
        writer.WriteString("id"u8, Row.Id);
        writer.WriteNumber("time"u8, entry.TimeMs);
        writer.WriteString("event"u8, entry.Event);
        writer.WriteStartObject("actor"u8);
        writer.WriteString("type"u8, entry.ActorId == AuditTrail.ServerActor ? SystemActor : RootKeyActor);
        writer.WriteString("id"u8, entry.ActorId);
        writer.WriteString("name"u8, entry.ActorName);
        writer.WriteEndObject();
        writer.WriteStartArray("resources"u8);
        WriteResource(writer, new AuditResource(entry.ResourceType, entry.ResourceId, entry.ResourceName));
        if (entry.Other is { } other)
        {
            WriteResource(writer, other);
        }

        writer.WriteEndArray();
        writer.WriteString("requestId"u8, entry.RequestId);
        WriteOptional(writer, "correlationId", entry.CorrelationId);
        WriteOptional(writer, "remoteAddress", entry.RemoteAddress);
        WriteOptional(writer, "userAgent", entry.UserAgent);
        writer.WriteEndObject();
    }

    private static void WriteResource(Utf8JsonWriter writer, AuditResource resource)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, resource.Type);
        writer.WriteString("id"u8, resource.Id);
        WriteOptional(writer, "name", resource.Name);
        writer.WriteEndObject();
    }

    private static void WriteOptional(Utf8JsonWriter writer, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            writer.WriteString(name, value);
        }
    }
}
