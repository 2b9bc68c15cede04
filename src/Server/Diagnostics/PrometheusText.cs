using System;
using System.Buffers;
using System.Globalization;
using System.Text;

namespace Unkey.Server.Diagnostics;

/// <summary>Writes the Prometheus text exposition format, version 0.0.4. One thread; grows as needed.</summary>
/// <remarks>Source: prometheus.io, "Exposition formats". Names and labels are constants of this program, so nothing needs escaping.</remarks>
internal sealed class PrometheusText : IMetricWriter
{
    /// <summary>Content type of the format.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly ArrayBufferWriter<byte> _buffer = new(16 * 1024);

    /// <inheritdoc/>
    public void Begin(string name, string type, string help) => Append($"# HELP {name} {help}\n# TYPE {name} {type}\n");

    /// <inheritdoc/>
    public void Sample(string name, long value, params ReadOnlySpan<MetricLabel> labels) =>
        Append(name, value.ToString(CultureInfo.InvariantCulture), labels);

    /// <inheritdoc/>
    public void Sample(string name, double value, params ReadOnlySpan<MetricLabel> labels) =>
        Append(name, value.ToString("R", CultureInfo.InvariantCulture), labels);

    /// <summary>The text written so far.</summary>
    /// <returns>A copy, UTF-8.</returns>
    public byte[] ToArray() => _buffer.WrittenSpan.ToArray();

    private void Append(string name, string value, ReadOnlySpan<MetricLabel> labels)
    {
        Append(name);
        for (int i = 0; i < labels.Length; i++)
        {
            Append($"{(i == 0 ? '{' : ',')}{labels[i].Name}=\"{labels[i].Value}\"");
        }

        Append(labels.IsEmpty ? $" {value}\n" : $"}} {value}\n");
    }

    private void Append(string text)
    {
        Span<byte> target = _buffer.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
        _buffer.Advance(Encoding.UTF8.GetBytes(text, target));
    }
}
