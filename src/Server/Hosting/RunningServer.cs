using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Unkey.Engine;
using Unkey.Server.Commands;
using Unkey.Server.ControlPlane;
using Unkey.Server.ControlPlane.Callers;
using Unkey.Server.Diagnostics;
using Unkey.Server.Diagnostics.Otlp;
using Unkey.Server.Diagnostics.Requests;
using Unkey.Server.Events;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Buckets;
using Unkey.Server.Storage.Credits;
using Unkey.Server.Storage.Sqlite;
using Unkey.Server.Transport;
using Unkey.Server.Transport.Tls;

namespace Unkey.Server.Hosting;

/// <summary>One server with everything it is made of, from bound ports to the last closed file. Used by one thread at a time.</summary>
/// <remarks>Start order: data directory, ports, buckets, store and tables, reactors; the store of events and the file of the buckets may come a little later. Ports come
/// early so that a taken one is told before a long load, and clients that connect meanwhile wait in the backlog instead of being refused. Stop order is the reverse.</remarks>
internal sealed class RunningServer : IAsyncDisposable
{
    // However long the drain took, the last batch gets this long.
    private static readonly TimeSpan s_deliveryMin = TimeSpan.FromSeconds(1);

    // However long it is, a collector that does not answer gets no more.
    private static readonly TimeSpan s_lastExport = TimeSpan.FromSeconds(2);

    // Of the time that the process has to close after the drain, half; what the drain has left over does not make it more.
    private static readonly TimeSpan s_snapshotMax = TimeSpan.FromSeconds(5);

    private readonly TransportServer _transport;
    private readonly EngineState _engine;
    private readonly ControlPlaneHost _controlPlane;
    private readonly BucketKeeper _buckets;
    private readonly EventPipeline? _events;
    private readonly HealthState _health;
    private readonly OtlpMetrics? _otlp;
    private readonly TlsKeeper? _tls;
    private readonly RequestObservation _observation;
    private bool _isStopped;

    private RunningServer(
        TransportServer transport,
        EngineState engine,
        ControlPlaneHost controlPlane,
        BucketKeeper buckets,
        EventPipeline? events,
        HealthState health,
        Metrics metrics,
        OtlpMetrics? otlp,
        TlsKeeper? tls,
        RequestObservation observation)
    {
        _transport = transport;
        _engine = engine;
        _controlPlane = controlPlane;
        _buckets = buckets;
        _events = events;
        _health = health;
        _otlp = otlp;
        _tls = tls;
        _observation = observation;
        Metrics = metrics;
    }

    /// <summary>Where the API listens, with the real ports, in the order of the options.</summary>
    public IReadOnlyList<EndPoint> EndPoints => _transport.EndPoints;

    /// <summary>The first of them.</summary>
    public EndPoint EndPoint => EndPoints[0];

    /// <summary>Where metrics and health are served, with the real port; <see langword="null"/> when they are off.</summary>
    public EndPoint? AdminEndPoint => _transport.AdminEndPoint;

    /// <summary>The bootstrap root key, when this start made one. To be shown once and never logged.</summary>
    public string? BootstrapSecret => _controlPlane.BootstrapSecret;

    /// <summary>The counters.</summary>
    public Metrics Metrics { get; }

    /// <summary>Starts a server; when this returns, it accepts. It does so a little earlier already, while the event store opens.</summary>
    /// <param name="options">Checked settings.</param>
    /// <param name="loggers">Makes the loggers; outlives the server.</param>
    /// <param name="time">The clock.</param>
    /// <param name="beforeAccepting">Called when all is loaded, before the first connection is accepted; an exception stops the start.</param>
    /// <param name="cancellation">Gives up the start.</param>
    /// <returns>The running server.</returns>
    /// <exception cref="StartupException">It cannot start; the message is one line for the operator.</exception>
    public static async Task<RunningServer> StartAsync(
        ServerOptions options, ILoggerFactory loggers, TimeProvider time, Action<ControlPlaneHost> beforeAccepting, CancellationToken cancellation)
    {
        string directory = DataDirectory.Prepare(options.DataDirectory);
        TransportServer? transport = null;
        EngineState? engine = null;
        ControlPlaneHost? controlPlane = null;
        BucketKeeper? buckets = null;
        Task<OpenedEvents?>? events = null;
        bool isServing = false;
        SqliteStore? store = null;
        TlsKeeper? tls = null;
        RequestObservation? observation = null;
        try
        {
            tls = OpenTls(options.Tls, loggers.CreateLogger("Unkey.Transport"), time);
            transport = Bind(options, loggers.CreateLogger("Unkey.Transport"));

            // First of all files: it holds the data directory.
            store = ControlPlaneHost.OpenStore(directory, loggers);
            CreditFile credits = CreditFile.Open(directory, loggers.CreateLogger("Unkey.Credits"));
            ControlPlaneOptions controlPlaneOptions = new(directory, options.RootKey)
            {
                EncryptionKeys = options.EncryptionKeys,
                V1 = options.V1,
                SnapshotKeysMin = options.SnapshotKeys,
                FailedAuthenticationsMax = options.FailedAuthenticationsMax,
                Credits = credits,
                Analytics = EventHosting.Analytics(options, directory, loggers, time),
            };

            // Files of its own, so it waits for the disk while the keys load.
            DiskReserve reserve = store.Reserve;
            events = Task.Run(
                () => EventHosting.Open(options, directory, () => reserve.IsSpent, controlPlaneOptions.Events, controlPlaneOptions.LastUse, loggers, time),
                CancellationToken.None);
            buckets = BucketKeeper.Open(directory, loggers.CreateLogger("Unkey.Buckets"));
            engine = new EngineState(
                bucketCapacity: options.RatelimitMaxBuckets,
                bucketHash: buckets.Hash,
                algorithm: options.RatelimitAlgorithm,
                creditMemory: credits);
            buckets.Restore(engine.Buckets, time.GetUtcNow().ToUnixTimeMilliseconds());
            (SqliteStore given, store) = (store, null);
            controlPlane = await ControlPlaneHost.OpenAsync(given, controlPlaneOptions, engine, loggers, time, cancellation).ConfigureAwait(false);
            HealthState health = new();
            Metrics metrics = new(options.Threads, BuildVersion.Full, controlPlane.Router.Paths);
            Describe(metrics, health, engine, controlPlane, buckets, credits, time);
            OpenedEvents? opened = await events.ConfigureAwait(false);
            EventPipeline? pipeline = opened?.Pipeline;
            EventHosting.Describe(metrics, pipeline, options);
            EventHosting.Watch(health, pipeline, time);
            Describe(metrics, tls);
            AuthenticationThrottle throttle = controlPlane.Router.Throttle;
            metrics.Add(
                "unkey_failed_authentications_throttled_total",
                "Requests refused because their address had sent too many unknown root keys (--max-failed-auth).",
                () => throttle.Refused,
                isCounter: true);
            metrics.Add("unkey_disk_reserve_bytes", "Disk that is kept so that keys can be revoked when there is no other; 0 once it is given up.", () => reserve.Bytes);
            TransportServer reactors = transport;
            metrics.Add("unkey_connections_max", "Most open connections (--max-connections, or what the descriptors allow).", () => options.MaxConnections);
            metrics.Add("unkey_request_body_bytes", "Bytes of request bodies that are not complete.", () => reactors.BodyBytes);
            metrics.Add("unkey_request_body_capacity_bytes", "Most of those over all connections; beyond it requests are answered 503.", () => BodyBudget.DefaultBytesMax);
            metrics.Add("unkey_cold_calls_waiting", "Management calls and other work that wait for a thread of the pool.", () => ThreadPool.PendingWorkItemCount);
            metrics.Add(
                "unkey_durability_failures_total",
                "Flushes that failed under --durability strict; the answers that waited for them were not sent.",
                () => reactors.FailedFlushes,
                isCounter: true);
            observation = new RequestObservation(options, metrics, loggers, time);
            beforeAccepting(controlPlane);
            transport.Start(
                engine, controlPlane.Router, new AdminRouter(metrics, health, options.AdminTokenHash), metrics, pipeline, time, credits, tls?.Context, observation);
            isServing = true;

            // It waits for the disk once; what is taken meanwhile is not older than what a pass may leave out.
            buckets.Start(time, BucketKeeper.DefaultPeriod);
            tls?.Start(reactors.UseTls);
            if (opened is not null)
            {
                // What is decided meanwhile waits in the rings, as long as it takes: if the store cannot be used, the next start finds it there.
                await opened.Store.ConfigureAwait(false);
            }

            health.MarkStarted();
            OtlpMetrics? otlp = OtlpMetrics.Start(metrics, options.Otlp, loggers.CreateLogger("Unkey.Otlp"));
            return new RunningServer(transport, engine, controlPlane, buckets, pipeline, health, metrics, otlp, tls, observation);
        }
        catch (Exception e)
        {
            if (isServing)
            {
                await transport!.DrainAsync(TimeSpan.Zero, CancellationToken.None).ConfigureAwait(false);
            }

            transport?.Dispose();
            tls?.Dispose();
            observation?.Dispose();
            if (buckets is not null)
            {
                await buckets.DisposeAsync().ConfigureAwait(false);
            }

            await CloseAsync(events).ConfigureAwait(false);
            if (store is not null)
            {
                await store.DisposeAsync().ConfigureAwait(false);
            }

            if (controlPlane is not null)
            {
                await controlPlane.DisposeAsync().ConfigureAwait(false);
            }

            if (!isServing)
            {
                // Else a management call may still read it, as after a drain that was cut short.
                engine?.Dispose();
            }

            if (e is StoreException storeFault)
            {
                throw new StartupException(
                    storeFault.Fault == StoreFault.Full
                        ? $"the disk of the data directory {TextSafety.Escape(directory)} is full; free some space and start again"
                        : TextSafety.Escape(e.Message),
                    e);
            }

            throw;
        }
    }

    /// <summary>Stops accepting, lets requests in flight finish, writes what is queued, and closes everything.</summary>
    /// <param name="timeout">How long requests in flight may take.</param>
    /// <returns>Whether every connection ended by itself.</returns>
    public async Task<bool> StopAsync(TimeSpan timeout)
    {
        if (_isStopped)
        {
            return true;
        }

        _isStopped = true;
        _health.MarkStopping();
        _tls?.Dispose();
        long startedAt = Stopwatch.GetTimestamp();
        bool isClean = await _transport.DrainAsync(timeout, CancellationToken.None).ConfigureAwait(false);
        _transport.Dispose();

        // While everything that the metrics read is still there. Each waits for its collector, so they do it together.
        await Task.WhenAll(Task.Run(_observation.Dispose), Task.Run(() => _otlp?.Close(s_lastExport))).ConfigureAwait(false);
        _otlp?.Dispose();

        if (_events is not null)
        {
            TimeSpan left = timeout - Stopwatch.GetElapsedTime(startedAt);
            await _events.CloseAsync(left > s_deliveryMin ? left : s_deliveryMin).ConfigureAwait(false);
        }

        await _buckets.DisposeAsync().ConfigureAwait(false);
        TimeSpan snapshotTime = timeout + s_snapshotMax - Stopwatch.GetElapsedTime(startedAt);
        await _controlPlane.CloseAsync(snapshotTime < s_snapshotMax ? snapshotTime : s_snapshotMax).ConfigureAwait(false);
        if (isClean)
        {
            // SAFETY: native memory is freed only when nobody can still read it. A management call that outlived the drain may, and
            // the end of the process frees the memory as well.
            _engine.Dispose();
        }

        return isClean;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync(TimeSpan.Zero).ConfigureAwait(false);

    // After a failed start: waits until the files are open, because only then can they be closed.
    private static async Task CloseAsync(Task<OpenedEvents?>? opening)
    {
        if (opening is null)
        {
            return;
        }

        await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (opening.IsCompletedSuccessfully && opening.Result is { } opened)
        {
            await opened.Pipeline.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static TlsKeeper? OpenTls(TlsFileNames? names, ILogger logger, TimeProvider time)
    {
        try
        {
            return names is null ? null : TlsKeeper.Open(names, logger, time);
        }
        catch (TlsException e)
        {
            throw new StartupException(e.Message, e);
        }
    }

    private static void Describe(Metrics metrics, TlsKeeper? tls)
    {
        metrics.TellsHandshakes = tls is not null;
        if (tls is not null)
        {
            metrics.Add(
                "unkey_tls_certificate_expiry_timestamp_seconds", "When the certificate in use expires, seconds since 1970.", () => tls.ExpiresAtSeconds);
            metrics.Add("unkey_tls_reloads_total", "Times that the files of TLS were loaded again.", () => tls.Reloads, isCounter: true);
            metrics.Add(
                "unkey_tls_reload_failures_total", "Times that they could not be used and the certificate before them stayed.", () => tls.Failures, isCounter: true);
        }
    }

    private static TransportServer Bind(ServerOptions options, ILogger logger)
    {
        try
        {
            return TransportServer.Bind(options, logger);
        }
        catch (TransportException e)
        {
            throw new StartupException(TextSafety.Escape(e.Message), e);
        }
    }

    private static void Describe(
        Metrics metrics, HealthState health, EngineState engine, ControlPlaneHost controlPlane, BucketKeeper buckets, CreditFile credits, TimeProvider time)
    {
        // The store answers from memory and the page cache; a disk that hangs holds up this probe, not a verification.
        Func<bool> isStoreHealthy = () => controlPlane.IsHealthyAsync().GetAwaiter().GetResult();
        health.AddCheck("store", () => isStoreHealthy() ? null : "does not answer or takes no writes: verification goes on from memory, management calls fail");
        health.AddWarning("buckets", () => buckets.IsHealthy ? null : "the bucket file cannot be written: limits go on from memory, and a restart forgets what was taken since");
        health.AddWarning("credits", () => credits.IsHealthy ? null : "the credit file cannot grow: further balances are written back once a second only");
        metrics.Add("unkey_store_up", "1 when the store answers and takes writes, else 0.", () => isStoreHealthy() ? 1 : 0);
        metrics.Add("unkey_keys", "Keys in memory, root keys included.", () => engine.Keys.Count);
        metrics.Add("unkey_key_slots", "Slots of the key table.", () => engine.Keys.Capacity);
        metrics.Add("unkey_identities", "Identities in memory.", () => engine.Identities.Count);
        metrics.Add("unkey_credit_cells", "Keys with a credit balance.", () => engine.Credits.Count);
        metrics.Add("unkey_credit_file_up", "1 when every credit balance survives a kill, else 0: the disk took no more.", () => credits.IsHealthy ? 1 : 0);
        metrics.Add("unkey_record_bytes", "Native bytes of key and identity records.", () => engine.RecordBytes);
        metrics.Add("unkey_reclaim_pending", "Native blocks that wait for readers to pass a quiescent point.", () => engine.Reclaimer.PendingCount);
        metrics.Add("unkey_ratelimit_bucket_slots", "Slots of the bucket table.", () => engine.Buckets.Capacity);
        metrics.Add("unkey_ratelimit_buckets_active", "Rate-limit buckets that are not full.", () => engine.Buckets.CountActive(time.GetUtcNow().ToUnixTimeMilliseconds()));
        metrics.Add("unkey_ratelimit_buckets_inserted_total", "Bucket slots taken into use.", () => engine.Buckets.Inserted, isCounter: true);
        metrics.Add("unkey_ratelimit_buckets_reused_total", "Bucket slots that went from an idle bucket to a new one.", () => engine.Buckets.Reused, isCounter: true);
        metrics.Add("unkey_ratelimit_buckets_refused_total", "Requests refused because no bucket slot was free.", () => engine.Buckets.Refused, isCounter: true);
        metrics.Add("unkey_ratelimit_bucket_file_up", "1 when the bucket file took the last write, else 0.", () => buckets.IsHealthy ? 1 : 0);
        metrics.Add("unkey_ratelimit_bucket_file_age_seconds", "Time since the bucket file last held every take; a kill would give these back.", () => (long)buckets.Age.TotalSeconds);
        metrics.Add("unkey_ratelimit_bucket_pages_written_total", "Pages of 4 KiB written to the bucket file.", () => buckets.PagesWritten, isCounter: true);
        metrics.Add("unkey_ratelimit_bucket_write_failures_total", "Attempts to write the bucket file that failed.", () => buckets.Failures, isCounter: true);
    }
}
