using System;
using System.IO;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Unkey.Server.Analytics;
using Unkey.Server.Analytics.ClickHouse;
using Unkey.Server.Analytics.Sqlite;
using Unkey.Server.Diagnostics;
using Unkey.Server.Events;
using Unkey.Server.Events.ClickHouse;
using Unkey.Server.Events.Outlets;
using Unkey.Server.Events.Sqlite;

namespace Unkey.Server.Hosting;

/// <summary>Opens the event pipeline as the settings say. Used once, at start.</summary>
internal static class EventHosting
{
    /// <summary>Opens the pipeline, and begins to open the embedded store, which takes longer and which nothing but a delivery waits for.</summary>
    /// <param name="options">Checked settings.</param>
    /// <param name="directory">The data directory, whose lock is held.</param>
    /// <param name="isDiskReserved">Whether the disk is full and what is left of it is for revocations.</param>
    /// <param name="cold">Receives the ring of the control plane.</param>
    /// <param name="lastUse">Is told which keys are used.</param>
    /// <param name="loggers">Makes the loggers.</param>
    /// <param name="time">The clock.</param>
    /// <returns>The pipeline, or <see langword="null"/> when events are off.</returns>
    /// <exception cref="StartupException">The directory cannot be used.</exception>
    public static OpenedEvents? Open(
        ServerOptions options, string directory, Func<bool> isDiskReserved, ColdEvents cold, LastUse lastUse, ILoggerFactory loggers, TimeProvider time)
    {
        if (!options.Events)
        {
            return null;
        }

        Task store = Task.CompletedTask;
        IEventSink sink;
        if (options.ClickHouse is { } address)
        {
            sink = new ClickHouseEventSink(address, options.EventRetentionDays);
        }
        else
        {
            Task<IEventSink> opening = Task.Run<IEventSink>(() => OpenEmbedded(options, directory, isDiskReserved, time));
            store = opening;
            sink = new OpeningSink("the embedded event store", opening);
        }

        EventOutlet? outlet = null;
        try
        {
            outlet = OpenOutlet(options, directory, loggers, time);
            EventPipelineOptions pipeline = new()
            {
                DataDirectory = directory,
                Reactors = options.Threads,
                RingBytes = options.EventRingBytes,
                BatchEventsMax = options.EventBatchSize,
                BatchAgeMax = options.EventBatchAge,
                SpoolBytesMax = options.EventSpoolMaxBytes,
                LastUse = lastUse,
                IsDiskReserved = isDiskReserved,
            };
            return new OpenedEvents(EventPipeline.Open(pipeline, sink, cold, loggers.CreateLogger("Unkey.Events"), outlet), store);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            sink.DisposeAsync().AsTask().GetAwaiter().GetResult();
            outlet?.Dispose();
            throw NotRecorded(directory, e);
        }
    }

    private static SqliteEventSink OpenEmbedded(ServerOptions options, string directory, Func<bool> isDiskReserved, TimeProvider time)
    {
        try
        {
            SqliteEventSink sink = SqliteEventSink.Open(directory, options.EventRetentionDays, time);
            sink.IsDiskReserved = isDiskReserved;
            return sink;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotRecorded(directory, e);
        }
    }

    private static StartupException NotRecorded(string directory, Exception e) => new(
        $"events cannot be recorded in '{TextSafety.Escape(directory)}': {TextSafety.Escape(e.Message)}; mend that, or start with --events=false", e);

    private static EventOutlet? OpenOutlet(ServerOptions options, string directory, ILoggerFactory loggers, TimeProvider time)
    {
        ILineTarget target;
        switch (options.EventOutlet)
        {
            case OutletKind.None:
                return null;
            case OutletKind.Stdout:
                target = new StandardOutput();
                break;
            default:
                string path = options.EventFile ?? Path.Combine(directory, "events", "export", "events.ndjson");
                try
                {
                    target = RotatingFile.Open(path, options.EventFileBytes, options.EventFileCount);
                    break;
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    throw new StartupException(
                        $"events cannot be written to '{TextSafety.Escape(path)}': {TextSafety.Escape(e.Message)}; mend that, or choose another --event-file", e);
                }
        }

        return new EventOutlet(target, loggers.CreateLogger("Unkey.Events"), time);
    }

    /// <summary>Makes what answers queries over the events; it touches the store only when it is asked.</summary>
    /// <param name="options">Checked settings.</param>
    /// <param name="directory">The data directory.</param>
    /// <param name="loggers">Makes the loggers.</param>
    /// <param name="time">The clock.</param>
    public static AnalyticsService Analytics(ServerOptions options, string directory, ILoggerFactory loggers, TimeProvider time)
    {
        AnalyticsLimits limits = new()
        {
            RowsMax = options.AnalyticsMaxRows,
            HourlyQueries = options.AnalyticsHourlyQueries,
            HourlyTime = options.AnalyticsHourlyTime,
            RetentionDays = options.EventRetentionDays,
        };
        IAnalyticsStore? store = !options.Events ? null
            : options.ClickHouse is { } address
                ? new ClickHouseAnalyticsStore(address, options.EventRetentionDays, loggers.CreateLogger("Unkey.Analytics"))
                : new SqliteAnalyticsStore(SqliteEventSink.PathIn(directory));
        return new AnalyticsService(store, limits, time);
    }

    /// <summary>Makes readiness tell what the pipeline suffers from; none of it holds up a verification.</summary>
    public static void Watch(HealthState health, EventPipeline? events, TimeProvider time)
    {
        if (events is null)
        {
            return;
        }

        RecentGrowth drops = new(() => events.Dropped, TimeSpan.FromMinutes(1), time);
        health.AddWarning("events", () =>
            drops.IsRecent() ? "events were dropped in the last minute: a ring or the spool was full"
            : !events.IsSinkUp ? "the event store takes no batches; they wait in the spool"
            : events.IsBacklogGrowing ? "events come faster than the event store takes them"
            : null);
    }

    /// <summary>Adds what the pipeline counts to the metrics.</summary>
    public static void Describe(Metrics metrics, EventPipeline? events, ServerOptions options)
    {
        if (events is null)
        {
            return;
        }

        metrics.Add("unkey_events_sink_up", "1 while the event store takes batches, else 0.", () => events.IsSinkUp ? 1 : 0);
        metrics.Add("unkey_events_delivered_total", "Events that the event store has.", () => events.Delivered, isCounter: true);
        metrics.Add("unkey_event_batches_delivered_total", "Batches that the event store has.", () => events.Batches, isCounter: true);
        metrics.Add("unkey_event_delivery_failures_total", "Deliveries of a batch that failed; each is tried again.", () => events.Failures, isCounter: true);
        metrics.Add("unkey_event_batches_rejected_total", "Batches that the event store refused again and again while it took others.", () => events.Rejected, isCounter: true);
        metrics.Add("unkey_event_batches_damaged_total", "Sealed batches that were found damaged, or not at all.", () => events.Damaged, isCounter: true);
        metrics.Add("unkey_events_dropped_total", "Events that found no room in a ring or in the spool.", () => events.Dropped, isCounter: true);
        if (events.Outlet is { } outlet)
        {
            metrics.Add("unkey_event_outlet_up", "1 when the outlet of --event-sink took the last lines, else 0.", () => outlet.IsUp ? 1 : 0);
            metrics.Add("unkey_event_outlet_lines_total", "Lines of events that the outlet has.", () => outlet.Written, isCounter: true);
            metrics.Add("unkey_event_outlet_lost_total", "Events that the outlet did not get; the event store did.", () => outlet.Lost, isCounter: true);
        }

        metrics.Add("unkey_event_ring_bytes", "Bytes in the rings that are not sealed yet.", () => events.Buffered);
        metrics.Add("unkey_event_ring_capacity_bytes", "Room of all rings; an event that finds none is dropped.", () => events.RingBytes);
        metrics.Add("unkey_event_batches_waiting", "Sealed batches that wait for the event store.", () => events.Waiting);
        metrics.Add("unkey_event_backlog_growing", "1 when events come faster than the event store takes them, else 0.", () => events.IsBacklogGrowing ? 1 : 0);
        metrics.Add("unkey_event_spool_bytes", "Bytes of sealed batches that wait for the event store.", () => events.SpoolBytes);
        metrics.Add("unkey_event_spool_capacity_bytes", "Room of the spool (--event-spool-max).", () => options.EventSpoolMaxBytes);
    }
}
