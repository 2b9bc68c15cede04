using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Text.RegularExpressions;
using Unkey.Server.Tests.Documents;
using Xunit;
using Xunit.Sdk;

namespace Unkey.Server.Tests.Tcp.Harness;

/// <summary>An answer of the API. Whatever a test looks at, the envelope is held against the contract first.</summary>
internal sealed partial class Reply
{
    // What any HTTP message may have, whatever the operation.
    private static readonly string[] s_fieldsOfHttp = ["Date", "Content-Type", "Content-Length", "Connection", "Server-Timing"];

    private readonly string _call;

    public Reply(HttpAnswer answer, string call)
    {
        Http = answer;
        _call = call;
        Json = Parse(answer);
        CheckEnvelope();
    }

    public HttpAnswer Http { get; }

    public JsonElement Json { get; }

    public int Status => Http.Status;

    public string RequestId => Json.GetProperty("meta").GetProperty("requestId").GetString()!;

    /// <summary>The <c>data</c> of a success; anything else fails the test.</summary>
    public JsonElement Data
    {
        get
        {
            Demand(Status == 200, "200 was wanted");
            return Json.GetProperty("data");
        }
    }

    /// <summary>The <c>code</c> of a verification.</summary>
    public string Code => Data.GetProperty("code").GetString()!;

    /// <summary>Where the next page of a list starts; <see langword="null"/> when this is the last one.</summary>
    public string? NextCursor
    {
        get
        {
            JsonElement pagination = Json.GetProperty("pagination");
            bool hasMore = pagination.GetProperty("hasMore").GetBoolean();
            Demand(hasMore == pagination.TryGetProperty("cursor", out JsonElement cursor), "a cursor exactly when there is more was wanted");
            return hasMore ? cursor.GetString() : null;
        }
    }

    public string Detail => Json.GetProperty("error").GetProperty("detail").GetString()!;

    /// <summary>What follows the documentation prefix in <c>error.type</c>.</summary>
    public string ErrorType => Json.GetProperty("error").GetProperty("type").GetString()![ErrorCode.Prefix.Length..];

    public string[] ErrorLocations =>
        [.. Json.GetProperty("error").GetProperty("errors").EnumerateArray().Select(item => item.GetProperty("location").GetString()!)];

    /// <summary>Asserts that the call was refused with this code (and with the status and title that belong to it).</summary>
    public Reply Refused(string code)
    {
        Demand(Status == ErrorCode.Registry[code].Status, $"{ErrorCode.Registry[code].Status} {code} was wanted");
        Demand(ErrorType == code, $"the type {code} was wanted");
        return this;
    }

    /// <summary>Asserts that the body was refused by the schema: the exact detail and at least one violation.</summary>
    public Reply RefusedBySchema(string operation, string? location = null)
    {
        Refused(ErrorCode.InvalidInput);
        Demand(Detail == $"POST request body for '/v2/{operation}' failed to validate schema", "the detail of a schema violation was wanted");
        Demand(ErrorLocations.Length > 0, "a list of violations was wanted");
        Demand(location is null || ErrorLocations.Contains(location), $"the location {location} was wanted");
        Demand(Http.ContentType == "application/json", "schema violations are always application/json");
        return this;
    }

    /// <summary>Holds the answer against what the OpenAPI document says of the operation; paths that are none pass.</summary>
    public Reply CheckedAgainstDocument(string operation)
    {
        if (DescribedApi.Instance.Operations.Contains(operation))
        {
            IEnumerable<string> fields = Http.Fields.Select(static field => field.Key).Except(s_fieldsOfHttp, StringComparer.OrdinalIgnoreCase);
            IReadOnlyList<string> faults = DescribedApi.Instance.FaultsOfAnswer(operation, Status, Http.ContentType, fields, Json);
            Demand(faults.Count == 0, $"what the OpenAPI document describes was wanted ({string.Join("; ", faults)})");
        }

        return this;
    }

    public override string ToString() => $"{_call} -> {Http}";

    private static JsonElement Parse(HttpAnswer answer)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(answer.Body);
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new XunitException($"Not JSON ({e.Message}): {answer}");
        }
    }

    private void Demand(bool condition, string wish)
    {
        if (!condition)
        {
            throw new XunitException($"{wish}, but: {this}");
        }
    }

    private void CheckEnvelope()
    {
        string[] members = Members(Json);
        Demand(RequestIdForm().IsMatch(RequestId), "a requestId was wanted");
        Demand(Members(Json.GetProperty("meta")).SequenceEqual(["requestId"]), "meta with requestId alone was wanted");
        Demand(!Http.Fields.Any(field => field.Value.Contains(RequestId, StringComparison.Ordinal)), "no header field carries the requestId");
        if (Status == 200)
        {
            Demand(Http.ContentType == "application/json", "application/json was wanted");
            Demand(members is ["meta"] or ["meta", "data"] or ["meta", "data", "pagination"], "meta and data were wanted");
            return;
        }

        Demand(Http.ContentType is "application/json" or "application/problem+json", "a JSON content type was wanted");
        Demand(members.Order().SequenceEqual(["error", "meta"]), "meta and error were wanted");
        JsonElement error = Json.GetProperty("error");
        string[] wanted = ErrorCode.WithErrorList.Contains(Status)
            ? ["detail", "errors", "status", "title", "type"] : ["detail", "status", "title", "type"];
        Demand(Members(error).Order().SequenceEqual(wanted), $"an error of {string.Join(", ", wanted)} was wanted");
        Demand(error.GetProperty("status").GetInt32() == Status, "error.status must equal the status");
        Demand(error.GetProperty("type").GetString()!.StartsWith(ErrorCode.Prefix, StringComparison.Ordinal), "a documentation link was wanted");
        Demand(ErrorCode.Registry.TryGetValue(ErrorType, out (int Status, string Title) entry), "a registered code was wanted");
        Demand(entry.Status == Status, $"{ErrorType} belongs to {entry.Status}");
        Demand(error.GetProperty("title").GetString() == entry.Title, $"the title '{entry.Title}' was wanted");
        if (ErrorCode.WithErrorList.Contains(Status))
        {
            foreach (JsonElement item in error.GetProperty("errors").EnumerateArray())
            {
                Demand(item.GetProperty("message").ValueKind == JsonValueKind.String, "a message was wanted");
                Demand(item.GetProperty("location").ValueKind == JsonValueKind.String, "a location was wanted");
                Demand(Members(item).All(name => name is "message" or "location" or "fix"), "only message, location, fix were wanted");
            }
        }
    }

    private static string[] Members(JsonElement element)
    {
        Assert.Equal(JsonValueKind.Object, element.ValueKind);
        return [.. element.EnumerateObject().Select(member => member.Name)];
    }

    [GeneratedRegex(@"^req_[a-zA-Z0-9]{9}\z")]
    private static partial Regex RequestIdForm();
}
