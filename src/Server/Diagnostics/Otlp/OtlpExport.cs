using System;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Unkey.Server.Commands;

namespace Unkey.Server.Diagnostics.Otlp;

/// <summary>Sets up the official SDK as its standard variables say. Used at start, and only when they ask for it.</summary>
internal static class OtlpExport
{
    private const string ServiceName = "unkey";

    // One for all signals of this process, so that they can be put together.
    private static readonly string s_instanceId = Guid.NewGuid().ToString();

    /// <summary>A provider that sends log entries to the collector, from a bounded queue and a thread of its own.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="watch">Sees how exports end.</param>
    public static ILoggerProvider Logs(OtlpOptions options, CollectorWatch watch)
    {
        OpenTelemetryLoggerOptions logs = new() { IncludeFormattedMessage = true };
        logs.SetResourceBuilder(Resource());
        logs.AddOtlpExporter(exporter => Configure(exporter, options, OtlpOptions.LogsProtocol, watch));
        return new OpenTelemetryLoggerProvider(new FixedOptions(logs));
    }

    /// <summary>A provider that reads a meter at each interval and sends what it finds.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="meter">Name of the meter.</param>
    /// <param name="watch">Sees how exports end.</param>
    public static MeterProvider Metrics(OtlpOptions options, string meter, CollectorWatch watch) => Sdk.CreateMeterProviderBuilder()
        .SetResourceBuilder(Resource())
        .AddMeter(meter)
        .AddOtlpExporter((exporter, _) => Configure(exporter, options, OtlpOptions.MetricsProtocol, watch))
        .Build();

    /// <summary>A provider of spans that are handed over in batches. Every span that is made is kept: which ones are made was decided before.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="source">Name of the source of the spans.</param>
    /// <param name="watch">Sees how exports end.</param>
    public static (TracerProvider Provider, SpanBatch Batch) Traces(OtlpOptions options, string source, CollectorWatch watch)
    {
        // Without the builder's AddOtlpExporter, which brings a queue of its own; so what is set for this signal alone is read here.
        OtlpExporterOptions exporter = new();
        Configure(exporter, options, OtlpOptions.TracesProtocol, watch);
        if (Value(OtlpOptions.TracesProtocol) is { } protocol)
        {
            exporter.Protocol = protocol == "grpc" ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;
        }

        if (Value(OtlpOptions.TracesEndpoint) is { } endpoint)
        {
            exporter.Endpoint = new Uri(endpoint);
        }

        exporter.Headers = Value(OtlpOptions.TracesHeaders) ?? exporter.Headers;
        exporter.TimeoutMilliseconds = Value(OtlpOptions.TracesTimeout) is { } timeout ? int.Parse(timeout, CultureInfo.InvariantCulture) : exporter.TimeoutMilliseconds;
        SpanBatch batch = new(new OtlpTraceExporter(exporter), options.TraceBatchSize);
        TracerProvider provider = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(Resource())
            .AddSource(source)
            .SetSampler(new AlwaysOnSampler())
            .AddProcessor(batch)
            .Build();
        return (provider, batch);
    }

    // The environment comes last, so that OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win.
    private static ResourceBuilder Resource() => ResourceBuilder.CreateEmpty()
        .AddService(ServiceName, serviceVersion: BuildVersion.Full, serviceInstanceId: s_instanceId)
        .AddTelemetrySdk()
        .AddEnvironmentVariableDetector();

    private static void Configure(OtlpExporterOptions exporter, OtlpOptions options, string protocolOfSignal, CollectorWatch watch)
    {
        // The SDK's own default is gRPC; the specification's is this.
        if (IsUnset(OtlpOptions.Protocol) && IsUnset(protocolOfSignal))
        {
            exporter.Protocol = OtlpExportProtocol.HttpProtobuf;
        }

        if (options.OwnClient)
        {
            watch.Observe(exporter);
        }
    }

    private static bool IsUnset(string variable) => Value(variable) is null;

    private static string? Value(string variable) => Environment.GetEnvironmentVariable(variable) is { } text && !string.IsNullOrWhiteSpace(text) ? text.Trim() : null;

    private sealed class FixedOptions(OpenTelemetryLoggerOptions value) : IOptionsMonitor<OpenTelemetryLoggerOptions>
    {
        public OpenTelemetryLoggerOptions CurrentValue { get; } = value;

        public OpenTelemetryLoggerOptions Get(string? name) => CurrentValue;

        public IDisposable? OnChange(Action<OpenTelemetryLoggerOptions, string?> listener) => null;
    }
}
