using System;
using System.Collections.Generic;
using System.Diagnostics.Metrics;

namespace Unkey.Server.Diagnostics.Otlp;

/// <summary>All samples of one moment, by name. Written by one thread, then read by any.</summary>
internal sealed class MetricSnapshot : IMetricWriter
{
    private readonly Dictionary<string, Series> _series = [];
    private string _type = "";
    private string _help = "";

    /// <summary>Everything by the name of the sample.</summary>
    public IReadOnlyDictionary<string, Series> All => _series;

    /// <inheritdoc/>
    public void Begin(string name, string type, string help) => (_type, _help) = (type, help);

    /// <inheritdoc/>
    public void Sample(string name, long value, params ReadOnlySpan<MetricLabel> labels) =>
        Of(name).Whole.Add(new Measurement<long>(value, Tags(labels)));

    /// <inheritdoc/>
    public void Sample(string name, double value, params ReadOnlySpan<MetricLabel> labels) =>
        Of(name).Fractional.Add(new Measurement<double>(value, Tags(labels)));

    private static KeyValuePair<string, object?>[] Tags(ReadOnlySpan<MetricLabel> labels)
    {
        KeyValuePair<string, object?>[] tags = labels.IsEmpty ? [] : new KeyValuePair<string, object?>[labels.Length];
        for (int i = 0; i < tags.Length; i++)
        {
            tags[i] = new(labels[i].Name, labels[i].Value);
        }

        return tags;
    }

    private Series Of(string name)
    {
        if (!_series.TryGetValue(name, out Series? series))
        {
            // What a histogram consists of only grows.
            series = new Series(_type != "gauge", _help);
            _series.Add(name, series);
        }

        return series;
    }

    /// <summary>The samples of one name; either all whole or all fractional.</summary>
    /// <param name="IsCounter">Whether they only grow.</param>
    /// <param name="Help">One line of meaning.</param>
    internal sealed record Series(bool IsCounter, string Help)
    {
        /// <summary>Whole-numbered samples.</summary>
        public List<Measurement<long>> Whole { get; } = [];

        /// <summary>Fractional samples.</summary>
        public List<Measurement<double>> Fractional { get; } = [];
    }
}
