using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.Json;
using System.Text.RegularExpressions;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Observing;

/// <summary>What the server tells of single requests: <c>Server-Timing</c> and the log of slow ones.</summary>
public sealed partial class RequestObservationTests
{
    [Fact]
    public void EveryAnswerSaysHowLongItTook()
    {
        using ServerProcess server = ServerProcess.Start(new ServerSetup { Options = ["--server-timing", "--v1"] });
        using ApiClient client = server.Client();
        CreatedKey key = client.CreateKey(client.CreateApi());
        string authorization = $"Authorization: Bearer {client.RootKey}\r\n";
        string limit = """{"namespace":"n","identifier":"i","limit":10,"duration":1000}""";
        string verify = $$"""{"key":"{{key.Key}}"}""";
        foreach ((string request, int status) in new[]
        {
            (Post("/v2/keys.verifyKey", verify, authorization), 200),
            (Post("/v2/ratelimit.limit", limit, authorization), 200),
            (Post("/v2/ratelimit.limit", limit, authorization), 200),
            (Post("/v1/keys.verifyKey", verify, ""), 200),
            (Post("/v1/ratelimits.limit", limit, authorization), 200),
            (Post("/v2/apis.getApi", $$"""{"apiId":"{{key.ApiId}}"}""", authorization), 200),
            (Post("/v2/keys.verifyKey", "{", authorization), 400),
            ("GET /v2/liveness HTTP/1.1\r\nHost: h\r\n\r\n", 200),
            ("GET /openapi.json HTTP/1.1\r\nHost: h\r\n\r\n", 200),
            ("GET /none HTTP/1.1\r\nHost: h\r\n\r\n", 404),
            ("GET /v2//liveness HTTP/1.1\r\nHost: h\r\n\r\n", 308),
            ("PUT /v2/liveness HTTP/1.1\r\nHost: h\r\n\r\n", 405),
            ("GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400),
        })
        {
            using RawConnection connection = server.Connect();
            connection.Send(request);
            HttpAnswer answer = connection.Read();
            Assert.Equal(status, answer.Status);
            Match timing = Timing().Match(answer.Field("server-timing") ?? "");
            Assert.True(timing.Success, $"{request.Split('\n')[0]}: '{answer.Field("server-timing")}'");
            Assert.InRange(double.Parse(timing.Groups[1].ValueSpan, CultureInfo.InvariantCulture), 0, 60_000);
            Assert.EndsWith(" GMT", answer.Field("date"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void WithoutTheOptionNoAnswerDoes()
    {
        using ServerProcess server = ServerProcess.Start();
        using RawConnection connection = server.Connect();
        connection.Send("GET /v2/liveness HTTP/1.1\r\nHost: h\r\n\r\nGET /none HTTP/1.1\r\nHost: h\r\n\r\n");
        Assert.Null(connection.Read().Field("server-timing"));
        Assert.Null(connection.Read().Field("server-timing"));
    }

    [Fact]
    public void ASlowRequestIsLoggedWithItsRequestIdAndNothingThatWasSent()
    {
        using ServerProcess server = ServerProcess.Start(new ServerSetup { Options = ["--slow-request", "1ms"] });
        using ApiClient client = server.Client();
        string apiId = client.CreateApi();
        List<string> ids = [];

        // A hundred keys in one transaction take longer than a millisecond, if not at the first time then at a later one.
        Poll.Until(
            () =>
            {
                string keys = string.Join(',', Enumerable.Range(0, 100).Select(_ => $$"""{"hash":"{{Guid.NewGuid():N}}{{Guid.NewGuid():N}}","name":"name_of_a_client"}"""));
                client.Post("migrations.createMigration", """{"algorithm":"sha256","migrationId":"migration"}""");
                ids.Add(client.Post("keys.migrateKeys", $$"""{"migrationId":"migration","apiId":"{{apiId}}","keys":[{{keys}}]}""").RequestId);
                return Slow(server).Any(entry => entry.GetProperty("Operation").GetString() == "keys.migrateKeys");
            },
            "a slow request is logged");
        JsonElement entry = Slow(server).First(static entry => entry.GetProperty("Operation").GetString() == "keys.migrateKeys");
        Assert.Contains(entry.GetProperty("RequestId").GetString(), ids);
        Assert.Equal(200, entry.GetProperty("Status").GetInt32());
        Assert.InRange(entry.GetProperty("Milliseconds").GetDouble(), 1, 60_000);
        Assert.Equal(4, entry.EnumerateObject().Count());
        Assert.DoesNotContain("name_of_a_client", server.Output, StringComparison.Ordinal);
        Assert.True(server.Metric("unkey_slow_requests_total") >= 1);
        server.Stop();
    }

    [Fact]
    public void WhatIsNotSlowIsNotLogged()
    {
        using ServerProcess server = ServerProcess.Start(new ServerSetup { Options = ["--slow-request", "1h"] });
        using ApiClient client = server.Client();
        client.CreateKey(client.CreateApi());
        Assert.Equal(0, server.Metric("unkey_slow_requests_total"));
        server.Stop();
        Assert.Empty(Slow(server));
    }

    private static string Post(string path, string body, string fields) =>
        $"POST {path} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n{fields}Content-Length: {body.Length}\r\n\r\n{body}";

    private static List<JsonElement> Slow(ServerProcess server) =>
    [
        .. server.Output.Split('\n').Where(static line => line.Contains("\"event\":\"Slow\"", StringComparison.Ordinal))
            .Select(static line => JsonDocument.Parse(line).RootElement.GetProperty("fields")),
    ];

    [GeneratedRegex(@"^total;dur=([0-9]+\.[0-9]{3})\z")]
    private static partial Regex Timing();
}
