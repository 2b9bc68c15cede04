using System;

namespace Unkey.Server.Diagnostics;

/// <summary>Is told every metric with its samples, one after the other. One thread.</summary>
internal interface IMetricWriter
{
    /// <summary>Starts a metric; its samples follow.</summary>
    /// <param name="name">Metric name.</param>
    /// <param name="type"><c>counter</c>, <c>gauge</c> or <c>histogram</c>. A histogram has samples of its name and <c>_bucket</c>, <c>_sum</c> or <c>_count</c>.</param>
    /// <param name="help">One line of meaning.</param>
    public void Begin(string name, string type, string help);

    /// <summary>A whole-numbered sample.</summary>
    /// <param name="name">Name of the sample.</param>
    /// <param name="value">The value.</param>
    /// <param name="labels">What tells it from the metric's other samples.</param>
    public void Sample(string name, long value, params ReadOnlySpan<MetricLabel> labels);

    /// <summary>A fractional sample.</summary>
    /// <param name="name">Name of the sample.</param>
    /// <param name="value">The value.</param>
    /// <param name="labels">What tells it from the metric's other samples.</param>
    public void Sample(string name, double value, params ReadOnlySpan<MetricLabel> labels);
}
