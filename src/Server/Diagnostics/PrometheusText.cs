using System;
using System.Buffers;
using System.Globalization;
using System.Text;

namespace Unkey.Server.Diagnostics;

/// <summary>Writes the Prometheus text exposition format, version 0.0.4. One thread; grows as needed, and makes no object for a sample: it is asked for all day long.</summary>
/// <param name="bytesExpected">Bytes to make room for at once, 1 or more.</param>
/// <remarks>Source: prometheus.io, "Exposition formats". Names and labels are constants of this program, so nothing needs escaping.</remarks>
internal sealed class PrometheusText(int bytesExpected = 16 * 1024) : IMetricWriter
{
    /// <summary>Content type of the format.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    // "-1.7976931348623157E+308" and some more.
    private const int NumberBytesMax = 32;

    private readonly ArrayBufferWriter<byte> _buffer = new(bytesExpected);

    /// <summary>The text written so far, UTF-8; a view.</summary>
    public ReadOnlyMemory<byte> Written => _buffer.WrittenMemory;

    /// <inheritdoc/>
    public void Begin(string name, string type, string help)
    {
        Append("# HELP ");
        Append(name);
        Append(" ");
        Append(help);
        Append("\n# TYPE ");
        Append(name);
        Append(" ");
        Append(type);
        Append("\n");
    }

    /// <inheritdoc/>
    public void Sample(string name, long value, params ReadOnlySpan<MetricLabel> labels)
    {
        Append(name, labels);
        value.TryFormat(_buffer.GetSpan(NumberBytesMax), out int written, default, CultureInfo.InvariantCulture);
        End(written);
    }

    /// <inheritdoc/>
    public void Sample(string name, double value, params ReadOnlySpan<MetricLabel> labels)
    {
        Append(name, labels);
        value.TryFormat(_buffer.GetSpan(NumberBytesMax), out int written, "R", CultureInfo.InvariantCulture);
        End(written);
    }

    private void Append(string name, ReadOnlySpan<MetricLabel> labels)
    {
        Append(name);
        for (int i = 0; i < labels.Length; i++)
        {
            Append(i == 0 ? "{" : ",");
            Append(labels[i].Name);
            Append("=\"");
            Append(labels[i].Value);
            Append("\"");
        }

        Append(labels.IsEmpty ? " " : "} ");
    }

    private void End(int numberBytes)
    {
        _buffer.Advance(numberBytes);
        Append("\n");
    }

    private void Append(string text)
    {
        Span<byte> target = _buffer.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
        _buffer.Advance(Encoding.UTF8.GetBytes(text, target));
    }
}
