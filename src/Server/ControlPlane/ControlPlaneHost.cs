using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Unkey.Engine;
using Unkey.Server.Analytics;
using Unkey.Server.ControlPlane.Bootstrap;
using Unkey.Server.ControlPlane.Callers;
using Unkey.Server.ControlPlane.Encryption;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.ControlPlane.Projections;
using Unkey.Server.ControlPlane.V1;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Snapshots;
using Unkey.Server.Storage.Sqlite;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane;

/// <summary>The control plane as a whole: opens the store, makes it usable, fills the engine's tables, and closes everything in order.</summary>
/// <remarks>Opened once, before the server listens. Its members may then be used from any thread.</remarks>
public sealed class ControlPlaneHost : IAsyncDisposable
{
    private readonly SqliteStore _store;
    private readonly Func<TimeSpan, SnapshotPlan> _snapshot;
    private readonly CreditWriteBack _credits;
    private readonly CreditRefill _refill;
    private readonly LastUseWriteBack _lastUse;
    private readonly AnalyticsService _analytics;

    private ControlPlaneHost(
        SqliteStore store,
        Func<TimeSpan, SnapshotPlan> snapshot,
        CreditWriteBack credits,
        CreditRefill refill,
        LastUseWriteBack lastUse,
        AnalyticsService analytics,
        ControlPlaneRouter router,
        BootstrapResult bootstrap)
    {
        _refill = refill;
        _lastUse = lastUse;
        _analytics = analytics;
        Root = bootstrap.Root;
        _store = store;
        _snapshot = snapshot;
        _credits = credits;
        Router = router;
        BootstrapSecret = bootstrap.MadeSecret;
        BootstrapKeyId = bootstrap.KeyId;
        WorkspaceId = bootstrap.WorkspaceId;
        ReplacedBootstrapKeyId = bootstrap.ReplacedKeyId;
    }

    /// <summary>Answers the requests.</summary>
    public ControlPlaneRouter Router { get; }

    /// <summary>The bootstrap root key, only when this start has made one. To be shown to the operator once and never logged.</summary>
    public string? BootstrapSecret { get; }

    /// <summary>Key id of the bootstrap root key.</summary>
    public string BootstrapKeyId { get; }

    /// <summary>The workspace that the bootstrap root key manages.</summary>
    public string WorkspaceId { get; }

    /// <summary>Key id of the former bootstrap root key, when a newly given root key has replaced it at this start.</summary>
    public string? ReplacedBootstrapKeyId { get; }

    /// <summary>Name and version of the engine behind the store.</summary>
    public string StoreDescription => _store.Description;

    /// <summary>The store, for tests that seed what no endpoint makes.</summary>
    internal IStore Store => _store;

    /// <summary>Where root keys live, for tests that seed some.</summary>
    internal RootKeyspace Root { get; }

    /// <summary>Opens the store and loads the tables. When it returns, verification may begin.</summary>
    /// <param name="options">Where the data is, and the root key that must work.</param>
    /// <param name="engine">The tables to fill; stays the caller's, and is disposed after this.</param>
    /// <param name="loggers">Makes the loggers.</param>
    /// <param name="time">The clock of all timestamps.</param>
    /// <param name="cancellation">Gives up the start.</param>
    /// <exception cref="StoreException">The store cannot be used; the message is one line for the operator.</exception>
    public static Task<ControlPlaneHost> OpenAsync(
        ControlPlaneOptions options, EngineState engine, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(loggers);
        ArgumentNullException.ThrowIfNull(time);
        return OpenAsync(OpenStore(options.DataDirectory, loggers), options, engine, loggers, time, cancellation);
    }

    /// <summary>Opens the store, which holds the data directory from then on.</summary>
    internal static SqliteStore OpenStore(string directory, ILoggerFactory loggers) => SqliteStore.Open(directory, loggers.CreateLogger("Unkey.Store"));

    /// <summary>The same over a store that is open; it is the control plane's, also when the load fails.</summary>
    internal static async Task<ControlPlaneHost> OpenAsync(
        SqliteStore store, ControlPlaneOptions options, EngineState engine, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellation)
    {
        ILogger logger = loggers.CreateLogger("Unkey.ControlPlane");
        try
        {
            if (options.Credits is { } file)
            {
                await file.SettleAsync(store, cancellation).ConfigureAwait(false);
            }

            long nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
            BootstrapResult bootstrap = await store
                .WriteAsync(session => StoreBootstrap.Run(session, options.RootKey, nowMs), cancellation).ConfigureAwait(false);
            Tell(logger, bootstrap);
            RecordSpecs specs = new(engine);
            Projection projection = new(engine, specs);
            await new TableLoad(engine, specs, projection, logger).RunAsync(store, options.SnapshotKeysMin, cancellation).ConfigureAwait(false);
            store.Attach(projection);
            ControlPlaneServices services = new(store, engine, new RootKeyAuthenticator(engine), bootstrap.Root, time, logger)
            {
                Throttle = new AuthenticationThrottle(options.FailedAuthenticationsMax, logger),
                Events = options.Events,
                Analytics = options.Analytics,
                Vault = await OpenVaultAsync(options, store, logger, cancellation).ConfigureAwait(false),
            };
            ControlPlaneRouter router = new(Endpoints(services, options.V1)) { Throttle = services.Throttle };
            CreditWriteBack credits = new(engine, store, () => options.Credits is { IsHealthy: true }, time, logger);
            CreditRefill refill = new(engine, store, credits, time, logger);
            LastUseWriteBack lastUse = new(options.LastUse, engine.RootKeyUses, store, time, logger);
            SnapshotPlan Snapshot(TimeSpan limit) => new(options.DataDirectory, engine, options.SnapshotKeysMin, limit, loggers.CreateLogger("Unkey.Store"));
            return new ControlPlaneHost(store, Snapshot, credits, refill, lastUse, options.Analytics, router, bootstrap);
        }
        catch
        {
            await store.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Whether the store answers and takes writes.</summary>
    public Task<bool> IsHealthyAsync() => _store.IsHealthyAsync();

    /// <summary>Writes spent credits and last uses, finishes queued writes and closes the store. Requests that come later get the 500 of a closed store.</summary>
    public ValueTask DisposeAsync() => new(CloseAsync(snapshotTime: null));

    /// <summary>The same, and leaves a snapshot of the keys for the next start if it is wanted.</summary>
    /// <param name="snapshotTime">How long writing it may take; null for none.</param>
    internal async Task CloseAsync(TimeSpan? snapshotTime)
    {
        await _refill.DisposeAsync().ConfigureAwait(false);
        await _credits.DisposeAsync().ConfigureAwait(false);
        await _lastUse.DisposeAsync().ConfigureAwait(false);
        _analytics.Dispose();
        _store.Close(snapshotTime is { } time ? _snapshot(time) : null);
    }

    /// <summary>Writes spent credits now; for tests, which cannot wait for the timer.</summary>
    internal Task FlushCreditsAsync() => _credits.FlushAsync();

    /// <summary>Writes last uses now; for tests, which cannot wait for the timer.</summary>
    internal Task FlushLastUseAsync() => _lastUse.FlushAsync();

    /// <summary>Refills what is due now; for tests, which cannot wait for midnight.</summary>
    /// <returns>Number of keys refilled by this call.</returns>
    internal Task<int> RefillAsync() => _refill.RunDueAsync();

    private static IEnumerable<ColdEndpoint> Endpoints(ControlPlaneServices services, bool servesV1)
    {
        ApiCallLimiter calls = new();
        RequestPipeline v2 = new(services, calls, new V2Dialect());
        IEnumerable<ColdEndpoint> endpoints = AllOperations.Create().Select(operation => new OperationEndpoint(operation, v2));
        if (!servesV1)
        {
            return endpoints;
        }

        RequestPipeline v1 = new(services, calls, new V1Dialect());
        return endpoints
            .Concat(V1Operations.Create().Select(operation => new OperationEndpoint(operation, v1)))
            .Append(new V1Liveness())
            .Append(new V1VerifyKey(services, calls));
    }

    private static async Task<KeyVault?> OpenVaultAsync(ControlPlaneOptions options, SqliteStore store, ILogger logger, CancellationToken cancellation)
    {
        KeyVault? vault = options.EncryptionKeys is { } ring ? new KeyVault(ring) : null;
        foreach (string id in await store.ReadAsync(static session => session.EncryptionKeyIds(), cancellation).ConfigureAwait(false))
        {
            if (vault?.Knows(id) != true)
            {
                ControlPlaneLog.MasterKeyMissing(logger, id);
            }
        }

        return vault;
    }

    private static void Tell(ILogger logger, BootstrapResult bootstrap)
    {
        if (bootstrap.IsFirstStart)
        {
            ControlPlaneLog.Bootstrapped(logger, bootstrap.WorkspaceId, bootstrap.KeyId);
        }
        else if (bootstrap.ReplacedKeyId is { } replaced)
        {
            ControlPlaneLog.BootstrapReplaced(logger, bootstrap.KeyId, replaced);
        }
    }
}
