using System;
using System.Globalization;
using System.IO;
using System.Text;

namespace Unkey.Load;

/// <summary>Asks a server's <c>/metrics</c> how many bytes its managed heap has handed out since it started.</summary>
/// <remarks>Asking allocates in the server too; what one question takes is measured by asking twice, and subtracted.</remarks>
internal sealed class AllocationCounter
{
    /// <summary>The product's metric, and the line that the peers of perf/Peers print.</summary>
    private static readonly string[] s_names = ["unkey_managed_allocated_bytes_total ", "allocated_bytes_total "];

    private readonly ServerAddress? _address;
    private double _before;
    private double _question;

    internal AllocationCounter(string address) => _address = address.Length == 0 ? null : ServerAddress.Parse(address);

    /// <summary>Starts counting.</summary>
    internal void Begin()
    {
        if (_address is not null)
        {
            // The first question makes what all later ones use again.
            Ask(_address);
            double first = Ask(_address);
            _before = Ask(_address);
            _question = _before - first;
        }
    }

    /// <summary>The bytes allocated since <see cref="Begin"/>; not a number when there is nobody to ask.</summary>
    internal double End() => _address is null ? double.NaN : Math.Max(0, Ask(_address) - _before - _question);

    /// <summary>The number behind the first known name in a text of metrics.</summary>
    internal static double Find(string metrics)
    {
        foreach (string line in metrics.Split('\n'))
        {
            foreach (string name in s_names)
            {
                if (line.StartsWith(name, StringComparison.Ordinal))
                {
                    return double.Parse(line.AsSpan(name.Length).Trim(), NumberStyles.Float, CultureInfo.InvariantCulture);
                }
            }
        }

        throw new IOException("/metrics does not say how much was allocated");
    }

    private static double Ask(ServerAddress address)
    {
        using MemoryStream answer = new();
        byte[] request = Encoding.ASCII.GetBytes($"GET /metrics HTTP/1.1\r\nHost: {address.Host}\r\n\r\n");
        LoadOptions one = new() { Connections = 1 };
        using Driver<SingleWorkload> driver = new(address, one, new SingleWorkload(request, answer));
        driver.RunToExhaustion();
        return Find(Encoding.UTF8.GetString(answer.ToArray()));
    }
}
