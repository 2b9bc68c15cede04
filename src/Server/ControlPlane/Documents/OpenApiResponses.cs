using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane.Documents;

/// <summary>Writes the responses of operations: successes in place, refusals as shared components. Used by one thread for one document.</summary>
internal sealed class OpenApiResponses
{
    private static readonly (string Name, string Description, bool IsRefusal)[] s_headers =
    [
        ("RateLimit-Limit", "API calls that the workspace may make in a minute; only when it has such a limit.", false),
        ("RateLimit-Remaining", "API calls that are left.", false),
        ("RateLimit-Reset", "Seconds until the minute ends.", false),
        ("Retry-After", "Seconds until a call may succeed again.", true),
    ];

    private readonly Utf8JsonWriter _writer;
    private readonly OpenApiSchemas _schemas;
    private readonly SchemaNode _error;
    private readonly SchemaNode _errorWithItems;
    private readonly SortedDictionary<string, (int Status, ErrorCode[] Codes)> _refusals = new(StringComparer.Ordinal);

    /// <summary>Begins.</summary>
    /// <param name="writer">Where the document is written.</param>
    /// <param name="schemas">Writes the schemas.</param>
    /// <param name="meta">The member <c>meta</c> of every answer.</param>
    public OpenApiResponses(Utf8JsonWriter writer, OpenApiSchemas schemas, SchemaNode meta)
    {
        _writer = writer;
        _schemas = schemas;
        _error = Error("Error", meta);
        _errorWithItems = Error(
            "ErrorWithItems",
            meta,
            SchemaProperty.Required(
                "errors",
                SchemaNode.ListOf(SchemaNode.Closed(
                    SchemaProperty.Required("message", SchemaNode.Text().Described("What is wrong.")),
                    SchemaProperty.Required("location", SchemaNode.Text().Described("The keyword of the schema that is violated, such as /properties/name/minLength; or requestBody, or security.")),
                    SchemaProperty.Optional("fix", SchemaNode.Text().Described("How to put it right.")))
                    .Named("ErrorItem"))
                    .Described("Every violation; empty when the schema is satisfied.")));
    }

    /// <summary>Writes the member <c>200</c>.</summary>
    /// <param name="body">What the answer is.</param>
    /// <param name="isLimited">Whether the call counts for the limit of the workspace.</param>
    public void WriteSuccess(SchemaNode body, bool isLimited)
    {
        _writer.WriteStartObject("200");
        _writer.WriteString("description", "Success.");
        if (isLimited)
        {
            WriteHeaders(isRefusal: false);
        }

        _writer.WriteStartObject("content");
        _writer.WriteStartObject(ColdResponse.Json);
        _writer.WritePropertyName("schema");
        _schemas.Write(body);
        _writer.WriteEndObject();
        _writer.WriteEndObject();
        _writer.WriteEndObject();
    }

    /// <summary>Writes the member of one status as a reference.</summary>
    /// <param name="status">The status.</param>
    /// <param name="codes">Every code that it can carry.</param>
    /// <param name="own">Those of them that not every operation has; they name the component.</param>
    public void WriteRefusal(int status, ErrorCode[] codes, ErrorCode[] own)
    {
        string name = string.Join('.', own.Select(static code => code.Suffix.Split('/')[^1]).Prepend($"{status}"));
        _refusals[name] = (status, codes);
        _writer.WriteStartObject($"{status}");
        _writer.WriteString("$ref", "#/components/responses/" + name);
        _writer.WriteEndObject();
    }

    /// <summary>Writes the members <c>responses</c> and <c>headers</c> of the components.</summary>
    public void WriteComponents()
    {
        _writer.WriteStartObject("responses");
        foreach ((string name, (int status, ErrorCode[] codes)) in _refusals)
        {
            _writer.WriteStartObject(name);
            _writer.WriteString("description", codes[0].Title + ": " + string.Join(", ", codes.Select(static code => code.Suffix)));
            if (status is not (408 or 413 or 503))
            {
                // These three are refused before anybody knows the workspace.
                WriteHeaders(status == ErrorCode.WorkspaceRateLimited.Status);
            }

            _writer.WriteStartObject("content");
            WriteContent(ColdResponse.Json, status, codes);
            WriteContent(ColdResponse.ProblemJson, status, codes);
            _writer.WriteEndObject();
            _writer.WriteEndObject();
        }

        _writer.WriteEndObject();
        _writer.WriteStartObject("headers");
        foreach ((string name, string description, _) in s_headers)
        {
            _writer.WriteStartObject(name);
            _writer.WriteString("description", description);
            _writer.WritePropertyName("schema");
            _schemas.Write(SchemaNode.Integer(0));
            _writer.WriteEndObject();
        }

        _writer.WriteEndObject();
    }

    private static SchemaNode Error(string component, SchemaNode meta, params SchemaProperty[] more) => SchemaNode.Closed(
        SchemaProperty.Required("meta", meta),
        SchemaProperty.Required("error", SchemaNode.Closed(
        [
            SchemaProperty.Required("title", SchemaNode.Text(1).Described("The status in words.")),
            SchemaProperty.Required("detail", SchemaNode.Text().Described("What is wrong, for people.")),
            SchemaProperty.Required("status", SchemaNode.Integer(400, 599).Described("The HTTP status.")),
            SchemaProperty.Required("type", SchemaNode.Text(1).Described("What is wrong, for programs.")),
            .. more,
        ])))
        .Named(component);

    // The envelope of all errors, narrowed to the codes of one status.
    private void WriteContent(string contentType, int status, ErrorCode[] codes)
    {
        _writer.WriteStartObject(contentType);
        _writer.WriteStartObject("schema");
        _writer.WriteStartArray("allOf");
        _schemas.Write(codes[0].HasErrorList ? _errorWithItems : _error);
        _writer.WriteStartObject();
        _writer.WriteStartObject("properties");
        _writer.WriteStartObject("error");
        _writer.WriteStartObject("properties");
        _writer.WriteStartObject("status");
        _writer.WriteNumber("const", status);
        _writer.WriteEndObject();
        _writer.WriteStartObject("type");
        _writer.WriteStartArray("enum");
        foreach (ErrorCode code in codes)
        {
            _writer.WriteStringValue(ErrorCode.TypePrefix + code.Suffix);
        }

        _writer.WriteEndArray();
        _writer.WriteEndObject();
        _writer.WriteEndObject();
        _writer.WriteEndObject();
        _writer.WriteEndObject();
        _writer.WriteEndObject();
        _writer.WriteEndArray();
        _writer.WriteEndObject();
        _writer.WriteEndObject();
    }

    private void WriteHeaders(bool isRefusal)
    {
        _writer.WriteStartObject("headers");
        foreach ((string name, _, bool isOfRefusal) in s_headers)
        {
            if (isRefusal || !isOfRefusal)
            {
                _writer.WriteStartObject(name);
                _writer.WriteString("$ref", "#/components/headers/" + name);
                _writer.WriteEndObject();
            }
        }

        _writer.WriteEndObject();
    }
}
