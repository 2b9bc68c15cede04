using System;
using System.Collections.Generic;
using System.Security.Cryptography;
using System.Text;

namespace Unkey.Server.ControlPlane.Documents;

/// <summary>The documents that the API port serves without credentials: the OpenAPI document and a page for people. Any thread.</summary>
/// <remarks>Made when somebody first asks, then kept as bytes.</remarks>
internal sealed class ApiDocuments
{
    private const string Html = "text/html; charset=utf-8";
    private const string Yaml = "application/yaml";

    private readonly Lazy<Document> _openApi;
    private readonly Lazy<Document> _openApiAsYaml;
    private readonly Lazy<Document> _reference;

    /// <summary>Prepares the documents.</summary>
    /// <param name="version">Version of the program.</param>
    public ApiDocuments(string version)
    {
        Lazy<ApiDescription> api = new(() => new ApiDescription(version));
        _openApi = new(() => new Document(ColdResponse.Json, OpenApiDocument.Write(api.Value)));

        // Every JSON document is a YAML document (YAML 1.2, section 1.3).
        _openApiAsYaml = new(() => new Document(Yaml, _openApi.Value.Body));
        _reference = new(() =>
        {
            byte[] page = ReferencePage.Write(api.Value, out string contentSecurityPolicy);
            return new Document(Html, page, new("Content-Security-Policy", contentSecurityPolicy), new("Referrer-Policy", "no-referrer"));
        });
    }

    /// <summary>Whether a path names a document. Exact; allocates nothing.</summary>
    /// <param name="path">Path without the query, as sent.</param>
    public static bool IsKnown(ReadOnlySpan<byte> path) =>
        path.SequenceEqual("/openapi.json"u8) || path.SequenceEqual("/openapi.yaml"u8) || path.SequenceEqual("/reference"u8);

    /// <summary>Answers GET and HEAD of a document; the caller leaves out the body of HEAD.</summary>
    /// <param name="path">A path that is known.</param>
    /// <param name="ifNoneMatch">Value of the If-None-Match field; empty when absent.</param>
    public ColdResponse Answer(string path, string ifNoneMatch)
    {
        Document document = (path switch { "/openapi.json" => _openApi, "/openapi.yaml" => _openApiAsYaml, _ => _reference }).Value;
        return document.Answer(IsNamed(document.EntityTag, ifNoneMatch) ? 304 : 200);
    }

    // RFC: 9110 section 13.1.2, with the weak comparison of section 8.8.3.2.
    private static bool IsNamed(string entityTag, ReadOnlySpan<char> ifNoneMatch)
    {
        foreach (Range range in ifNoneMatch.Split(','))
        {
            ReadOnlySpan<char> candidate = ifNoneMatch[range].Trim();
            if (candidate is "*" || (candidate.StartsWith("W/") ? candidate[2..] : candidate).SequenceEqual(entityTag))
            {
                return true;
            }
        }

        return false;
    }

    private sealed class Document
    {
        private readonly string _contentType;
        private readonly KeyValuePair<string, string>[] _fields;

        public Document(string contentType, byte[] body, params KeyValuePair<string, string>[] fields)
        {
            _contentType = contentType;
            Body = body;
            EntityTag = $"\"{Convert.ToHexStringLower(SHA256.HashData([.. body, .. Encoding.ASCII.GetBytes(contentType)]).AsSpan(0, 16))}\"";

            // Asked about again on every use, because the next version of the program may differ; the tag makes that cheap.
            _fields =
            [
                new("ETag", EntityTag),
                new("Cache-Control", "no-cache"),
                new("X-Content-Type-Options", "nosniff"),
                .. fields,
            ];
        }

        public byte[] Body { get; }

        public string EntityTag { get; }

        public ColdResponse Answer(int status) => new(status, _contentType, Body) { Fields = _fields };
    }
}
