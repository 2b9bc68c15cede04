using System.Collections.Generic;

namespace Unkey.Server.Commands.Top;

/// <summary>One sample.</summary>
/// <param name="Labels">Its labels.</param>
/// <param name="Value">Its value.</param>
internal readonly record struct MetricSample(IReadOnlyDictionary<string, string> Labels, double Value)
{
    /// <summary>A label; empty when there is none of that name.</summary>
    public string this[string label] => Labels.TryGetValue(label, out string? value) ? value : "";
}
