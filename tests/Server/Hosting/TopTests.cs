using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Unkey.Server.Commands.Top;
using Xunit;

namespace Unkey.Server.Tests.Hosting;

/// <summary>What <c>unkey top</c> makes of recorded metrics.</summary>
public sealed class TopTests
{
    private const string Before =
        """
        # HELP unkey_http_requests_total Requests.
        # TYPE unkey_http_requests_total counter
        unkey_http_requests_total{endpoint="keys.verifyKey",outcome="valid"} 1000
        unkey_http_requests_total{endpoint="keys.verifyKey",outcome="rate_limited"} 100
        unkey_http_requests_total{endpoint="apis.getApi",outcome="server_error"} 5
        unkey_http_requests_total{endpoint="liveness",outcome="success"} 7
        unkey_http_request_duration_seconds_bucket{endpoint="keys.verifyKey",le="0.00001"} 100
        unkey_http_request_duration_seconds_bucket{endpoint="keys.verifyKey",le="0.00002"} 100
        unkey_http_request_duration_seconds_bucket{endpoint="keys.verifyKey",le="0.001"} 100
        unkey_http_request_duration_seconds_bucket{endpoint="keys.verifyKey",le="+Inf"} 100
        process_start_time_seconds 1700000000.5
        unkey_events_delivered_total 10
        """;

    private const string After =
        """
        unkey_http_requests_total{endpoint="keys.verifyKey",outcome="valid"} 1300
        unkey_http_requests_total{endpoint="keys.verifyKey",outcome="rate_limited"} 200
        unkey_http_requests_total{endpoint="apis.getApi",outcome="server_error"} 7
        unkey_http_requests_total{endpoint="liveness",outcome="success"} 7
        unkey_http_request_duration_seconds_bucket{endpoint="keys.verifyKey",le="0.00001"} 150
        unkey_http_request_duration_seconds_bucket{endpoint="keys.verifyKey",le="0.00002"} 190
        unkey_http_request_duration_seconds_bucket{endpoint="keys.verifyKey",le="0.001"} 199
        unkey_http_request_duration_seconds_bucket{endpoint="keys.verifyKey",le="+Inf"} 200
        process_start_time_seconds 1700000000.5
        unkey_events_delivered_total 50
        unkey_events_dropped_total 0
        unkey_events_sink_up 0
        unkey_store_up 1
        unkey_keys 12
        unkey_connections_open 3
        process_resident_memory_bytes 123456789
        what is no sample at all
        unkey_broken{a="b 1
        """;

    [Fact]
    public void RatesSharesAndQuantilesAreOfTheTimeBetweenTheReadings()
    {
        TopFigures figures = new(MetricText.Read(Before), MetricText.Read(After), seconds: 2);
        IReadOnlyList<OperationFigures> operations = figures.Operations();
        Assert.Equal(["keys.verifyKey", "apis.getApi"], operations.Select(static operation => operation.Name));
        Assert.Equal([200.0, 1.0], operations.Select(static operation => operation.Rate));
        Assert.Equal([("valid", 150.0), ("rate_limited", 50.0)], operations[0].Outcomes);

        // Of 100 new requests 50 took up to 10 us, 40 up to 20 us, 9 up to 1 ms and one longer.
        double[] latency = figures.Latency("keys.verifyKey", 0.25, 0.5, 0.7, 0.99, 0.999);
        Assert.Equal([5e-6, 10e-6, 15e-6, 1e-3, 1e-3], latency.Select(static value => Math.Round(value, 9)));
        Assert.All(figures.Latency("none", 0.5), static value => Assert.True(double.IsNaN(value)));
        Assert.Equal(20, figures.Rate("unkey_events_delivered_total"));
        Assert.Equal(0, figures.Rate("unkey_none_total"));
    }

    [Fact]
    public void AServerThatWasStartedAgainCountsFromZero()
    {
        string restarted = After.Replace("1700000000.5", "1700000600.5", StringComparison.Ordinal);
        TopFigures figures = new(MetricText.Read(Before), MetricText.Read(restarted), seconds: 1);
        Assert.Equal(1500, figures.Operations()[0].Rate);
        Assert.Equal(50, figures.Rate("unkey_events_delivered_total"));
    }

    [Fact]
    public void ThePageShowsEverythingAndTheLineWhatMatters()
    {
        TopFigures figures = new(MetricText.Read(Before), MetricText.Read(After), seconds: 2);
        string page = string.Join('\n', TopText.Page(figures)).Replace(TopText.Heading.ToString(), "", StringComparison.Ordinal);
        Assert.Contains("keys.verifyKey                  200.0   99.5%  valid 75.0%  rate_limited 25.0%\n", page, StringComparison.Ordinal);
        Assert.Contains("all                             201.0  100.0%  errors 1.0/s\n", page, StringComparison.Ordinal);
        Assert.Contains("keys.verifyKey              10.0us    20.0us    1.00ms    1.00ms\n", page, StringComparison.Ordinal);
        Assert.Contains("connections  3 open", page, StringComparison.Ordinal);
        Assert.Contains("events       20.0/s delivered", page, StringComparison.Ordinal);
        Assert.Contains("store DOWN", page, StringComparison.Ordinal);
        Assert.Contains("store        up, 12 keys", page, StringComparison.Ordinal);
        Assert.Contains("memory       123MB resident", page, StringComparison.Ordinal);
        Assert.DoesNotContain("liveness", page, StringComparison.Ordinal);
        Assert.StartsWith("requests/s=201.0 errors/s=1.0 verify_p50=10.0us verify_p99=1.00ms connections=3 events/s=20.0 ", TopText.Line(figures), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "0.00us")]
    [InlineData(1.234e-6, "1.23us")]
    [InlineData(99.96e-6, "100us")]
    [InlineData(999.6e-6, "1.00ms")]
    [InlineData(0.25, "250ms")]
    [InlineData(17.2, "17.2s")]
    [InlineData(double.NaN, "-")]
    public void DurationsHaveThreeDigits(double seconds, string text) => Assert.Equal(text, TopText.Duration(seconds));

    [Theory]
    [InlineData(0, "0B")]
    [InlineData(999, "999B")]
    [InlineData(1234, "1.23kB")]
    [InlineData(123_456_789, "123MB")]
    [InlineData(999_900_000, "1.00GB")]
    public void SizesHaveThreeDigits(double bytes, string text) => Assert.Equal(text, TopText.Size(bytes));

    [Fact]
    public void AScreenCutsWhatDoesNotFitFollowsItsSizeAndGoesBack()
    {
        StringWriter terminal = new();
        (int, int) size = (10, 3);
        using (TopScreen screen = new(terminal, isStyled: true, () => size))
        {
            screen.Show([TopText.Heading + "a heading that is long", "short", "exactly 10", "too much"]);
            Assert.Equal("\u001b[?1049h\u001b[?25l\u001b[H\u001b[1ma heading \u001b[0m\r\nshort\u001b[K\r\nexactly 10", terminal.ToString());
            size = (30, 5);
            terminal.GetStringBuilder().Clear();
            screen.Show([TopText.Heading + "a heading that is long"]);
            Assert.Equal("\u001b[H\u001b[1ma heading that is long\u001b[0m\u001b[K\u001b[J", terminal.ToString());
            terminal.GetStringBuilder().Clear();
        }

        Assert.Equal("\u001b[?25h\u001b[?1049l", terminal.ToString());
        terminal.GetStringBuilder().Clear();
        using TopScreen plain = new(terminal, isStyled: false, () => size);
        plain.Show([TopText.Heading + "a heading"]);
        Assert.DoesNotContain("\u001b[1m", terminal.ToString(), StringComparison.Ordinal);
    }
}
