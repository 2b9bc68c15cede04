using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.RegularExpressions;

namespace Unkey.Server.Tests.Tcp.Observing;

/// <summary>A text of metrics, read strictly: what the Prometheus text format and its conventions ask for, as <c>promtool check metrics</c> looks at it, and more.</summary>
/// <remarks>Source: prometheus.io, "Exposition formats", "Metric and label naming", and the linter of client_golang.</remarks>
internal sealed partial class Exposition
{
    private static readonly string[] s_units = ["seconds", "bytes", "info", "up", "growing"];
    private static readonly string[] s_wrongUnits =
        ["milliseconds", "ms", "microseconds", "us", "nanoseconds", "ns", "minutes", "hours", "kilobytes", "megabytes", "kb", "mb", "percent", "bits"];

    private readonly List<string> _faults = [];
    private readonly HashSet<string> _series = [];
    private readonly Dictionary<string, (string Type, List<Sample> Samples)> _families = [];

    public Exposition(string text)
    {
        Fault(!text.EndsWith('\n'), "the last line has no end");
        string? help = null;
        string family = "";
        foreach (string line in text.TrimEnd('\n').Split('\n'))
        {
            if (HelpLine().Match(line) is { Success: true } helps)
            {
                help = helps.Groups[1].Value;
                Fault(_families.ContainsKey(help), $"{help} begins twice");
                Fault(!helps.Groups[2].Value.EndsWith('.'), $"the help of {help} is no sentence");
            }
            else if (TypeLine().Match(line) is { Success: true } types)
            {
                family = types.Groups[1].Value;
                Fault(help != family, $"{family} has no help in front of its type");
                _families.Add(family, (types.Groups[2].Value, []));
                CheckName(family, types.Groups[2].Value);
            }
            else
            {
                Read(line, family);
            }
        }

        foreach ((string name, (string type, List<Sample> samples)) in _families)
        {
            Fault(samples.Count == 0, $"{name} has no sample");
            Fault(samples.Select(static sample => string.Join(',', sample.Labels.Keys.Where(static key => key != "le"))).Distinct().Count() > 1, $"{name} has samples with different labels");
            if (type == "histogram")
            {
                CheckHistogram(name, samples);
            }
        }
    }

    /// <summary>Everything that is not as it should be.</summary>
    public IReadOnlyList<string> Faults => _faults;

    /// <summary>Names that a query can use: those of the samples, so a histogram has three.</summary>
    public IReadOnlySet<string> SampleNames => _families.Values.SelectMany(static family => family.Samples).Select(static sample => sample.Name).ToHashSet();

    /// <summary>The values of a label over the samples of a name.</summary>
    public IReadOnlySet<string> Values(string name, string label) =>
        _families.Values.SelectMany(static family => family.Samples).Where(sample => sample.Name == name && sample.Labels.ContainsKey(label)).Select(sample => sample.Labels[label]).ToHashSet();

    /// <summary>Names of the labels of a name.</summary>
    public IReadOnlySet<string> Labels(string name) =>
        _families.Values.SelectMany(static family => family.Samples).Where(sample => sample.Name == name).SelectMany(static sample => sample.Labels.Keys).ToHashSet();

    private void Fault(bool isOne, string what)
    {
        if (isOne)
        {
            _faults.Add(what);
        }
    }

    private void CheckName(string name, string type)
    {
        string[] words = name.Split('_');
        Fault(!name.StartsWith("unkey_", StringComparison.Ordinal) && !name.StartsWith("process_", StringComparison.Ordinal), $"{name} is in no namespace of ours");
        Fault(type == "counter" != name.EndsWith("_total", StringComparison.Ordinal), $"{name} is a {type}; _total belongs to counters, and to all of them");
        Fault(words.Intersect(s_wrongUnits).Any(), $"{name} is not in a base unit");
        Fault(type is "histogram" && !name.EndsWith("_seconds", StringComparison.Ordinal) && !name.EndsWith("_bytes", StringComparison.Ordinal), $"{name} has no unit");
        Fault(words.Contains(type), $"{name} repeats its type");
        string unit = type == "counter" ? words[^2] : words[^1];
        Fault(s_units.Take(2).Any(known => words.Contains(known)) && !s_units.Contains(unit), $"the unit of {name} does not stand at its end");
        Fault(UpperCase().IsMatch(name), $"{name} is not in snake case");
    }

    private void Read(string line, string family)
    {
        Match match = SampleLine().Match(line);
        if (!match.Success
            || !double.TryParse(match.Groups["value"].ValueSpan, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            || !_families.TryGetValue(family, out (string Type, List<Sample> Samples) owner))
        {
            Fault(true, $"'{line}' is no sample");
            return;
        }

        string name = match.Groups["name"].Value;
        Dictionary<string, string> labels = match.Groups["label"].Captures.Zip(match.Groups["text"].Captures).ToDictionary(static pair => pair.First.Value, static pair => pair.Second.Value);
        bool isOfFamily = owner.Type == "histogram"
            ? name == family + "_sum" || name == family + "_count" || (name == family + "_bucket" && labels.ContainsKey("le"))
            : name == family && !labels.ContainsKey("le");
        Fault(!isOfFamily, $"{name} stands among the samples of {family}");
        Fault(!_series.Add(name + string.Join(',', labels.OrderBy(static label => label.Key, StringComparer.Ordinal))), $"'{line}' is there twice");
        Fault(labels.Values.Any(static text => text.Length is 0 or > 64), $"'{line}' has a label without or with too long a value");
        Fault(owner.Type != "gauge" && value < 0, $"'{line}' is below zero");
        owner.Samples.Add(new Sample(name, labels, value));
    }

    private void CheckHistogram(string name, List<Sample> samples)
    {
        foreach (IGrouping<string, Sample> series in samples.GroupBy(static sample => string.Join(',', sample.Labels.Where(static label => label.Key != "le"))))
        {
            (double Bound, double Count)[] buckets = [.. series.Where(sample => sample.Name == name + "_bucket").Select(static sample => (BoundOf(sample.Labels["le"]), sample.Value))];
            double[] sums = [.. series.Where(sample => sample.Name == name + "_sum").Select(static sample => sample.Value)];
            double[] counts = [.. series.Where(sample => sample.Name == name + "_count").Select(static sample => sample.Value)];
            Fault(sums.Length != 1 || counts.Length != 1, $"{name}{{{series.Key}}} needs one sum and one count");
            Fault(buckets.Length == 0 || !double.IsPositiveInfinity(buckets[^1].Bound) || buckets[^1].Count != counts[0], $"{name}{{{series.Key}}} does not end with all of its values");
            for (int i = 1; i < buckets.Length; i++)
            {
                Fault(buckets[i].Bound <= buckets[i - 1].Bound || buckets[i].Count < buckets[i - 1].Count, $"{name}{{{series.Key}}} is not cumulative at {buckets[i].Bound}");
            }
        }
    }

    private static double BoundOf(string le) => le == "+Inf" ? double.PositiveInfinity : double.Parse(le, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) ([^\\]+)\z")]
    private static partial Regex HelpLine();

    [GeneratedRegex(@"^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)\z")]
    private static partial Regex TypeLine();

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<label>[a-zA-Z_][a-zA-Z0-9_]*)="(?<text>[^"\\]*)"(,(?<label>[a-zA-Z_][a-zA-Z0-9_]*)="(?<text>[^"\\]*)")*\})? (?<value>\S+)\z""")]
    private static partial Regex SampleLine();

    [GeneratedRegex("[A-Z]")]
    private static partial Regex UpperCase();

    private sealed record Sample(string Name, Dictionary<string, string> Labels, double Value);
}
