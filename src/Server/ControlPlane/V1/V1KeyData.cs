using System.Text.Json;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.V1.Requests;
using Unkey.Server.Storage.Rows;

namespace Unkey.Server.ControlPlane.V1;

/// <summary>The key object of v1's getKey and listKeys. Immutable.</summary>
/// <param name="Shown">The key as v2 shows it.</param>
/// <param name="ApiId">Its API.</param>
internal sealed record V1KeyData(KeyData Shown, string ApiId) : IResponseData
{
    /// <summary>Keeps the key out of any text made of the record.</summary>
    public override string ToString() => Shown.ToString();

    /// <inheritdoc/>
    public void WriteTo(Utf8JsonWriter writer)
    {
        KeyRow key = Shown.Key;
        writer.WriteStartObject();
        writer.WriteString("id"u8, key.Id);
        writer.WriteString("start"u8, key.Start);
        writer.WriteString("workspaceId"u8, key.WorkspaceId);
        writer.WriteString("apiId"u8, ApiId);
        V1Members.WriteText(writer, "name", key.Name);
        RatelimitData.WriteMeta(writer, key.Meta);
        writer.WriteNumber("createdAt"u8, key.CreatedAtMs);
        V1Members.WriteNumber(writer, "updatedAt", key.UpdatedAtMs);
        V1Members.WriteNumber(writer, "expires", key.ExpiresAtMs);
        V1Members.WriteNumber(writer, "remaining", Shown.Remaining);
        WriteRefill(writer, key);
        WriteRatelimit(writer);
        WriteNames(writer);
        writer.WriteBoolean("enabled"u8, key.IsEnabled);
        V1Members.WriteText(writer, "plaintext", Shown.PlainText);
        V1Members.WriteText(writer, "environment", key.Environment);
        if (Shown.Identity is { } identity)
        {
            writer.WriteString("ownerId"u8, identity.Identity.ExternalId);
            V1Members.WriteIdentity(writer, identity.Identity);
        }

        writer.WriteEndObject();
    }

    private static void WriteRefill(Utf8JsonWriter writer, KeyRow key)
    {
        if (key.RefillAmount is not { } amount)
        {
            return;
        }

        writer.WriteStartObject("refill"u8);
        writer.WriteString("interval"u8, key.RefillDay is null ? RefillInput.Daily : RefillInput.Monthly);
        writer.WriteNumber("amount"u8, amount);
        if (key.RefillDay is { } day)
        {
            writer.WriteNumber("refillDay"u8, day);
        }
        else
        {
            writer.WriteNull("refillDay"u8);
        }

        V1Members.WriteNumber(writer, "lastRefillAt", key.LastRefillAtMs);
        writer.WriteEndObject();
    }

    private void WriteRatelimit(Utf8JsonWriter writer)
    {
        foreach (RatelimitRow limit in Shown.Limits)
        {
            if (limit.Name == V1RatelimitInput.Name)
            {
                writer.WriteStartObject("ratelimit"u8);
                writer.WriteBoolean("async"u8, false);
                writer.WriteString("type"u8, "consistent"u8);
                writer.WriteNumber("limit"u8, limit.Limit);
                writer.WriteNumber("duration"u8, limit.DurationMs);
                writer.WriteNumber("refillRate"u8, limit.Limit);
                writer.WriteNumber("refillInterval"u8, limit.DurationMs);
                writer.WriteEndObject();
            }
        }
    }

    private void WriteNames(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("roles"u8);
        foreach (RoleRow role in Shown.Roles)
        {
            writer.WriteStringValue(role.Name);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("permissions"u8);
        foreach (string slug in Shown.Slugs)
        {
            writer.WriteStringValue(slug);
        }

        writer.WriteEndArray();
    }
}
