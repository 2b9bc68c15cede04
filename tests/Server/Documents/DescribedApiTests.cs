using System.Collections.Generic;
using System.Text.Json;
using Xunit;

namespace Unkey.Server.Tests.Documents;

/// <summary>The check of answers against the document finds what is wrong: without that, answers that pass it would prove nothing.</summary>
public sealed class DescribedApiTests
{
    private const string Operation = "apis.createApi";
    private const string Meta = "\"meta\":{\"requestId\":\"req_123456789\"}";
    private const string Success = "{" + Meta + ""","data":{"apiId":"api_1"}}""";

    [Fact]
    public void AnAnswerAsDescribedHasNoFaults()
    {
        Assert.Empty(Faults(200, Success));
        Assert.Empty(Faults(200, Success, fields: "RateLimit-Limit"));
        Assert.Empty(Faults(403, Error(403, "unkey/authorization/insufficient_permissions")));
        Assert.Empty(Faults(403, Error(403, "unkey/authorization/insufficient_permissions"), "application/problem+json"));
    }

    [Theory]
    [InlineData(200, """{"data":{"apiId":"api_1"}}""")]
    [InlineData(200, "{" + Meta + "}")]
    [InlineData(200, "{" + Meta + ""","data":{"apiId":"api_1"},"pagination":{"hasMore":false}}""")]
    [InlineData(200, "{" + Meta + ""","data":{"apiId":"api_1","name":"new"}}""")]
    [InlineData(200, "{" + Meta + ""","data":{"apiId":5}}""")]
    [InlineData(200, "{" + Meta + ""","data":{"apiId":null}}""")]
    [InlineData(200, "{" + Meta + ""","data":[]}""")]
    [InlineData(201, "{" + Meta + ""","data":{"apiId":"api_1"}}""")]
    [InlineData(403, "{" + Meta + ""","data":{"apiId":"api_1"}}""")]
    public void AnAnswerThatIsNotDescribedHasFaults(int status, string body) => Assert.NotEmpty(Faults(status, body));

    [Fact]
    public void ACodeAContentTypeAndAFieldThatAreNotDescribedAreFaults()
    {
        Assert.NotEmpty(Faults(403, Error(403, "unkey/data/api_not_found")));
        Assert.NotEmpty(Faults(403, Error(404, "unkey/authorization/insufficient_permissions")));
        Assert.NotEmpty(Faults(400, Error(400, "unkey/application/invalid_input")));
        Assert.NotEmpty(Faults(200, Success, "application/problem+json"));
        Assert.NotEmpty(Faults(200, Success, fields: "X-New"));
        Assert.NotEmpty(Faults(200, Success, fields: "Retry-After"));
    }

    private static string Error(int status, string type) =>
        $$$"""{{{{Meta}}},"error":{"title":"t","detail":"d","status":{{{status}}},"type":"https://unkey.com/docs/errors/{{{type}}}"}}""";

    private static IReadOnlyList<string> Faults(int status, string body, string contentType = "application/json", params string[] fields)
    {
        using JsonDocument document = JsonDocument.Parse(body);
        return DescribedApi.Instance.FaultsOfAnswer(Operation, status, contentType, fields, document.RootElement);
    }
}
