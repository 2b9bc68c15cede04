using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Unkey.Server.Commands.Top;

/// <summary>What two readings of the metrics say of the time between them. Immutable.</summary>
/// <param name="before">The earlier reading.</param>
/// <param name="now">The later one.</param>
/// <param name="seconds">Time between them, above 0.</param>
internal sealed class TopFigures(MetricText before, MetricText now, double seconds)
{
    private const string Requests = "unkey_http_requests_total";
    private const string Buckets = "unkey_http_request_duration_seconds_bucket";

    // A counter that went down belongs to a process that was started meanwhile: all of it is new.
    private readonly bool _isRestarted = before.Sum("process_start_time_seconds") != now.Sum("process_start_time_seconds");

    /// <summary>The later reading.</summary>
    public MetricText Now => now;

    /// <summary>Growth of a counter in a second, over all of its labels.</summary>
    public double Rate(string name) => Delta(before.Sum(name), now.Sum(name)) / seconds;

    /// <summary>A gauge, over all of its labels.</summary>
    public double Value(string name) => now.Sum(name);

    /// <summary>Operations that were called, the busiest first.</summary>
    public IReadOnlyList<OperationFigures> Operations()
    {
        Dictionary<(string, string), double> earlier = before.Of(Requests).ToDictionary(static sample => (sample["endpoint"], sample["outcome"]), static sample => sample.Value);
        List<OperationFigures> all = [];
        foreach (IGrouping<string, MetricSample> operation in now.Of(Requests).GroupBy(static sample => sample["endpoint"]))
        {
            List<(string Outcome, double Rate)> outcomes = [];
            foreach (MetricSample sample in operation)
            {
                double rate = Delta(earlier.GetValueOrDefault((operation.Key, sample["outcome"])), sample.Value) / seconds;
                if (rate > 0)
                {
                    outcomes.Add((sample["outcome"], rate));
                }
            }

            if (outcomes.Count > 0)
            {
                all.Add(new OperationFigures(operation.Key, outcomes.Sum(static outcome => outcome.Rate), [.. outcomes.OrderByDescending(static outcome => outcome.Rate)]));
            }
        }

        return [.. all.OrderByDescending(static operation => operation.Rate).ThenBy(static operation => operation.Name, StringComparer.Ordinal)];
    }

    /// <summary>The groups of operations that have a latency histogram.</summary>
    public IReadOnlyList<string> LatencyGroups() => [.. now.Of(Buckets).Select(static sample => sample["endpoint"]).Distinct()];

    /// <summary>Quantiles of the requests between the readings, as Prometheus estimates them: linear inside a bucket.</summary>
    /// <param name="group">A latency group.</param>
    /// <param name="quantiles">Each above 0 and below 1.</param>
    /// <returns>Seconds, one for each quantile; <see cref="double.NaN"/> when there were no requests.</returns>
    public double[] Latency(string group, params ReadOnlySpan<double> quantiles)
    {
        Dictionary<string, double> earlier = before.Of(Buckets).Where(sample => sample["endpoint"] == group).ToDictionary(static sample => sample["le"], static sample => sample.Value);
        (double Bound, double Count)[] buckets =
        [
            .. now.Of(Buckets).Where(sample => sample["endpoint"] == group)
                .Select(sample => (Bound(sample["le"]), Delta(earlier.GetValueOrDefault(sample["le"]), sample.Value)))
                .OrderBy(static bucket => bucket.Item1),
        ];
        double[] values = new double[quantiles.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Quantile(buckets, quantiles[i]);
        }

        return values;
    }

    private static double Bound(string le) => le == "+Inf" ? double.PositiveInfinity : double.Parse(le, CultureInfo.InvariantCulture);

    private static double Quantile((double Bound, double Count)[] buckets, double quantile)
    {
        double total = buckets.Length == 0 ? 0 : buckets[^1].Count;
        if (total <= 0)
        {
            return double.NaN;
        }

        double rank = quantile * total;
        int i = Array.FindIndex(buckets, bucket => bucket.Count >= rank);
        (double lower, double below) = i == 0 ? (0, 0) : buckets[i - 1];
        (double upper, double upTo) = buckets[i];
        return double.IsPositiveInfinity(upper) ? lower : lower + ((upper - lower) * (upTo > below ? (rank - below) / (upTo - below) : 1));
    }

    private double Delta(double earlier, double later) => _isRestarted || later < earlier ? later : later - earlier;
}
