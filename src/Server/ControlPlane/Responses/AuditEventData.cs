using System.Text.Json;
using Unkey.Server.Storage.Rows;

namespace Unkey.Server.ControlPlane.Responses;

/// <summary>An entry of the audit log as the API shows it. Immutable.</summary>
/// <param name="Row">The stored entry.</param>
internal sealed record AuditEventData(AuditEntryRow Row) : IResponseData
{
    /// <inheritdoc/>
    public void WriteTo(Utf8JsonWriter writer)
    {
        AuditRow entry = Row.Entry;
        writer.WriteStartObject();
        writer.WriteString("id"u8, Row.Id);
        writer.WriteNumber("time"u8, entry.TimeMs);
        writer.WriteString("event"u8, entry.Event);
        writer.WriteStartObject("actor"u8);
        writer.WriteString("type"u8, entry.ActorId == AuditTrail.ServerActor ? "system"u8 : "rootkey"u8);
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
