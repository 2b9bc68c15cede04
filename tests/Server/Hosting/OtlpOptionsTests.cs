using System;
using System.Collections.Generic;
using Unkey.Server.Diagnostics.Otlp;
using Xunit;

namespace Unkey.Server.Tests.Hosting;

public sealed class OtlpOptionsTests
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    [Theory]
    [InlineData("", false, false)]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS=a=b;OTEL_METRIC_EXPORT_INTERVAL=nonsense", false, false)]
    [InlineData(Endpoint + "=http://127.0.0.1:4318", true, true)]
    [InlineData(Endpoint + "=  ", false, false)]
    [InlineData(Endpoint + "=http://c;OTEL_SDK_DISABLED=TRUE", false, false)]
    [InlineData(Endpoint + "=http://c;OTEL_SDK_DISABLED=false", true, true)]
    [InlineData(Endpoint + "=http://c;OTEL_METRICS_EXPORTER=none", false, true)]
    [InlineData(Endpoint + "=http://c;OTEL_LOGS_EXPORTER=none;OTEL_METRICS_EXPORTER=otlp", true, false)]
    [InlineData(Endpoint + "=http://c;OTEL_LOGS_EXPORTER=none;OTEL_METRICS_EXPORTER=none", false, false)]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=https://c/v1/metrics", true, false)]
    [InlineData("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=https://c/v1/logs", false, true)]
    public void TheVariablesSayWhatIsExported(string variables, bool metrics, bool logs)
    {
        OtlpOptions? options = Read(variables, out List<string> problems);
        Assert.Empty(problems);
        Assert.Equal((metrics, logs), (options?.Metrics ?? false, options?.Logs ?? false));
    }

    [Theory]
    [InlineData(Endpoint + "=c:4318", Endpoint)]
    [InlineData(Endpoint + "=ftp://c", Endpoint)]
    [InlineData(Endpoint + "=http://c;OTEL_EXPORTER_OTLP_PROTOCOL=http/json", "OTEL_EXPORTER_OTLP_PROTOCOL")]
    [InlineData(Endpoint + "=http://c;OTEL_EXPORTER_OTLP_TIMEOUT=10s", "OTEL_EXPORTER_OTLP_TIMEOUT")]
    [InlineData(Endpoint + "=http://c;OTEL_METRIC_EXPORT_INTERVAL=0", "OTEL_METRIC_EXPORT_INTERVAL")]
    [InlineData(Endpoint + "=http://c;OTEL_EXPORTER_OTLP_HEADERS=no_equals_sign", "OTEL_EXPORTER_OTLP_HEADERS")]
    [InlineData(Endpoint + "=http://c;OTEL_LOGS_EXPORTER=console", "OTEL_LOGS_EXPORTER")]
    public void WhatTheSdkWouldIgnoreIsAProblem(string variables, string named)
    {
        Read(variables, out List<string> problems);
        Assert.StartsWith(named + ": ", Assert.Single(problems), StringComparison.Ordinal);
        Assert.DoesNotContain("no_equals_sign", problems[0], StringComparison.Ordinal);
    }

    [Fact]
    public void CertificatesAreLeftToTheSdk()
    {
        Assert.True(Read(Endpoint + "=https://c", out _)!.OwnClient);
        Assert.False(Read(Endpoint + "=https://c;OTEL_EXPORTER_OTLP_CERTIFICATE=/etc/ca.pem", out _)!.OwnClient);
    }

    private static OtlpOptions? Read(string variables, out List<string> problems)
    {
        Dictionary<string, string> environment = [];
        foreach (string pair in variables.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            environment[pair[..equals]] = pair[(equals + 1)..];
        }

        problems = [];
        return OtlpOptions.Read(name => environment.GetValueOrDefault(name), problems);
    }
}
