using System;
using System.Linq;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>Paths and methods: what is not an operation is refused in plain text, before anything is read or authenticated.</summary>
public sealed class RoutingTests(ServerFixture fixture) : TcpTests(fixture)
{
    public static TheoryData<string> Operations => Endpoint.Operations;

    [Theory]
    [InlineData("/")]
    [InlineData("/v2")]
    [InlineData("/v2/")]
    [InlineData("/v2/keys.nope")]
    [InlineData("/v2/keys.verifyKey/")]
    [InlineData("/v2/keys.verifykey")]
    [InlineData("/V2/keys.verifyKey")]
    [InlineData("/v2/keys/verifyKey")]
    [InlineData("/v2/keys.verifyKeyx")]
    [InlineData("/v2/keys.verifyKe")]
    [InlineData("/v1/keys.verifyKey")]
    [InlineData("/v2/keys.verify%4Bey")]
    [InlineData("/metrics")]
    [InlineData("/health/live")]
    public void AnUnknownPathIs404InPlainText(string path)
    {
        foreach (string method in new[] { "GET", "POST" })
        {
            HttpAnswer answer = Ask(method, path);
            Assert.Equal(404, answer.Status);
            Assert.Equal("text/plain; charset=utf-8", answer.ContentType);
            Assert.Equal("404 page not found", answer.Text.TrimEnd('\n'));
            Assert.Matches("^req_[0-9A-Za-z]{9}$", answer.Field("X-Request-Id"));
        }
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void AnotherMethodIs405AndSaysWhichIsAllowed(string operation)
    {
        foreach (string method in new[] { "GET", "PUT", "DELETE", "OPTIONS", "PATCH" })
        {
            HttpAnswer answer = Ask(method, "/v2/" + operation);
            Assert.Equal(405, answer.Status);
            Assert.Equal("POST", answer.Field("allow"));
            Assert.Equal("Method Not Allowed", answer.Text.TrimEnd('\n'));
        }
    }

    [Fact]
    public void LivenessAllowsGetAndHead()
    {
        HttpAnswer answer = Ask("POST", "/v2/liveness");
        Assert.Equal(405, answer.Status);
        Assert.Equal(["GET", "HEAD"], answer.Field("allow")!.Split(',').Select(method => method.Trim()));
    }

    [Fact]
    public void LivenessAnswersWithoutCredentials()
    {
        Reply reply = new(Ask("GET", "/v2/liveness"), "liveness");
        Assert.Equal("we're cooking", reply.Data.GetProperty("message").GetString());
        Assert.Single(reply.Data.EnumerateObject());
    }

    [Theory]
    [InlineData("/v2//keys.verifyKey", "/v2/keys.verifyKey")]
    [InlineData("//v2/keys.verifyKey", "/v2/keys.verifyKey")]
    [InlineData("/v2/./keys.verifyKey", "/v2/keys.verifyKey")]
    [InlineData("/v2/x/../keys.verifyKey", "/v2/keys.verifyKey")]
    public void AnUncleanPathIsRedirectedOrRefusedAndNeverServed(string path, string clean)
    {
        HttpAnswer answer = Ask("POST", path);
        Assert.True(answer.Status is 301 or 307 or 308 or 404, answer.ToString());
        if (answer.Status < 400)
        {
            Assert.Equal(clean, answer.Field("location"));
        }
    }

    [Fact]
    public void AQueryDoesNotChangeTheOperation() => Assert.Equal(200, Ask("GET", "/v2/liveness?a=b&c").Status);

    [Fact]
    public void NoAnswerAllowsOtherOrigins()
    {
        using RawConnection connection = Server.Connect();
        connection.Send("OPTIONS /v2/keys.verifyKey HTTP/1.1\r\nHost: a\r\nOrigin: https://b\r\nAccess-Control-Request-Method: POST\r\n\r\n");
        HttpAnswer answer = connection.Read();
        Assert.Equal(405, answer.Status);
        Assert.DoesNotContain(answer.Fields, field => field.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void EveryAnswerCarriesADateThatIsNow()
    {
        foreach (string path in new[] { "/v2/liveness", "/v2/nope", "/v2/keys.verifyKey" })
        {
            DateTimeOffset date = DateTimeOffset.ParseExact(
                Ask("GET", path).Field("date")!, "r", System.Globalization.CultureInfo.InvariantCulture);
            Assert.InRange(date, DateTimeOffset.UtcNow.AddSeconds(-5), DateTimeOffset.UtcNow.AddSeconds(5));
        }
    }

    private HttpAnswer Ask(string method, string path)
    {
        using RawConnection connection = Server.Connect();
        connection.Send($"{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        return connection.Read();
    }
}
