using System;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Threading;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;

namespace Unkey.Server.Diagnostics.Otlp;

/// <summary>Sends to a collector what <c>/metrics</c> shows, under the same names: one instrument for each name, read when the SDK exports. Any thread.</summary>
/// <remarks>
/// The metrics are defined once, in <see cref="Metrics"/>. Nothing is added to what the reactors do. The SDK has no histogram that can be read, so latencies
/// are what the text format makes of them: counters for each bucket (<c>le</c>), the sum and the count.
/// </remarks>
internal sealed class OtlpMetrics : IDisposable
{
    private const string MeterName = "unkey";

    // The instruments of one export are read within a millisecond; the next export is at least this much later.
    private static readonly TimeSpan s_freshFor = TimeSpan.FromMilliseconds(20);

    private readonly Metrics _metrics;
    private readonly Meter _meter = new(MeterName);
    private readonly MeterProvider _provider;
    private readonly Lock _lock = new();

    // Under the lock.
    private MetricSnapshot _last;
    private long _lastAt;
    private bool _isClosed;

    private OtlpMetrics(Metrics metrics, OtlpOptions options, ILogger logger)
    {
        _metrics = metrics;
        _last = new MetricSnapshot();
        metrics.WriteTo(_last);
        foreach ((string name, MetricSnapshot.Series series) in _last.All)
        {
            Describe(name, series);
        }

        CollectorWatch watch = new("metrics");
        watch.Attach(logger);
        _provider = OtlpExport.Metrics(options, MeterName, watch);
    }

    /// <summary>Starts exporting. Every metric must have been added.</summary>
    /// <param name="metrics">What to export.</param>
    /// <param name="options">What the environment asks for.</param>
    /// <param name="logger">For a collector that goes away and comes back.</param>
    /// <returns>The export, or <see langword="null"/> when it is not asked for.</returns>
    public static OtlpMetrics? Start(Metrics metrics, OtlpOptions? options, ILogger logger) =>
        options is { Metrics: true } ? new OtlpMetrics(metrics, options, logger) : null;

    /// <summary>Exports once more, if that succeeds within a while, and ends. Afterwards no metric is read any more.</summary>
    /// <param name="timeout">How long the last export may take.</param>
    public void Close(TimeSpan timeout)
    {
        _ = _provider.Shutdown((int)timeout.TotalMilliseconds);
        lock (_lock)
        {
            _isClosed = true;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private void Describe(string name, MetricSnapshot.Series series)
    {
        if (series.Fractional.Count > 0)
        {
            _ = series.IsCounter
                ? (Instrument)_meter.CreateObservableCounter(name, () => Read(name).Fractional, description: series.Help)
                : _meter.CreateObservableGauge(name, () => Read(name).Fractional, description: series.Help);
        }
        else
        {
            _ = series.IsCounter
                ? (Instrument)_meter.CreateObservableCounter(name, () => Read(name).Whole, description: series.Help)
                : _meter.CreateObservableGauge(name, () => Read(name).Whole, description: series.Help);
        }
    }

    private MetricSnapshot.Series Read(string name)
    {
        lock (_lock)
        {
            // After the close the tables behind the metrics may be gone.
            if (!_isClosed && Stopwatch.GetElapsedTime(_lastAt) > s_freshFor)
            {
                MetricSnapshot now = new();
                _metrics.WriteTo(now);
                _last = now;
                _lastAt = Stopwatch.GetTimestamp();
            }

            return _last.All[name];
        }
    }
}
