using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Threading;
using Json.Schema;
using Unkey.Server.ControlPlane.Documents;

namespace Unkey.Server.Tests.Documents;

/// <summary>The OpenAPI document, read by a JSON Schema library that knows nothing of the server: what it says of requests and answers. Any thread.</summary>
internal sealed class DescribedApi
{
    private static readonly Uri s_address = new("https://unkey.test/openapi.json");
    private static readonly Lazy<DescribedApi> s_instance = new(() => new DescribedApi());

    private readonly BuildOptions _options = new() { SchemaRegistry = new SchemaRegistry() };
    private readonly Lock _lock = new();
    private readonly Dictionary<string, JsonSchema> _schemas = new(StringComparer.Ordinal);
    private readonly EvaluationOptions _evaluation = new() { OutputFormat = OutputFormat.List };

    private DescribedApi()
    {
        Root = JsonDocument.Parse(OpenApiDocument.Write(new ApiDescription("test"))).RootElement;
        _options.SchemaRegistry.Register(new JsonElementBaseDocument(Root, s_address));
        Paths = [.. Root.GetProperty("paths").EnumerateObject().Select(static path => path.Name)];
        Operations = [.. Paths.Where(path => Root.GetProperty("paths").GetProperty(path).TryGetProperty("post", out _)).Select(static path => path["/v2/".Length..])];
    }

    /// <summary>The document that this build makes; the one that a server under test serves must equal it.</summary>
    public static DescribedApi Instance => s_instance.Value;

    public JsonElement Root { get; }

    public IReadOnlyList<string> Paths { get; }

    /// <summary>Names of the operations that are called with POST, such as <c>keys.verifyKey</c>.</summary>
    public IReadOnlyList<string> Operations { get; }

    /// <summary>What an operation is described as.</summary>
    public JsonElement Operation(string operation) => Root.GetProperty("paths").GetProperty("/v2/" + operation).GetProperty("post");

    /// <summary>What is wrong with a body of an operation; empty when it is as described.</summary>
    public IReadOnlyList<string> FaultsOfRequest(string operation, JsonElement body) =>
        Faults($"/paths/~1v2~1{operation}/post/requestBody/content/application~1json/schema", body);

    /// <summary>What is wrong with an answer of an operation; empty when it is as described.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="status">HTTP status.</param>
    /// <param name="contentType">Value of Content-Type.</param>
    /// <param name="fields">Names of the response fields besides those that every HTTP message may have.</param>
    /// <param name="body">The body.</param>
    public IReadOnlyList<string> FaultsOfAnswer(string operation, int status, string? contentType, IEnumerable<string> fields, JsonElement body)
    {
        if (!Operation(operation).GetProperty("responses").TryGetProperty($"{status}", out JsonElement response))
        {
            return [$"the status {status} is not described"];
        }

        string pointer = $"/paths/~1v2~1{operation}/post/responses/{status}";
        if (response.TryGetProperty("$ref", out JsonElement reference))
        {
            pointer = reference.GetString()![1..];
            response = Root.GetProperty("components").GetProperty("responses").GetProperty(pointer[(pointer.LastIndexOf('/') + 1)..]);
        }

        if (contentType is null || !response.GetProperty("content").TryGetProperty(contentType, out _))
        {
            return [$"the content type {contentType} is not described"];
        }

        string[] undescribed = [.. fields.Where(field => !response.TryGetProperty("headers", out JsonElement headers) || !headers.TryGetProperty(field, out _))];
        return undescribed.Length > 0
            ? [$"the fields {string.Join(", ", undescribed)} are not described"]
            : Faults($"{pointer}/content/{contentType.Replace("/", "~1", StringComparison.Ordinal)}/schema", body);
    }

    private List<string> Faults(string pointer, JsonElement value)
    {
        // Making a schema, and following its references the first time, writes to the registry, which is not for several threads.
        EvaluationResults results;
        lock (_lock)
        {
            if (!_schemas.TryGetValue(pointer, out JsonSchema? schema))
            {
                schema = JsonSchema.FromText($$"""{"$ref":"{{s_address}}#{{Uri.EscapeDataString(pointer)}}"}""", _options);
                _schemas.Add(pointer, schema);
            }

            results = schema.Evaluate(value, _evaluation);
        }

        return results.IsValid ? [] : [.. Messages(results).DefaultIfEmpty("it is not as described")];
    }

    private static IEnumerable<string> Messages(EvaluationResults results) => (results.Errors ?? [])
        .Select(error => $"{results.InstanceLocation}: {error.Key} {error.Value}")
        .Concat((results.Details ?? []).SelectMany(Messages));
}
