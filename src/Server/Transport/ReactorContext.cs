using System;
using Microsoft.Extensions.Logging;
using Unkey.Engine;
using Unkey.Engine.Events;
using Unkey.Server.ControlPlane;
using Unkey.Server.ControlPlane.Documents;
using Unkey.Server.Diagnostics;
using Unkey.Server.Diagnostics.Requests;
using Unkey.Server.Events;
using Unkey.Server.Hosting;
using Unkey.Server.Routing;
using Unkey.Server.Transport.Tls;

namespace Unkey.Server.Transport;

/// <summary>What a reactor is given: the shared parts of the server and its own metrics.</summary>
internal sealed record ReactorContext
{
    /// <summary>Bounds and time-outs.</summary>
    public required ServerOptions Options { get; init; }

    /// <summary>The core that the reactor's thread is kept on; null for any.</summary>
    public int? Core { get; init; }

    /// <summary>The tables that verification reads.</summary>
    public required EngineState Engine { get; init; }

    /// <summary>Where this reactor publishes what it decides; null when events are off.</summary>
    public required EventRing? Events { get; init; }

    /// <summary>Where the answers of the control plane are recorded; null when requests are not.</summary>
    public ColdEvents? ColdEvents { get; init; }

    /// <summary>Holds answers back until they are durable; null when they need not be.</summary>
    public DurabilityGate? Durability { get; init; }

    /// <summary>Is told of each answered request; null when nobody wants to know.</summary>
    public RequestWatch? Watch { get; init; }

    /// <summary>Targets and what serves them.</summary>
    public required RouteTable Routes { get; init; }

    /// <summary>Answers cold requests of the API.</summary>
    public required ControlPlaneRouter ControlPlane { get; init; }

    /// <summary>The documents about the API.</summary>
    public required ApiDocuments Documents { get; init; }

    /// <summary>Answers requests of the admin listener.</summary>
    public required AdminRouter Admin { get; init; }

    /// <summary>This reactor's counters; no other thread writes them.</summary>
    public required ReactorMetrics Metrics { get; init; }

    /// <summary>Counts connections across reactors.</summary>
    public required ConnectionLimit Limit { get; init; }

    /// <summary>Bounds the bodies under way across reactors.</summary>
    public required BodyBudget Bodies { get; init; }

    /// <summary>The certificate to begin with; null to serve without TLS.</summary>
    public TlsContext? Tls { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>The log.</summary>
    public required ILogger Logger { get; init; }
}
