using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit.Sdk;

namespace Unkey.Server.Tests.Tcp.Harness;

/// <summary>An answer of v1. Whatever a test looks at, its form is held against the contract first.</summary>
internal sealed partial class V1Reply
{
    private static readonly Dictionary<string, int> s_statuses = new()
    {
        ["BAD_REQUEST"] = 400,
        ["UNAUTHORIZED"] = 403,
        ["FORBIDDEN"] = 403,
        ["DISABLED"] = 403,
        ["INSUFFICIENT_PERMISSIONS"] = 403,
        ["EXPIRED"] = 403,
        ["NOT_FOUND"] = 404,
        ["METHOD_NOT_ALLOWED"] = 405,
        ["CONFLICT"] = 409,
        ["PRECONDITION_FAILED"] = 412,
        ["DELETE_PROTECTED"] = 412,
        ["RATE_LIMITED"] = 429,
    };

    private readonly string _call;

    public V1Reply(HttpAnswer answer, string call)
    {
        Http = answer;
        _call = call;
        using JsonDocument document = JsonDocument.Parse(answer.Body);
        Json = document.RootElement.Clone();
        CheckForm();
    }

    public HttpAnswer Http { get; }

    public JsonElement Json { get; }

    /// <summary>The result of a success; anything else fails the test.</summary>
    public JsonElement Result
    {
        get
        {
            Demand(Http.Status == 200, "200 was wanted");
            return Json;
        }
    }

    /// <summary>The <c>code</c> of a verification.</summary>
    public string Code => Result.GetProperty("code").GetString()!;

    /// <summary>Name of the limit that has rejected a key.</summary>
    public string? Triggered => Http.Field("unkey-ratelimit-triggered");

    public string Message => Json.GetProperty("error").GetProperty("message").GetString()!;

    /// <summary>The result without its request id, for comparisons.</summary>
    public string WithoutRequestId => string.Join(',', Result.EnumerateObject().Where(member => member.Name != "requestId").Select(member => member.ToString()));

    /// <summary>Asserts that the call was refused with this code, and with the status that belongs to it.</summary>
    /// <param name="code">The code.</param>
    /// <param name="message">The exact message, when a test cares.</param>
    public V1Reply Refused(string code, string? message = null)
    {
        Demand(Http.Status == s_statuses[code], $"{s_statuses[code]} {code} was wanted");
        Demand(Json.GetProperty("error").GetProperty("code").GetString() == code, $"the code {code} was wanted");
        Demand(message is null || Message == message, $"the message '{message}' was wanted");
        return this;
    }

    public override string ToString() => $"{_call} -> {Http}";

    private void CheckForm()
    {
        Demand(Http.ContentType == "application/json", "application/json was wanted");
        string? requestId = Http.Field("unkey-request-id");
        Demand(requestId is not null && RequestIdForm().IsMatch(requestId), "a field with the request id was wanted");
        if (Http.Status == 200)
        {
            Demand(Json.ValueKind == JsonValueKind.Array || !Json.TryGetProperty("meta", out JsonElement meta) || !meta.TryGetProperty("requestId", out _), "no envelope was wanted");
            return;
        }

        Demand(Json.EnumerateObject().Select(member => member.Name).SequenceEqual(["error"]), "error alone was wanted");
        JsonElement error = Json.GetProperty("error");
        Demand(error.EnumerateObject().Select(member => member.Name).SequenceEqual(["code", "docs", "message", "requestId"]), "code, docs, message, requestId were wanted");
        Demand(error.GetProperty("requestId").GetString() == requestId, "the request id of the field was wanted");
        Demand(error.GetProperty("docs").GetString() == "https://unkey.dev/docs/api-reference/errors/code/" + error.GetProperty("code").GetString(), "a link was wanted");
        Demand(Message.Length > 0, "a message was wanted");
    }

    private void Demand(bool condition, string wish)
    {
        if (!condition)
        {
            throw new XunitException($"{wish}, but: {this}");
        }
    }

    [GeneratedRegex(@"^req_[a-zA-Z0-9]{9}\z")]
    private static partial Regex RequestIdForm();
}
