using System;
using System.Linq;
using System.Text;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Otlp;

/// <summary>Spans of requests, as a collector gets them.</summary>
public sealed class TraceTests : IDisposable
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";
    private const string ParentId = "b7ad6b7169203331";

    private readonly Collector _collector = new();

    public void Dispose() => _collector.Dispose();

    [Fact]
    public void ARequestOfATracedCallerIsASpanOfItsTrace()
    {
        string secret;
        using (ServerProcess server = ServerProcess.Start(Setup()))
        {
            using ApiClient client = server.Client();
            string apiId = client.CreateApi();
            secret = client.CreateKey(apiId).Key;
            long before = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
            Reply verified = Traced(client, "keys.verifyKey", $$"""{"key":"{{secret}}"}""", "01");
            Reply read = Traced(client, "apis.getApi", $$"""{"apiId":"{{apiId}}"}""", "01");
            Reply refused = Traced(client, "apis.getApi", """{"apiId":"api_none"}""", "01");
            Assert.Equal((200, 200, 404), (verified.Status, read.Status, refused.Status));

            // The same caller does not keep this trace.
            Traced(client, "keys.verifyKey", $$"""{"key":"{{secret}}"}""", "00");
            Poll.Until(() => _collector.Spans().Count() >= 3, "spans arrive");
            Poll.Until(() => server.Metric("unkey_trace_spans_exported_total") == 3, "they are counted");
            long after = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
            server.Stop();

            Collector.Span[] spans = [.. _collector.Spans()];
            Assert.Equal(["POST /v2/keys.verifyKey", "POST /v2/apis.getApi", "POST /v2/apis.getApi"], spans.Select(static span => span.Name));
            Assert.Equal(["200", "200", "404"], spans.Select(static span => span.Attributes["http.response.status_code"]));
            Assert.Equal(new[] { verified, read, refused }.Select(static reply => reply.RequestId), spans.Select(static span => span.Attributes["unkey.request_id"]));
            Assert.Equal(3, spans.Select(static span => span.SpanId).Distinct().Count());
            Assert.All(spans, span =>
            {
                Assert.Equal((TraceId, ParentId, 2, 0), (span.TraceId, span.ParentId, span.Kind, span.Status));
                Assert.InRange(span.Start / 1_000_000, before - 50, after + 50);
                Assert.InRange(span.End - span.Start, 1, 60_000_000_000);
                Assert.Equal(
                    ["http.request.method", "http.response.status_code", "http.route", "network.protocol.version", "unkey.request_id", "url.path", "url.scheme"],
                    span.Attributes.Keys.Order(StringComparer.Ordinal));
                Assert.Equal(("POST", "1.1", "http"), (span.Attributes["http.request.method"], span.Attributes["network.protocol.version"], span.Attributes["url.scheme"]));
                Assert.Equal(span.Name, $"POST {span.Attributes["http.route"]}");
            });
            Assert.All(_collector.Exports, export =>
            {
                Assert.Equal("unkey", export.Resource["service.name"]);
                Assert.All((string[])[secret, server.RootKey], text => Assert.True(export.Body.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) < 0, "no secret is exported"));
            });
        }
    }

    /// <summary>Where no caller decides: all, none, and the share in between. A path that is not served is not told, whatever a client puts there.</summary>
    [Fact]
    public void WithoutACallerTheSamplerDecides()
    {
        const int Calls = 400;
        Assert.Equal(Calls, SpansOf("always_on", "", Calls));
        int half = SpansOf("parentbased_traceidratio", "0.5", Calls);
        Assert.InRange(half, Calls / 4, Calls * 3 / 4);
        Assert.Equal(0, SpansOf("parentbased_always_off", "", Calls));
        Collector.Span[] spans = [.. _collector.Spans().Where(static span => span.Name != "GET /v2/liveness")];
        Assert.All(spans, static span =>
        {
            Assert.Equal(("", "GET", "404"), (span.ParentId, span.Name, span.Attributes["http.response.status_code"]));
            Assert.DoesNotContain("url.path", span.Attributes.Keys);
        });
        Assert.Equal(Calls + half, spans.Select(static span => span.TraceId).Distinct().Count());
        Assert.All(_collector.Exports, static export => Assert.True(export.Body.AsSpan().IndexOf("path_of_a_client"u8) < 0));
    }

    [Fact]
    public void WhatIsNoTraceparentIsAsIfItWereNotThere()
    {
        using ServerProcess server = ServerProcess.Start(Setup(("OTEL_TRACES_SAMPLER", "parentbased_always_on")));
        string[] broken =
        [
            "", "00", $"00-{TraceId}-{ParentId}-0", $"ff-{TraceId}-{ParentId}-00", $"00-{new string('0', 32)}-{ParentId}-00", $"00-{TraceId}-{new string('0', 16)}-00",
            $"00-{TraceId.ToUpperInvariant()}-{ParentId}-00", $"00-{TraceId}-{ParentId}-00-more", $"00_{TraceId}_{ParentId}_00", new('f', 4000),
        ];
        using RawConnection connection = server.Connect();
        foreach (string text in broken)
        {
            connection.Send($"GET /v2/nothing HTTP/1.1\r\nHost: localhost\r\ntraceparent: {text}\r\n\r\n");
            Assert.Equal(404, connection.Read().Status);
        }

        // A later version may go on behind the flags.
        connection.Send($"GET /v2/nothing HTTP/1.1\r\nHost: localhost\r\nTraceParent: cc-{TraceId}-{ParentId}-01-more\r\n\r\n");
        Assert.Equal(404, connection.Read().Status);
        Collector.Span[] spans = [];
        Poll.Until(() => (spans = [.. _collector.Spans().Where(static span => span.Name == "GET")]).Length == broken.Length + 1, "each is a span");
        Assert.All(spans[..^1], static span => Assert.Equal("", span.ParentId));
        Assert.Equal((TraceId, ParentId), (spans[^1].TraceId, spans[^1].ParentId));
    }

    [Fact]
    public void ASamplerThatIsNoneStopsTheStart()
    {
        CommandRun run = CommandRun.Of(
            ["serve", "--listen", "127.0.0.1:0", "--admin", "off"],
            ("OTEL_EXPORTER_OTLP_ENDPOINT", _collector.Endpoint),
            ("OTEL_TRACES_SAMPLER", "sometimes"),
            ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "0"));
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("OTEL_TRACES_SAMPLER: 'sometimes' is none of always_on, ", run.Errors, StringComparison.Ordinal);
        Assert.Contains("OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '0' is not a number from 1 to ", run.Errors, StringComparison.Ordinal);
        run = CommandRun.Of(
            ["serve", "--listen", "127.0.0.1:0", "--admin", "off"], ("OTEL_EXPORTER_OTLP_ENDPOINT", _collector.Endpoint), ("OTEL_TRACES_SAMPLER_ARG", "1.5"));
        Assert.Contains("OTEL_TRACES_SAMPLER_ARG: '1.5' is not a share from 0 to 1", run.Errors, StringComparison.Ordinal);
    }

    private static Reply Traced(ApiClient client, string operation, string body, string flags) => client.Send(new ApiRequest(operation, body)
    {
        Authorization = "Bearer " + client.RootKey,
        MoreFields = [$"traceparent: 00-{TraceId}-{ParentId}-{flags}", "tracestate: vendor=opaque"],
    });

    private int SpansOf(string sampler, string argument, int calls)
    {
        int before = _collector.Spans().Count(static span => span.Name == "GET");
        using (ServerProcess server = ServerProcess.Start(Setup(("OTEL_TRACES_SAMPLER", sampler), ("OTEL_TRACES_SAMPLER_ARG", argument))))
        {
            using RawConnection connection = server.Connect();
            for (int i = 0; i < calls; i++)
            {
                connection.Send("GET /path_of_a_client HTTP/1.1\r\nHost: localhost\r\n\r\n");
                Assert.Equal(404, connection.Read().Status);
            }
        }

        // The stop sends what waits.
        return _collector.Spans().Count(static span => span.Name == "GET") - before;
    }

    // Metrics and logs are left out, so that what arrives are spans.
    private ServerSetup Setup(params (string Name, string Value)[] more) => new()
    {
        Environment =
        [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", _collector.Endpoint), ("OTEL_METRICS_EXPORTER", "none"), ("OTEL_LOGS_EXPORTER", "none"), ("OTEL_BSP_SCHEDULE_DELAY", "100"),
            ("OTEL_TRACES_SAMPLER", "parentbased_always_off"), .. more,
        ],
    };
}
