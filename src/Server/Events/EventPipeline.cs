using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Unkey.Engine.Events;
using Unkey.Server.Events.Outlets;
using Unkey.Server.Storage;

namespace Unkey.Server.Events;

/// <summary>Everything between a decision and the analytics store: rings, batcher, spool, delivery.</summary>
/// <remarks>Opened once, before the reactors start, and closed after they have ended. See docs/events.md for what survives what.</remarks>
internal sealed class EventPipeline : IAsyncDisposable
{
    private const string DirectoryName = "events";

    private readonly List<EventRingFile> _files;
    private readonly ColdEvents _cold;
    private readonly EventBatcher _batcher;
    private readonly EventDelivery _delivery;
    private readonly EventOutlet? _outlet;
    private readonly IEventSink _sink;
    private readonly EventSpool _spool;
    private readonly long _recoveredDropped;
    private bool _isClosed;

    private EventPipeline(
        List<EventRingFile> files,
        ColdEvents cold,
        EventBatcher batcher,
        EventDelivery delivery,
        EventOutlet? outlet,
        IEventSink sink,
        EventSpool spool,
        long recoveredDropped)
    {
        _recoveredDropped = recoveredDropped;
        _files = files;
        _cold = cold;
        _batcher = batcher;
        _delivery = delivery;
        _outlet = outlet;
        _sink = sink;
        _spool = spool;
    }

    /// <summary>Events that found no room, in a ring or in the spool. Any thread.</summary>
    public long Dropped => _files.Sum(static file => file.Ring.Dropped) + _batcher.Dropped + _recoveredDropped;

    /// <summary>Bytes in the rings that are not sealed yet. Any thread.</summary>
    public long Buffered => _files.Sum(static file => file.Ring.Tail - file.Ring.Head);

    /// <summary>Bytes of the spool. Any thread.</summary>
    public long SpoolBytes => _spool.Bytes;

    /// <summary>Bytes that the rings have room for.</summary>
    public long RingBytes => _files.Sum(static file => file.Ring.Capacity);

    /// <summary>Events that the sink has. Any thread.</summary>
    public long Delivered => _delivery.Delivered;

    /// <summary>Batches that the sink has. Any thread.</summary>
    public long Batches => _delivery.Batches;

    /// <summary>Deliveries that failed. Any thread.</summary>
    public long Failures => _delivery.Failures;

    /// <summary>Batches that the sink refused for good. Any thread.</summary>
    public long Rejected => _delivery.Rejected;

    /// <summary>Sealed batches that were damaged or gone. Any thread.</summary>
    public long Damaged => _spool.Damaged;

    /// <summary>Whether the sink takes batches. Any thread.</summary>
    public bool IsSinkUp => _delivery.IsUp;

    /// <summary>Whether batches come faster than the sink takes them. Any thread.</summary>
    public bool IsBacklogGrowing => _delivery.IsBacklogGrowing;

    /// <summary>Batches that wait for the sink. Any thread.</summary>
    public int Waiting => _spool.Count;

    /// <summary>Where events go as lines beside the sink; <see langword="null"/> when they do not.</summary>
    public EventOutlet? Outlet => _outlet;

    /// <summary>Publishes what is decided and answered off the reactors.</summary>
    public ColdEvents Cold => _cold;

    /// <summary>The ring of a reactor; only its thread may publish there.</summary>
    /// <param name="reactor">0 to the number of reactors - 1.</param>
    public EventRing Ring(int reactor) => _files[reactor].Ring;

    /// <summary>The ring of the control plane, for who needs to know how far it is.</summary>
    public EventRing ColdRing => _files[^1].Ring;

    /// <summary>Brings the rings of a reactor and of the control plane to the disk. Any thread.</summary>
    /// <param name="reactor">0 to the number of reactors - 1.</param>
    /// <exception cref="IOException">The disk could not take them.</exception>
    public void Flush(int reactor)
    {
        _files[reactor].Flush();
        _files[^1].Flush();
    }

    /// <summary>Recovers what an earlier process left, makes new rings and starts.</summary>
    /// <param name="options">Bounds.</param>
    /// <param name="sink">Where batches go; the pipeline's from now on.</param>
    /// <param name="cold">Receives the ring of the control plane.</param>
    /// <param name="logger">For changes of state.</param>
    /// <param name="outlet">Gets every event beside the sink; the pipeline's from now on.</param>
    /// <exception cref="IOException">The directory cannot be used.</exception>
    public static EventPipeline Open(EventPipelineOptions options, IEventSink sink, ColdEvents cold, ILogger logger, EventOutlet? outlet = null)
    {
        string directory = Path.Combine(options.DataDirectory, DirectoryName);
        Directory.CreateDirectory(directory);
        EventSpool spool = EventSpool.Open(Path.Combine(directory, "spool"), options.SpoolBytesMax, logger, out SpoolClaims claims);
        spool.IsDiskReserved = options.IsDiskReserved;
        spool.HasOtherReaders = outlet is not null;
        long dropped = new EventRecovery(spool, claims, outlet, options, logger).Run(directory);
        List<EventRingFile> files = [];
        try
        {
            for (int i = 0; i <= options.Reactors; i++)
            {
                files.Add(EventRingFile.Create(Path.Combine(directory, $"ring-{i}.bin"), options.RingBytes));
            }

            DiskFlush.Names(directory);
        }
        catch
        {
            files.ForEach(static file => file.Dispose());
            throw;
        }

        EventDelivery delivery = new(sink, spool, options.Pauses, logger);
        EventBatcher batcher = new([.. files.Select(static file => file.Ring)], spool, delivery, outlet, options, logger);
        cold.Attach(files[^1].Ring);
        outlet?.Start();
        delivery.Start();
        batcher.Start();
        return new EventPipeline(files, cold, batcher, delivery, outlet, sink, spool, dropped);
    }

    /// <summary>Seals what is in the rings, delivers what the sink takes within a while, and closes. Reactors must have ended.</summary>
    /// <param name="timeout">How long the delivery may take; what is left is delivered after the next start.</param>
    public async Task CloseAsync(TimeSpan timeout)
    {
        if (_isClosed)
        {
            return;
        }

        _isClosed = true;
        _cold.Detach();
        _batcher.Dispose();
        Task outlet = Task.Run(() => _outlet?.Close(timeout));
        await _delivery.StopAsync(timeout).ConfigureAwait(false);
        await outlet.ConfigureAwait(false);
        await _sink.DisposeAsync().ConfigureAwait(false);
        _files.ForEach(static file => file.Dispose());
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await CloseAsync(TimeSpan.Zero).ConfigureAwait(false);
}
