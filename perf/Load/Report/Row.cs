using System.Collections.Generic;

namespace Unkey.Load.Report;

/// <summary>All runs of one server in one scenario.</summary>
internal sealed class Row(string scenario, string server)
{
    private readonly Dictionary<string, List<(int Round, double Value)>> _values = [];

    internal string Scenario => scenario;

    internal string Server => server;

    internal void Add(string name, int round, double value)
    {
        if (!_values.TryGetValue(name, out List<(int Round, double Value)>? list))
        {
            _values[name] = list = [];
        }

        list.Add((round, value));
    }

    /// <summary>Whether the runs have this figure: older results lack the newer ones.</summary>
    internal bool Has(string name) => _values.ContainsKey(name);

    internal Spread Of(string name)
    {
        List<double> values = [];
        foreach ((int _, double value) in Values(name))
        {
            values.Add(value);
        }

        return Spread.Of(values);
    }

    /// <summary>The median of the ratios within each round, which cancels what the machine did meanwhile.</summary>
    internal Spread RatioTo(Row other, string name)
    {
        List<double> ratios = [];
        foreach ((int round, double value) in Values(name))
        {
            foreach ((int otherRound, double otherValue) in other.Values(name))
            {
                if (round == otherRound && otherValue > 0)
                {
                    ratios.Add(value / otherValue);
                }
            }
        }

        return Spread.Of(ratios);
    }

    private List<(int Round, double Value)> Values(string name) =>
        _values.TryGetValue(name, out List<(int Round, double Value)>? list) ? list : [];
}
