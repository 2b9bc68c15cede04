using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Encodings.Web;
using System.Text.Json;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane.Documents;

/// <summary>Writes the OpenAPI 3.1 document of the API. Used by one thread for one document.</summary>
/// <remarks>Everything in it comes from what the server itself runs by: bodies from the schemas that validate them, answers from the descriptions
/// beside their writers, refusals from the code registry. Source: OpenAPI Specification 3.1.1.</remarks>
internal sealed class OpenApiDocument
{
    private const string SecurityScheme = "rootKey";

    private static readonly SchemaNode s_meta = SchemaNode.Closed(
        SchemaProperty.Required("requestId", SchemaNode.Text(13, 13).Described("Id of this request, to find it again in logs and the audit log.")))
        .Named("Meta");

    private static readonly SchemaNode s_pagination = SchemaNode.Closed(
        SchemaProperty.Required("hasMore", SchemaNode.Boolean.Described("Whether there is another page.")),
        SchemaProperty.Optional("cursor", SchemaNode.Text(1).Described("Where the next page starts; absent on the last one.")))
        .Named("Pagination");

    private readonly Utf8JsonWriter _writer;
    private readonly OpenApiSchemas _schemas;
    private readonly OpenApiResponses _responses;

    private OpenApiDocument(Utf8JsonWriter writer)
    {
        _writer = writer;
        _schemas = new OpenApiSchemas(writer);
        _responses = new OpenApiResponses(writer, _schemas, s_meta);
    }

    /// <summary>Makes the document.</summary>
    /// <param name="api">What to write.</param>
    /// <returns>UTF-8 JSON, which is YAML as well.</returns>
    public static byte[] Write(ApiDescription api)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            new OpenApiDocument(writer).WriteAll(api);
        }

        return stream.ToArray();
    }

    private void WriteAll(ApiDescription api)
    {
        _writer.WriteStartObject();
        _writer.WriteString("openapi", "3.1.1");
        WriteInfo(api);
        WriteTags();
        WriteSecurity();
        _writer.WriteStartObject("paths");
        foreach (DescribedOperation operation in api.Operations)
        {
            WriteOperation(operation);
        }

        WriteLiveness();
        _writer.WriteEndObject();
        WriteComponents();
        _writer.WriteEndObject();
    }

    private void WriteInfo(ApiDescription api)
    {
        _writer.WriteStartObject("info");
        _writer.WriteString("title", ApiDescription.Title);
        _writer.WriteString("version", api.Version);
        _writer.WriteString("description", string.Join("\n\n", ApiDescription.Introduction));
        _writer.WriteStartObject("license");
        _writer.WriteString("name", "MIT");
        _writer.WriteString("identifier", "MIT");
        _writer.WriteEndObject();
        _writer.WriteEndObject();
        _writer.WriteStartArray("servers");
        _writer.WriteStartObject();
        _writer.WriteString("url", "/");
        _writer.WriteEndObject();
        _writer.WriteEndArray();
    }

    private void WriteTags()
    {
        _writer.WriteStartArray("tags");
        foreach (OperationGroup group in ApiDescription.Groups.Append(ApiDescription.LivenessGroup))
        {
            _writer.WriteStartObject();
            _writer.WriteString("name", group.Name);
            _writer.WriteString("description", group.Description);
            _writer.WriteEndObject();
        }

        _writer.WriteEndArray();
    }

    private void WriteSecurity()
    {
        _writer.WriteStartArray("security");
        _writer.WriteStartObject();
        _writer.WriteStartArray(SecurityScheme);
        _writer.WriteEndArray();
        _writer.WriteEndObject();
        _writer.WriteEndArray();
    }

    private void WriteOperation(DescribedOperation operation)
    {
        OperationDescription description = operation.Description;
        _writer.WriteStartObject(operation.Path);
        _writer.WriteStartObject("post");
        WriteHead(ApiDescription.NameOf(operation.Path), ApiDescription.GroupOf(operation.Path), description.Summary);
        string permissions = "Permissions: " + string.Join(", ", description.Permissions) + ".";
        _writer.WriteString("description", description.Details is { } details ? details + "\n\n" + permissions : permissions);
        _writer.WriteStartArray("x-permissions");
        foreach (string permission in description.Permissions)
        {
            _writer.WriteStringValue(permission);
        }

        _writer.WriteEndArray();
        WriteBody(operation);
        _writer.WriteStartObject("responses");
        _responses.WriteSuccess(Success(description), isLimited: true);
        foreach (IGrouping<int, ErrorCode> status in ApiDescription.CommonRefusals.Concat(description.Refusals)
            .GroupBy(static code => code.Status).OrderBy(static status => status.Key))
        {
            _responses.WriteRefusal(status.Key, [.. status], [.. description.Refusals.Where(code => code.Status == status.Key)]);
        }

        _writer.WriteEndObject();
        _writer.WriteEndObject();
        _writer.WriteEndObject();
    }

    private void WriteBody(DescribedOperation operation)
    {
        _writer.WriteStartObject("requestBody");
        _writer.WriteBoolean("required", true);
        _writer.WriteStartObject("content");
        _writer.WriteStartObject(ColdResponse.Json);
        _writer.WritePropertyName("schema");
        _schemas.Write(operation.Body);
        _writer.WritePropertyName("example");
        _writer.WriteRawValue(operation.Description.Example);
        _writer.WriteEndObject();
        _writer.WriteEndObject();
        _writer.WriteEndObject();
    }

    private void WriteLiveness()
    {
        _writer.WriteStartObject(ApiDescription.LivenessPath);
        _writer.WriteStartObject("get");
        WriteHead(ApiDescription.LivenessGroup.Name, ApiDescription.LivenessGroup.Name, ApiDescription.LivenessSummary);
        _writer.WriteStartArray("security");
        _writer.WriteEndArray();
        _writer.WriteStartObject("responses");
        _responses.WriteSuccess(
            SchemaNode.Closed(SchemaProperty.Required("meta", s_meta), SchemaProperty.Required("data", ApiDescription.LivenessData)), isLimited: false);
        _writer.WriteEndObject();
        _writer.WriteEndObject();
        _writer.WriteEndObject();
    }

    private void WriteHead(string id, string group, string summary)
    {
        _writer.WriteString("operationId", id);
        _writer.WriteStartArray("tags");
        _writer.WriteStringValue(group);
        _writer.WriteEndArray();
        _writer.WriteString("summary", summary);
    }

    private void WriteComponents()
    {
        _writer.WriteStartObject("components");
        _writer.WriteStartObject("securitySchemes");
        _writer.WriteStartObject(SecurityScheme);
        _writer.WriteString("type", "http");
        _writer.WriteString("scheme", "bearer");
        _writer.WriteString("description", "A root key.");
        _writer.WriteEndObject();
        _writer.WriteEndObject();
        _responses.WriteComponents();

        // Last, because what is written before may name more of them.
        _writer.WriteStartObject("schemas");
        _schemas.WriteComponents();
        _writer.WriteEndObject();
        _writer.WriteEndObject();
    }

    private static SchemaNode Success(OperationDescription description)
    {
        List<SchemaProperty> members = [SchemaProperty.Required("meta", s_meta)];
        if (description.Data is { } data)
        {
            members.Add(SchemaProperty.Required("data", data));
        }

        if (description.IsList)
        {
            members.Add(SchemaProperty.Required("pagination", s_pagination));
        }

        return SchemaNode.Closed([.. members]);
    }
}
