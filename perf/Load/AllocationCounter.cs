using System;
using System.Globalization;
using System.IO;
using System.Text;

namespace Unkey.Load;

/// <summary>Asks a server's <c>/metrics</c> how many bytes its managed heap has handed out since it started.</summary>
/// <remarks>Asking allocates in the server too; what one question takes is measured by asking twice, and subtracted.</remarks>
internal sealed class AllocationCounter
{
    private readonly ServerAddress? _address;
    private Allocated _before;
    private Allocated _question;

    internal AllocationCounter(string address) => _address = address.Length == 0 ? null : ServerAddress.Parse(address);

    /// <summary>Starts counting.</summary>
    internal void Begin()
    {
        if (_address is not null)
        {
            // The first question makes what all later ones use again.
            Ask(_address);
            Allocated first = Ask(_address);
            _before = Ask(_address);
            _question = _before.Since(first);
        }
    }

    /// <summary>The bytes allocated since <see cref="Begin"/>; not a number when there is nobody to ask.</summary>
    internal Allocated End() => _address is null ? new Allocated(double.NaN, double.NaN) : Ask(_address).Since(_before).Since(_question);

    private static Allocated Ask(ServerAddress address)
    {
        using MemoryStream answer = new();
        byte[] request = Encoding.ASCII.GetBytes($"GET /metrics HTTP/1.1\r\nHost: {address.Host}\r\n\r\n");
        LoadOptions one = new() { Connections = 1 };
        using Driver<SingleWorkload> driver = new(address, one, new SingleWorkload(request, answer));
        driver.RunToExhaustion();
        return Allocated.Parse(Encoding.UTF8.GetString(answer.ToArray()));
    }

    /// <summary>Bytes of the managed heap.</summary>
    /// <param name="Total">Of all threads.</param>
    /// <param name="Reactors">Of those threads that read requests and send answers; not a number when the server has none or does not say.</param>
    internal readonly record struct Allocated(double Total, double Reactors)
    {
        /// <summary>What is more than in an earlier reading, not less than nothing.</summary>
        internal Allocated Since(Allocated earlier) => new(Math.Max(0, Total - earlier.Total), Math.Max(0, Reactors - earlier.Reactors));

        /// <summary>Reads a text of metrics: those of the product, or the one line of the peers in perf/Peers.</summary>
        internal static Allocated Parse(string metrics)
        {
            double total = Sum(metrics, "unkey_managed_allocated_bytes_total");
            total = double.IsNaN(total) ? Sum(metrics, "allocated_bytes_total") : total;
            return double.IsNaN(total)
                ? throw new IOException("/metrics does not say how much was allocated")
                : new Allocated(total, Sum(metrics, "unkey_reactor_allocated_bytes_total"));
        }

        private static double Sum(string metrics, string name)
        {
            double sum = double.NaN;
            foreach (string line in metrics.Split('\n'))
            {
                if (line.StartsWith(name, StringComparison.Ordinal) && line.Length > name.Length && line[name.Length] is ' ' or '{')
                {
                    double value = double.Parse(line.AsSpan(line.LastIndexOf(' ') + 1), NumberStyles.Float, CultureInfo.InvariantCulture);
                    sum = double.IsNaN(sum) ? value : sum + value;
                }
            }

            return sum;
        }
    }
}
