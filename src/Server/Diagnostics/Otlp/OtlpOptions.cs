using System;
using System.Collections.Generic;
using System.Globalization;
using Unkey.Server.Diagnostics.Requests;
using Unkey.Server.Hosting;

namespace Unkey.Server.Diagnostics.Otlp;

/// <summary>What the standard variables of OpenTelemetry ask for. Immutable. The SDK reads the values itself; here they are checked, because it ignores bad ones.</summary>
/// <param name="Metrics">Whether metrics are exported.</param>
/// <param name="Logs">Whether logs are exported.</param>
/// <param name="OwnClient">Whether requests go through a client of ours, which tells of failures; not when the SDK has to set up certificates.</param>
public sealed record OtlpOptions(bool Metrics, bool Logs, bool OwnClient)
{
    internal const string Protocol = "OTEL_EXPORTER_OTLP_PROTOCOL";
    internal const string MetricsProtocol = "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL";
    internal const string LogsProtocol = "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL";
    internal const string TracesProtocol = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL";
    internal const string TracesEndpoint = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    internal const string TracesHeaders = "OTEL_EXPORTER_OTLP_TRACES_HEADERS";
    internal const string TracesTimeout = "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT";

    // A verification is a thousandth of what a span of it costs, so most of them are left out unless somebody asks for more.
    private const double DefaultTraceRatio = 0.01;
    private const int DefaultTraceDelayMs = 5000;
    private const int DefaultTraceBatch = 512;
    private const int TraceBatchMax = 2048;
    private const string Sampler = "OTEL_TRACES_SAMPLER";
    private const string SamplerArgument = "OTEL_TRACES_SAMPLER_ARG";
    private const string TraceDelayName = "OTEL_BSP_SCHEDULE_DELAY";
    private const string TraceBatchName = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE";

    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string MetricsEndpoint = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";
    private const string LogsEndpoint = "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT";

    private static readonly string[] s_endpoints = [Endpoint, MetricsEndpoint, LogsEndpoint, TracesEndpoint];
    private static readonly string[] s_protocols = [Protocol, MetricsProtocol, LogsProtocol, TracesProtocol];
    private static readonly string[] s_headers = ["OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_METRICS_HEADERS", "OTEL_EXPORTER_OTLP_LOGS_HEADERS", TracesHeaders];
    private static readonly string[] s_milliseconds =
    [
        "OTEL_METRIC_EXPORT_INTERVAL", "OTEL_METRIC_EXPORT_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT",
        "OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", TracesTimeout, "OTEL_BLRP_SCHEDULE_DELAY", "OTEL_BLRP_EXPORT_TIMEOUT", TraceDelayName,
    ];

    private static readonly string[] s_certificates =
        ["OTEL_EXPORTER_OTLP_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_KEY"];

    /// <summary>Which requests are traced; <see langword="null"/> when traces are not exported.</summary>
    internal TraceSampling? Traces { get; init; }

    /// <summary>Longest time between exports of spans.</summary>
    internal TimeSpan TraceDelay { get; init; } = TimeSpan.FromMilliseconds(DefaultTraceDelayMs);

    /// <summary>Most spans in an export.</summary>
    internal int TraceBatchSize { get; init; } = DefaultTraceBatch;

    /// <summary>Reads the variables.</summary>
    /// <param name="environment">The value of a variable, or <see langword="null"/>. An empty one counts as not set.</param>
    /// <param name="problems">Receives one line for each value that cannot be used; values of headers are never shown.</param>
    /// <returns>What to export; <see langword="null"/> when no endpoint is given, or everything is turned off.</returns>
    public static OtlpOptions? Read(Func<string, string?> environment, List<string> problems)
    {
        if (Array.TrueForAll(s_endpoints, name => Value(name) is null) || string.Equals(Value("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        Check(s_endpoints, static text => Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https", "is not an address such as http://127.0.0.1:4318");
        Check(s_protocols, static text => text is "http/protobuf" or "grpc", "is neither http/protobuf nor grpc");
        Check(
            s_milliseconds,
            static text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value > 0,
            "is not a number of milliseconds above 0");
        Check(s_headers, AreHeaders, problem: "is not a list such as name=value,name2=value2", isSecret: true);
        bool hasCertificates = Array.Exists(s_certificates, name => Value(name) is not null);
        OtlpOptions options = new(Exports("OTEL_METRICS_EXPORTER", MetricsEndpoint), Exports("OTEL_LOGS_EXPORTER", LogsEndpoint), !hasCertificates);
        if (Exports("OTEL_TRACES_EXPORTER", TracesEndpoint))
        {
            Check(
                [TraceBatchName],
                static text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value is > 0 and <= TraceBatchMax,
                $"is not a number from 1 to {TraceBatchMax}");
            options = options with
            {
                Traces = ReadSampling(Value(Sampler), Value(SamplerArgument), problems),
                TraceDelay = TimeSpan.FromMilliseconds(Number(TraceDelayName, DefaultTraceDelayMs)),
                TraceBatchSize = Number(TraceBatchName, DefaultTraceBatch),
            };
        }

        return options.Metrics || options.Logs || options.Traces is not null ? options : null;

        int Number(string name, int otherwise) => int.TryParse(Value(name), NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value > 0 ? value : otherwise;

        string? Value(string name) => environment(name) is { } text && text.AsSpan().Trim().Length > 0 ? text.Trim() : null;

        bool Exports(string name, string endpoint)
        {
            Check([name], static text => text is "otlp" or "none", "is neither otlp nor none");
            return Value(name) != "none" && (Value(Endpoint) ?? Value(endpoint)) is not null;
        }

        void Check(IEnumerable<string> names, Func<string, bool> isGood, string problem, bool isSecret = false)
        {
            foreach (string name in names)
            {
                if (Value(name) is { } text && !isGood(text))
                {
                    problems.Add(isSecret ? $"{name}: {problem}" : $"{name}: '{TextSafety.Escape(text)}' {problem}");
                }
            }
        }
    }

    // OTEL_TRACES_SAMPLER as the specification has it, but for the default.
    private static TraceSampling? ReadSampling(string? sampler, string? argument, List<string> problems)
    {
        double? given = null;
        if (argument is not null && (sampler is null || sampler.EndsWith("traceidratio", StringComparison.Ordinal)))
        {
            if (!double.TryParse(argument, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double ratio) || ratio is < 0 or > 1)
            {
                problems.Add($"{SamplerArgument}: '{TextSafety.Escape(argument)}' is not a share from 0 to 1");
                return null;
            }

            given = ratio;
        }

        switch (sampler)
        {
            case null:
                return new TraceSampling(given ?? DefaultTraceRatio, FollowsParent: true);
            case "always_on":
                return new TraceSampling(1, FollowsParent: false);
            case "always_off":
                return null;
            case "traceidratio":
                return new TraceSampling(given ?? 1, FollowsParent: false);
            case "parentbased_always_on":
                return new TraceSampling(1, FollowsParent: true);
            case "parentbased_always_off":
                return new TraceSampling(0, FollowsParent: true);
            case "parentbased_traceidratio":
                return new TraceSampling(given ?? 1, FollowsParent: true);
            default:
                problems.Add(
                    $"{Sampler}: '{TextSafety.Escape(sampler)}' is none of always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off, parentbased_traceidratio");
                return null;
        }
    }

    private static bool AreHeaders(string text)
    {
        foreach (string pair in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || pair.AsSpan(0, equals).Trim().ContainsAny(' ', '\t'))
            {
                return false;
            }
        }

        return true;
    }
}
