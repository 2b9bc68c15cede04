using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using Microsoft.Extensions.Logging;
using Unkey.Engine.Limits;
using Unkey.Server.ControlPlane.Encryption;
using Unkey.Server.Diagnostics.Otlp;
using Unkey.Server.Events;
using Unkey.Server.Events.ClickHouse;
using Unkey.Server.Events.Outlets;
using Unkey.Server.Transport.Tls;

namespace Unkey.Server.Hosting;

/// <summary>Every setting of the server, checked once at start and immutable afterwards; safe to read from any thread.</summary>
/// <remarks>A value made by <see cref="ServerOptionsReader"/> is inside the bounds that <see cref="ServerSettings"/> states. The
/// initial values here are the defaults; <see cref="ServerSettings"/> shows them in <c>--help</c> and a test holds the two together.</remarks>
public sealed record ServerOptions
{
    /// <summary>Addresses of the API listeners, TCP (port 0 lets the kernel choose) and Unix sockets; at least one.</summary>
    public IReadOnlyList<EndPoint> Listen { get; init; } = [new IPEndPoint(IPAddress.Any, 8080)];

    /// <summary>Address of the admin listener (metrics and health), or <see langword="null"/> when it is off.</summary>
    public EndPoint? Admin { get; init; } = new IPEndPoint(IPAddress.Loopback, 9090);

    /// <summary>Who may connect to Unix sockets: the permissions of their files.</summary>
    public UnixFileMode UnixSocketMode { get; init; } =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    /// <summary>File with the certificates of the API listener, or <see langword="null"/> to serve without TLS.</summary>
    public string? TlsCertificate { get; init; }

    /// <summary>File with the private key of the certificate; given with <see cref="TlsCertificate"/> or not at all.</summary>
    public string? TlsKey { get; init; }

    /// <summary>File with the authorities of client certificates, or <see langword="null"/> when clients need none.</summary>
    public string? TlsClientCa { get; init; }

    /// <summary>The files of TLS, or <see langword="null"/> to serve without it.</summary>
    public TlsFileNames? Tls => TlsCertificate is not null && TlsKey is not null ? new TlsFileNames(TlsCertificate, TlsKey, TlsClientCa) : null;

    /// <summary>Data directory, as given: relative paths are relative to the working directory.</summary>
    public string DataDirectory { get; init; } = "./data";

    /// <summary>From how many keys on a stop writes a snapshot of them for the next start; 0 for never.</summary>
    public int SnapshotKeys { get; init; } = 100_000;

    /// <summary>The bootstrap root key in plain text, or <see langword="null"/> to have one made on the first start. Never logged.</summary>
    public string? RootKey { get; init; }

    /// <summary>Master keys of recoverable keys, or <see langword="null"/> to have none. Never logged.</summary>
    public MasterKeyRing? EncryptionKeys { get; init; }

    /// <summary>Reactor threads, 1 to <see cref="ServerSettings.ThreadsMax"/>.</summary>
    public int Threads { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, ServerSettings.ThreadsMax);

    /// <summary>Cores that reactors are pinned to, the first reactor to the first; empty when they are not.</summary>
    public IReadOnlyList<int> ReactorCores { get; init; } = [];

    /// <summary>How long a reactor looks for more before it sleeps; zero for not at all.</summary>
    public TimeSpan BusyPoll { get; init; }

    /// <summary>Which transport carries the connections.</summary>
    public TransportKind Transport { get; init; } = TransportKind.Auto;

    /// <summary>Open client connections over all reactors; one more is refused.</summary>
    public int MaxConnections { get; init; } = 65_536;

    /// <summary>Unknown root keys that an address may send in a minute; 0 for any number.</summary>
    public int FailedAuthenticationsMax { get; init; } = 1000;

    /// <summary>Largest request body, in bytes.</summary>
    public int MaxBodyBytes { get; init; } = 10 * 1024 * 1024;

    /// <summary>Largest request head (request line and fields), in bytes.</summary>
    public int MaxHeadBytes { get; init; } = 32 * 1024;

    /// <summary>From the first byte of a request to the end of its head.</summary>
    public TimeSpan HeaderTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From the end of the head to the end of the body.</summary>
    public TimeSpan BodyTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a connection may stay open between two requests.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long an answer may wait for the client to take its next byte.</summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a stop waits for requests in flight.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Peers whose <c>X-Forwarded-For</c> is believed. Empty means none.</summary>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>Whether it is believed from peers of Unix sockets, too.</summary>
    public bool TrustsUnixPeers { get; init; }

    /// <summary>Rate-limit buckets that may be active at once; bounds the memory of the bucket table.</summary>
    public int RatelimitMaxBuckets { get; init; } = BucketTable.DefaultCapacity;

    /// <summary>How rate limits count: those of keys and identities, and those of namespaces that have no algorithm of their own.</summary>
    public LimitAlgorithm RatelimitAlgorithm { get; init; } = LimitAlgorithm.TokenBucket;

    /// <summary>Whether decisions are recorded and can be queried.</summary>
    public bool Events { get; init; } = true;

    /// <summary>The ClickHouse server that events go to, or <see langword="null"/> for the embedded store. Never logged with its password.</summary>
    public ClickHouseAddress? ClickHouse { get; init; }

    /// <summary>What an answered decision survives.</summary>
    public DurabilityKind Durability { get; init; } = DurabilityKind.Process;

    /// <summary>Bytes of the ring that each reactor publishes into; a power of two.</summary>
    public int EventRingBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>Most events of a batch.</summary>
    public int EventBatchSize { get; init; } = 10_000;

    /// <summary>Age at which a batch is sealed that is not full.</summary>
    public TimeSpan EventBatchAge { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Bytes of sealed batches that may wait for the event store.</summary>
    public int EventSpoolMaxBytes { get; init; } = 1024 * 1024 * 1024;

    /// <summary>Days that raw events and their sums by minute and hour are kept; 0 is for ever.</summary>
    public int EventRetentionDays { get; init; } = 90;

    /// <summary>Where events go as lines of JSON, beside the event store.</summary>
    public OutletKind EventOutlet { get; init; } = OutletKind.None;

    /// <summary>File of <see cref="OutletKind.File"/>; <see langword="null"/> for the one in the data directory.</summary>
    public string? EventFile { get; init; }

    /// <summary>Bytes at which that file is rotated.</summary>
    public int EventFileBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>How many such files are kept, the current one included.</summary>
    public int EventFileCount { get; init; } = 8;

    /// <summary>Which requests of the API are recorded beside the decisions.</summary>
    public RequestLogRule RequestLog { get; init; } = RequestLogRule.Off;

    /// <summary>What goes to a collector by OTLP, as the standard variables of OpenTelemetry say; <see langword="null"/> for nothing.</summary>
    public OtlpOptions? Otlp { get; init; }

    /// <summary>Most rows of an analytics query.</summary>
    public int AnalyticsMaxRows { get; init; } = 10_000;

    /// <summary>Analytics queries of a workspace in an hour.</summary>
    public int AnalyticsHourlyQueries { get; init; } = 1_000;

    /// <summary>Time of analytics queries of a workspace in an hour.</summary>
    public TimeSpan AnalyticsHourlyTime { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>From which time on a request of the API is logged as slow; zero for never.</summary>
    public TimeSpan SlowRequest { get; init; }

    /// <summary>Whether every answer says how long it took, in the field <c>Server-Timing</c>.</summary>
    public bool ServerTiming { get; init; }

    /// <summary>SHA-256 of the token that the admin listener asks for; <see langword="null"/> when it asks for none.</summary>
    public ReadOnlyMemory<byte>? AdminTokenHash { get; init; }

    /// <summary>How log entries are written.</summary>
    public LogFormat LogFormat { get; init; } = LogFormat.Auto;

    /// <summary>The least severe entries that are written.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>Whether the old v1 API is served beside v2. Its verifyKey asks for no root key.</summary>
    public bool V1 { get; init; }

    /// <summary>Whether the API port serves its own description, <c>/openapi.json</c> and <c>/reference</c>.</summary>
    public bool ServesReference { get; init; } = true;

    /// <summary>Whether the process may leave a core file, and be looked into by others of its user.</summary>
    public bool CoreDumps { get; init; }

    /// <summary>Whether requests may set their own time with <c>X-Test-Time</c>. Loopback listeners only.</summary>
    public bool TestMode { get; init; }

    /// <summary>Options whose secret came from the command line, where every local user can read it.</summary>
    public IReadOnlyList<string> SecretsOnCommandLine { get; init; } = [];

    /// <summary>The settings without the secrets, for logs and debuggers.</summary>
    /// <returns>A short description that never contains <see cref="RootKey"/> or <see cref="EncryptionKeys"/>.</returns>
    public override string ToString() => $"listen {ListenAddress.Show(Listen)}, admin {(Admin is null ? "off" : ListenAddress.Show(Admin))}, data {DataDirectory}, {Threads} threads";
}
