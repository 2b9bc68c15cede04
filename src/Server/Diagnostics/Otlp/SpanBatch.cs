using System;
using System.Diagnostics;
using System.Threading;
using OpenTelemetry;

namespace Unkey.Server.Diagnostics.Otlp;

/// <summary>Gathers the spans of one thread and hands them to the exporter when that thread says so. The SDK's own batching has a queue and a thread that
/// do not tell what they drop.</summary>
/// <param name="exporter">Sends a batch; waits for the answer.</param>
/// <param name="spansMax">Most spans of a batch.</param>
internal sealed class SpanBatch(BaseExporter<Activity> exporter, int spansMax) : BaseExportProcessor<Activity>(exporter)
{
    private readonly Activity[] _spans = new Activity[spansMax];
    // ORDER: none needed for the three. One thread writes; others read counters that may be a little old, each untorn.
    private int _count;
    private long _exported;
    private long _failed;

    /// <summary>Spans that the collector took. Any thread.</summary>
    public long Exported => Volatile.Read(ref _exported);

    /// <summary>Spans of exports that failed. Any thread.</summary>
    public long Failed => Volatile.Read(ref _failed);

    /// <summary>Spans that wait here. Any thread.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>Exports what waits.</summary>
    public void Send()
    {
        if (_count == 0)
        {
            return;
        }

        using Batch<Activity> batch = new(_spans, _count);
        if (exporter.Export(in batch) == ExportResult.Success)
        {
            Volatile.Write(ref _exported, _exported + _count);
        }
        else
        {
            Volatile.Write(ref _failed, _failed + _count);
        }

        Array.Clear(_spans, 0, _count);
        Volatile.Write(ref _count, 0);
    }

    /// <inheritdoc/>
    protected override void OnExport(Activity data)
    {
        _spans[_count] = data;
        Volatile.Write(ref _count, _count + 1);
        if (_count == _spans.Length)
        {
            Send();
        }
    }
}
