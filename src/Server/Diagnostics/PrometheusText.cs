using System;
using System.Buffers;
using System.Globalization;
using System.Text;

namespace Unkey.Server.Diagnostics;

/// <summary>Writes the Prometheus text exposition format, version 0.0.4. One thread; grows as needed.</summary>
/// <remarks>Source: prometheus.io, "Exposition formats". Names and labels are constants of this program, so nothing needs escaping.</remarks>
internal sealed class PrometheusText
{
    /// <summary>Content type of the format.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly ArrayBufferWriter<byte> _buffer = new(16 * 1024);

    /// <summary>Starts a metric: its help and type lines.</summary>
    /// <param name="name">Metric name.</param>
    /// <param name="type"><c>counter</c>, <c>gauge</c> or <c>histogram</c>.</param>
    /// <param name="help">One line of meaning.</param>
    public void Begin(string name, string type, string help) => Append($"# HELP {name} {help}\n# TYPE {name} {type}\n");

    /// <summary>Writes a whole-numbered sample.</summary>
    /// <param name="name">Metric name.</param>
    /// <param name="labels">The label list without braces, or empty.</param>
    /// <param name="value">The value.</param>
    public void Sample(string name, string labels, long value) => Append(labels.Length == 0 ? $"{name} {value}\n" : $"{name}{{{labels}}} {value}\n");

    /// <summary>Writes a fractional sample.</summary>
    /// <param name="name">Metric name.</param>
    /// <param name="labels">The label list without braces, or empty.</param>
    /// <param name="value">The value.</param>
    public void Sample(string name, string labels, double value)
    {
        string text = value.ToString("R", CultureInfo.InvariantCulture);
        Append(labels.Length == 0 ? $"{name} {text}\n" : $"{name}{{{labels}}} {text}\n");
    }

    /// <summary>A metric with one sample.</summary>
    /// <param name="name">Metric name.</param>
    /// <param name="type"><c>counter</c> or <c>gauge</c>.</param>
    /// <param name="help">One line of meaning.</param>
    /// <param name="value">The value.</param>
    public void Single(string name, string type, string help, long value)
    {
        Begin(name, type, help);
        Sample(name, "", value);
    }

    /// <summary>The text written so far.</summary>
    /// <returns>A copy, UTF-8.</returns>
    public byte[] ToArray() => _buffer.WrittenSpan.ToArray();

    private void Append(string text)
    {
        Span<byte> target = _buffer.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
        _buffer.Advance(Encoding.UTF8.GetBytes(text, target));
    }
}
