using System;
using System.Buffers;
using System.Text.Json;
using Unkey.Engine.Events;

namespace Unkey.Server.Events.Outlets;

/// <summary>Events as JSON, one object a line, whose members are named as the columns of the public tables, behind a <c>type</c>. One thread.</summary>
/// <remarks>The encoder escapes everything that is not plain ASCII, so no value can end a line.</remarks>
internal sealed class EventLines : IDisposable
{
    private readonly ArrayBufferWriter<byte> _buffer = new(64 * 1024);
    private readonly Utf8JsonWriter _json;

    /// <summary>Creates an empty buffer.</summary>
    public EventLines() => _json = new Utf8JsonWriter(_buffer);

    /// <summary>Lines gathered since the last <see cref="Clear"/>.</summary>
    public int Count { get; private set; }

    /// <summary>Their bytes, until the next change.</summary>
    public ReadOnlySpan<byte> Written => _buffer.WrittenSpan;

    /// <summary>Begins again.</summary>
    public void Clear()
    {
        _buffer.ResetWrittenCount();
        Count = 0;
    }

    /// <summary>Adds the line of an event.</summary>
    /// <param name="payload">Payload of a ring's record.</param>
    public void Add(ReadOnlySpan<byte> payload)
    {
        if (VerificationEvent.TryRead(payload, out VerificationEvent verification))
        {
            Add(VerificationEventRow.Of(in verification));
        }
        else if (RatelimitEvent.TryRead(payload, out RatelimitEvent limit))
        {
            Add(RatelimitEventRow.Of(in limit));
        }
        else if (RequestEvent.TryRead(payload, out RequestEvent request))
        {
            Add(RequestEventRow.Of(in request));
        }
    }

    /// <summary>Adds a line that says how many lines are missing here.</summary>
    /// <param name="timeMs">Unix milliseconds.</param>
    /// <param name="count">Lines.</param>
    public void AddLost(long timeMs, long count)
    {
        Begin("lost");
        _json.WriteNumber("time", timeMs);
        _json.WriteNumber("count", count);
        End();
    }

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();

    private void Add(VerificationEventRow row)
    {
        Begin("verification");
        _json.WriteString("request_id", row.RequestId);
        _json.WriteNumber("time", row.TimeMs);
        _json.WriteString("workspace_id", row.WorkspaceId);
        _json.WriteString("key_space_id", row.KeyspaceId);
        _json.WriteString("identity_id", row.IdentityId);
        _json.WriteString("external_id", row.ExternalId);
        _json.WriteString("key_id", row.KeyId);
        _json.WriteString("region", "");
        _json.WriteString("source", VerificationEventRow.Source);
        _json.WriteString("app_id", "");
        _json.WriteString("outcome", row.Outcome);
        _json.WriteStartArray("tags");
        foreach (string tag in row.Tags)
        {
            _json.WriteStringValue(tag);
        }

        _json.WriteEndArray();
        _json.WriteNumber("spent_credits", row.SpentCredits);
        _json.WriteNumber("latency", row.LatencyMs);
        End();
    }

    private void Add(RatelimitEventRow row)
    {
        Begin("ratelimit");
        _json.WriteString("request_id", row.RequestId);
        _json.WriteNumber("time", row.TimeMs);
        _json.WriteString("workspace_id", row.WorkspaceId);
        _json.WriteString("namespace_id", row.NamespaceId);
        _json.WriteString("identifier", row.Identifier);
        _json.WriteBoolean("passed", row.Passed);
        _json.WriteNumber("latency", row.LatencyMs);
        _json.WriteString("override_id", row.OverrideId);
        _json.WriteNumber("limit", row.Limit);
        _json.WriteNumber("remaining", row.Remaining);
        _json.WriteNumber("reset_at", row.ResetMs);
        _json.WriteNumber("tokens", row.Tokens);
        End();
    }

    private void Add(RequestEventRow row)
    {
        Begin("request");
        _json.WriteString("request_id", row.RequestId);
        _json.WriteNumber("time", row.TimeMs);
        _json.WriteString("workspace_id", row.WorkspaceId);
        _json.WriteString("root_key_id", row.RootKeyId);
        _json.WriteString("host", row.Host);
        _json.WriteString("method", row.Method);
        _json.WriteString("path", row.Path);
        _json.WriteNumber("response_status", row.Status);
        _json.WriteString("error", row.Error);
        _json.WriteNumber("service_latency", row.LatencyMs);
        _json.WriteString("user_agent", row.UserAgent);
        _json.WriteString("ip_address", row.Address);
        _json.WriteString("region", "");
        End();
    }

    private void Begin(string type)
    {
        _json.Reset();
        _json.WriteStartObject();
        _json.WriteString("type", type);
    }

    private void End()
    {
        _json.WriteEndObject();
        _json.Flush();
        _buffer.Write("\n"u8);
        Count++;
    }
}
