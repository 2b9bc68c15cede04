using System;
using System.Collections.Generic;
using System.Globalization;

namespace Unkey.Server.Commands.Top;

/// <summary>The samples of one reading of <c>/metrics</c>. Immutable once read.</summary>
internal sealed class MetricText
{
    private readonly Dictionary<string, List<MetricSample>> _samples = new(StringComparer.Ordinal);

    /// <summary>Reads the Prometheus text format as this program writes it; a line that is none is skipped, so that a newer server can be watched too.</summary>
    /// <param name="text">The whole answer.</param>
    public static MetricText Read(string text)
    {
        MetricText metrics = new();
        foreach (string line in text.Split('\n'))
        {
            if (line.Length > 0 && line[0] != '#' && TryRead(line, out string name, out MetricSample sample))
            {
                if (!metrics._samples.TryGetValue(name, out List<MetricSample>? samples))
                {
                    metrics._samples.Add(name, samples = []);
                }

                samples.Add(sample);
            }
        }

        return metrics;
    }

    /// <summary>Whether there is such a metric.</summary>
    public bool Has(string name) => _samples.ContainsKey(name);

    /// <summary>The samples of a metric, in order; none when it is not there.</summary>
    public IReadOnlyList<MetricSample> Of(string name) => _samples.TryGetValue(name, out List<MetricSample>? samples) ? samples : [];

    /// <summary>The sum over the samples of a metric; 0 when it is not there.</summary>
    public double Sum(string name)
    {
        double sum = 0;
        foreach (MetricSample sample in Of(name))
        {
            sum += sample.Value;
        }

        return sum;
    }

    private static bool TryRead(string line, out string name, out MetricSample sample)
    {
        Dictionary<string, string> labels = new(StringComparer.Ordinal);
        int brace = line.IndexOf('{', StringComparison.Ordinal);
        int blank = line.LastIndexOf(' ');
        name = "";
        sample = default;
        if (blank <= 0 || !double.TryParse(line.AsSpan(blank + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out double value))
        {
            return false;
        }

        int end = brace >= 0 && brace < blank ? line.LastIndexOf('}', blank) : blank;
        name = line[..(brace >= 0 && brace < blank ? brace : blank)];
        if (brace >= 0 && brace < blank)
        {
            if (end < brace)
            {
                return false;
            }

            // No value of this program holds a quote or a comma.
            foreach (string pair in line[(brace + 1)..end].Split(',', StringSplitOptions.RemoveEmptyEntries))
            {
                int equals = pair.IndexOf("=\"", StringComparison.Ordinal);
                if (equals <= 0 || !pair.EndsWith('"') || pair.Length < equals + 3)
                {
                    return false;
                }

                labels[pair[..equals]] = pair[(equals + 2)..^1];
            }
        }

        sample = new MetricSample(labels, value);
        return true;
    }
}
