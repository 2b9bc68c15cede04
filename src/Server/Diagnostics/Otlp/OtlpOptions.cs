using System;
using System.Collections.Generic;
using System.Globalization;
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

    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string MetricsEndpoint = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";
    private const string LogsEndpoint = "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT";

    private static readonly string[] s_endpoints = [Endpoint, MetricsEndpoint, LogsEndpoint];
    private static readonly string[] s_protocols = [Protocol, MetricsProtocol, LogsProtocol];
    private static readonly string[] s_headers = ["OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_METRICS_HEADERS", "OTEL_EXPORTER_OTLP_LOGS_HEADERS"];
    private static readonly string[] s_milliseconds =
    [
        "OTEL_METRIC_EXPORT_INTERVAL", "OTEL_METRIC_EXPORT_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT",
        "OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "OTEL_BLRP_SCHEDULE_DELAY", "OTEL_BLRP_EXPORT_TIMEOUT",
    ];

    private static readonly string[] s_certificates =
        ["OTEL_EXPORTER_OTLP_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_KEY"];

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
        return options.Metrics || options.Logs ? options : null;

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
