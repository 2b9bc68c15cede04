using System;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Unkey.Engine;
using Unkey.Server.Analytics;
using Unkey.Server.ControlPlane.Callers;
using Unkey.Server.ControlPlane.Encryption;
using Unkey.Server.Events;
using Unkey.Server.Storage;

namespace Unkey.Server.ControlPlane;

/// <summary>What all operations share. Every member may be used from any thread.</summary>
/// <param name="Store">The durable state.</param>
/// <param name="Engine">The state in memory.</param>
/// <param name="Authenticator">Finds the caller.</param>
/// <param name="Root">Where root keys live.</param>
/// <param name="Time">The clock.</param>
/// <param name="Logger">For faults that nobody foresaw.</param>
internal sealed record ControlPlaneServices(
    IStore Store,
    EngineState Engine,
    RootKeyAuthenticator Authenticator,
    RootKeyspace Root,
    TimeProvider Time,
    ILogger Logger)
{
    /// <summary>Encrypts recoverable keys; <see langword="null"/> when the operator has given no master key.</summary>
    public KeyVault? Vault { get; init; }

    /// <summary>Counts unknown root keys.</summary>
    public AuthenticationThrottle Throttle { get; init; } = new(0, NullLogger.Instance);

    /// <summary>Where decisions are published.</summary>
    public ColdEvents Events { get; init; } = new();

    /// <summary>Answers queries over them.</summary>
    public AnalyticsService Analytics { get; init; } = AnalyticsService.None;
}
