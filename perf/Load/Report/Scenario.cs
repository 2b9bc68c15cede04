using System;
using System.Globalization;

namespace Unkey.Load.Report;

/// <summary>
/// A scenario by its name: <c>closed-c64</c>, <c>closed-c64-d16</c>, <c>open-c64-20000</c>, <c>open-c64-50pct</c>, <c>start-empty</c>, <c>start-100000</c>.
/// </summary>
internal sealed class Scenario : IComparable<Scenario>
{
    private readonly string[] _parts;

    internal Scenario(string name)
    {
        Name = name;
        _parts = name.Split('-');
    }

    internal string Name { get; }

    internal bool IsStart => _parts[0] == "start";

    internal bool IsOpenLoop => _parts[0] == "open" && _parts.Length == 3;

    /// <summary>An open loop at a share of what each server answered in the closed loop.</summary>
    internal bool IsShareOfCapacity => IsOpenLoop && _parts[2].EndsWith("pct", StringComparison.Ordinal);

    /// <summary>A closed loop with one request in flight on each connection.</summary>
    internal bool IsPlainClosedLoop => _parts[0] == "closed" && _parts.Length == 2;

    internal string Connections => _parts.Length > 1 ? _parts[1].TrimStart('c') : "";

    internal string Title => _parts[0] switch
    {
        "closed" when _parts.Length > 2 => $"Closed loop, {Plural(Connections, "connection")}, {_parts[2].TrimStart('d')} requests in flight on each",
        "closed" => $"Closed loop, {Plural(Connections, "connection")}",
        "open" when IsOpenLoop => $"Open loop, {Rate} {Plural(Connections, "connection")}",
        "start" when _parts.Length == 2 => _parts[1] == "empty" ? "Start and idle memory, empty store" : $"Start and idle memory, {_parts[1]} keys",
        _ => Name,
    };

    private string Rate => IsShareOfCapacity
        ? $"{_parts[2][..^3]} % of what each server answers in the closed loop,"
        : $"{Digits(_parts[2]):#,0} requests/s over";

    public int CompareTo(Scenario? other) => other is null ? 1 : Order(this).CompareTo(Order(other));

    private static (int Kind, bool IsShare, int First, int Second, string Name) Order(Scenario scenario)
    {
        string[] parts = scenario._parts;
        int kind = parts[0] == "closed" && parts.Length > 2 ? 1 : Array.IndexOf(["closed", "", "open", "start"], parts[0]);
        return (kind, scenario.IsShareOfCapacity, Digits(parts.Length > 1 ? parts[1] : ""), Digits(parts.Length > 2 ? parts[2] : ""), scenario.Name);
    }

    private static int Digits(string text) =>
        int.TryParse(text.Trim('c', 'd', 'p', 't'), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;

    private static string Plural(string count, string noun) => count == "1" ? "1 " + noun : $"{count} {noun}s";
}
