using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Numerics;
using Microsoft.Extensions.Logging;
using Unkey.Engine.Limits;
using Unkey.Server.ControlPlane;
using Unkey.Server.ControlPlane.Callers;
using Unkey.Server.ControlPlane.Encryption;
using Unkey.Server.Events;
using Unkey.Server.Events.ClickHouse;
using Unkey.Server.Events.Outlets;

namespace Unkey.Server.Hosting;

/// <summary>The list of every setting: the one place where names, units, bounds, defaults and meanings are written.</summary>
/// <remarks>The command line, the environment, the help and the table of the README all come from this list. Immutable; any thread.</remarks>
internal static class ServerSettings
{
    /// <summary>Most reactor threads.</summary>
    public const int ThreadsMax = 256;

    /// <summary>Most client connections.</summary>
    public const int ConnectionsMax = 1_000_000;

    /// <summary>Fewest characters of a root key: what 128 random bits take in printable ASCII (6.57 bits a character).</summary>
    public const int RootKeyCharactersMin = 20;

    /// <summary>Most characters of a root key: a longer one would not fit the request head beside its field name.</summary>
    public const int RootKeyCharactersMax = 512;

    // Room for all keys of a ring with blanks and line ends.
    private const int EncryptionFileCharactersMax = 16 * 1024;

    private static readonly TimeSpan s_timeoutMin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_timeoutMax = TimeSpan.FromHours(1);
    private static readonly ServerOptions s_defaults = new();

    /// <summary>Every setting, in the order of the help.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        .. ListenerSettings.Addresses,
        .. ObservingSettings.Admin,
        SettingKinds.FileName(
            "--tls-cert",
            "PEM file with the certificate of the API listener, those of its issuers behind it. With it and --tls-key the API speaks TLS alone (1.2 and 1.3)."
                + " Read again on SIGHUP and when it changes.",
            static (o, value) => o with { TlsCertificate = value }),
        SettingKinds.FileName(
            "--tls-key",
            "PEM file with the private key of that certificate, not encrypted; may be the same file.",
            static (o, value) => o with { TlsKey = value }),
        SettingKinds.FileName(
            "--tls-client-ca",
            "PEM file with the authorities of client certificates: a client without a certificate that one of them signed is refused in the handshake (mutual TLS).",
            static (o, value) => o with { TlsClientCa = value }),
        new()
        {
            Option = "--data",
            ValueName = "directory",
            Default = s_defaults.DataDirectory,
            Description = "Directory of the database and of the rate limits. Made when it is missing; used by one server at a time.",
            Read = static (string text, ref ServerOptions draft) =>
            {
                if (text.Length == 0 || text.Contains('\0'))
                {
                    return "is not a directory name";
                }

                draft = draft with { DataDirectory = text };
                return null;
            },
        },
        SettingKinds.Count(
            "--snapshot-keys",
            "count",
            (0, int.MaxValue),
            "From how many keys on SIGTERM writes a snapshot of their records, so that the next start need not read them from the database; takes about 140 bytes of disk a"
                + " key, and 5s at most. 0 for never.",
            static o => o.SnapshotKeys,
            static (o, value) => o with { SnapshotKeys = value }),
        new()
        {
            Option = "--root-key",
            ValueName = "secret",
            Default = null,
            IsSecret = true,
            Description = $"Bootstrap root key, {RootKeyCharactersMin} to {RootKeyCharactersMax} printable ASCII characters. Without one, the first start makes"
                + " it and prints it once. Prefer the environment or --root-key-file: every local user can read a command line.",
            Read = static (string text, ref ServerOptions draft) => ReadRootKey(text, ref draft),
        },
        new()
        {
            Option = "--root-key-file",
            ValueName = "file",
            Default = null,
            Description = "File that holds the bootstrap root key in its first line, such as a mounted secret.",
            Read = static (string text, ref ServerOptions draft) => ReadRootKeyFile(text, ref draft),
        },
        new()
        {
            Option = "--encryption-key",
            ValueName = "base64,...",
            Default = null,
            IsSecret = true,
            Description = "Master keys of recoverable keys, each 32 bytes in base64, comma-separated: the first encrypts, all of them decrypt. Without one,"
                + " recoverable keys are refused. Prefer the environment or --encryption-key-file: every local user can read a command line.",
            Read = static (string text, ref ServerOptions draft) => ReadEncryptionKeys(text, ref draft),
        },
        new()
        {
            Option = "--encryption-key-file",
            ValueName = "file",
            Default = null,
            Description = "File that holds the master keys, comma-separated or one a line, such as a mounted secret.",
            Read = static (string text, ref ServerOptions draft) =>
                ReadSecretFile(text, EncryptionFileCharactersMax, out string content)
                ?? (ReadEncryptionKeys(content, ref draft) is { } problem ? "does not hold master keys: " + problem : null),
        },
        .. ListenerSettings.Reactors,
        new()
        {
            Option = "--transport",
            ValueName = "auto|epoll|portable",
            Default = "auto",
            Description = "How sockets are driven: 'epoll' (Linux only), 'portable' (anywhere), 'auto' (epoll on Linux).",
            Read = static (string text, ref ServerOptions draft) =>
            {
                switch (text)
                {
                    case "auto":
                        draft = draft with { Transport = TransportKind.Auto };
                        return null;
                    case "epoll" when !OperatingSystem.IsLinux():
                        return "needs Linux; use 'portable' or 'auto'";
                    case "epoll":
                        draft = draft with { Transport = TransportKind.Epoll };
                        return null;
                    case "portable":
                        draft = draft with { Transport = TransportKind.Portable };
                        return null;
                    default:
                        return "is none of auto, epoll, portable";
                }
            },
        },
        SettingKinds.Count(
            "--max-connections",
            "count",
            (1, ConnectionsMax),
            $"Open API connections, 1 to {ConnectionsMax}. Lowered at start when the descriptor limit is smaller.",
            static o => o.MaxConnections,
            static (o, value) => o with { MaxConnections = value }),
        SettingKinds.Count(
            "--max-failed-auth",
            "count",
            (0, AuthenticationThrottle.LimitMax),
            $"Unknown root keys that an address (of IPv6: its /64) may send in a minute, 0 to {AuthenticationThrottle.LimitMax}; further ones are answered 429 for the rest"
                + " of it, while known ones go on working. 0 for any number.",
            static o => o.FailedAuthenticationsMax,
            static (o, value) => o with { FailedAuthenticationsMax = value }),
        SettingKinds.Size(
            "--max-body-size",
            (1024, 256 * 1024 * 1024),
            "Largest request body, 1KiB to 256MiB; a longer one is answered 413. Suffixes: KiB, MiB, GiB, kB, MB, GB.",
            static o => o.MaxBodyBytes,
            static (o, value) => o with { MaxBodyBytes = value }),
        SettingKinds.Size(
            "--max-header-size",
            (1024, 1024 * 1024),
            "Largest request head (request line and all fields), 1KiB to 1MiB; a longer one is answered 431.",
            static o => o.MaxHeadBytes,
            static (o, value) => o with { MaxHeadBytes = value }),
        SettingKinds.Duration(
            "--header-timeout",
            (s_timeoutMin, s_timeoutMax),
            "From the first byte of a request to the end of its head, 100ms to 1h; then 408.",
            static o => o.HeaderTimeout,
            static (o, value) => o with { HeaderTimeout = value }),
        SettingKinds.Duration(
            "--body-timeout",
            (s_timeoutMin, s_timeoutMax),
            "From the end of the head to the end of the body, 100ms to 1h; then 408.",
            static o => o.BodyTimeout,
            static (o, value) => o with { BodyTimeout = value }),
        SettingKinds.Duration(
            "--idle-timeout",
            (s_timeoutMin, s_timeoutMax),
            "How long a connection stays open between requests, 100ms to 1h.",
            static o => o.IdleTimeout,
            static (o, value) => o with { IdleTimeout = value }),
        SettingKinds.Duration(
            "--write-timeout",
            (s_timeoutMin, s_timeoutMax),
            "How long an answer waits for a client that takes none of it, 100ms to 1h; then the connection is closed.",
            static o => o.WriteTimeout,
            static (o, value) => o with { WriteTimeout = value }),
        SettingKinds.Duration(
            "--drain-timeout",
            (TimeSpan.Zero, s_timeoutMax),
            "How long SIGTERM and SIGINT wait for requests in flight, 0s to 1h; a second signal stops at once.",
            static o => o.DrainTimeout,
            static (o, value) => o with { DrainTimeout = value }),
        ListenerSettings.TrustedProxies,
        new()
        {
            Option = "--ratelimit-algorithm",
            ValueName = "token-bucket|sliding-window",
            Default = LimitAlgorithmText.TokenBucket,
            Description = "How rate limits count; 'sliding-window' is how the hosted service does. A namespace can have its own. After a change all limits start full.",
            Read = static (string text, ref ServerOptions draft) =>
            {
                LimitAlgorithm? algorithm = LimitAlgorithmText.Parse(text);
                draft = draft with { RatelimitAlgorithm = algorithm ?? draft.RatelimitAlgorithm };
                return algorithm is null ? $"is neither '{LimitAlgorithmText.TokenBucket}' nor '{LimitAlgorithmText.SlidingWindow}'" : null;
            },
        },
        SettingKinds.Count(
            "--ratelimit-max-buckets",
            "count",
            (1024, 268_435_456),
            "Rate-limit buckets that can be in use at once, 1024 to 268435456, rounded up to a power of two; 32 bytes each. A bucket that is full takes none.",
            static o => o.RatelimitMaxBuckets,
            static (o, value) => o with { RatelimitMaxBuckets = value }),
        SettingKinds.Flag(
            "--events",
            "Whether verifications and rate-limit decisions are recorded, in a file of the data directory or in ClickHouse.",
            static o => o.Events,
            static (o, value) => o with { Events = value }),
        new()
        {
            Option = "--clickhouse",
            ValueName = "url",
            Default = null,
            IsSecret = true,
            Description = "ClickHouse server for events, such as http://user:password@host:8123/database; its tables are made when they are missing. Without one,"
                + " events go to a file in the data directory. Prefer the environment: every local user can read a command line.",
            Read = static (string text, ref ServerOptions draft) =>
            {
                string? problem = ClickHouseAddress.Read(text, out ClickHouseAddress? address);
                draft = problem is null ? draft with { ClickHouse = address } : draft;
                return problem;
            },
        },
        new()
        {
            Option = "--durability",
            ValueName = "process|strict",
            Default = "process",
            Description = "What a decision that was answered survives, with its event and its credits: the death of the process, or with 'strict' that of the machine as"
                + " well. Then each answer waits for the disk, which takes milliseconds; see docs/events.md.",
            Read = static (string text, ref ServerOptions draft) =>
            {
                DurabilityKind? kind = text switch { "process" => DurabilityKind.Process, "strict" => DurabilityKind.Strict, _ => null };
                draft = draft with { Durability = kind ?? draft.Durability };
                return kind is null ? "is neither 'process' nor 'strict'" : null;
            },
        },
        new()
        {
            Option = "--event-ring-size",
            ValueName = "size",
            Default = SettingText.ShowSize(s_defaults.EventRingBytes),
            Description = "Ring of events of each thread, 64KiB to 1GiB, a power of two; a file in the data directory. An event that finds no room is dropped and counted.",
            Read = static (string text, ref ServerOptions draft) =>
            {
                string? problem = SettingText.Size(text, 64 * 1024, 1024 * 1024 * 1024, out int value);
                problem ??= BitOperations.IsPow2(value) ? null : "is not a power of two";
                draft = problem is null ? draft with { EventRingBytes = value } : draft;
                return problem;
            },
        },
        SettingKinds.Count(
            "--event-batch-size",
            "count",
            (1, 1_000_000),
            "Most events in one batch to the event store, 1 to 1000000.",
            static o => o.EventBatchSize,
            static (o, value) => o with { EventBatchSize = value }),
        SettingKinds.Duration(
            "--event-batch-age",
            (TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1)),
            "How long the first event of a batch waits for more, 10ms to 1m.",
            static o => o.EventBatchAge,
            static (o, value) => o with { EventBatchAge = value }),
        SettingKinds.Size(
            "--event-spool-max",
            (1024 * 1024, 1024 * 1024 * 1024),
            "Disk for batches that wait while the event store takes none, 1MiB to 1GiB; beyond it new events are dropped and counted.",
            static o => o.EventSpoolMaxBytes,
            static (o, value) => o with { EventSpoolMaxBytes = value }),
        SettingKinds.Count(
            "--event-retention",
            "days",
            (0, 3650),
            "Days that events and their sums by minute and hour are kept, 0 to 3650; 0 keeps them for ever.",
            static o => o.EventRetentionDays,
            static (o, value) => o with { EventRetentionDays = value }),
        SettingKinds.Count(
            "--analytics-max-rows",
            "count",
            (1, 1_000_000),
            "Most rows of an analytics query, 1 to 1000000; a larger LIMIT, and none, mean this many.",
            static o => o.AnalyticsMaxRows,
            static (o, value) => o with { AnalyticsMaxRows = value }),
        SettingKinds.Count(
            "--analytics-hourly-queries",
            "count",
            (1, 1_000_000_000),
            "Analytics queries of a workspace in an hour, 1 to 1000000000; then 429.",
            static o => o.AnalyticsHourlyQueries,
            static (o, value) => o with { AnalyticsHourlyQueries = value }),
        SettingKinds.Duration(
            "--analytics-hourly-time",
            (TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
            "Time that the analytics queries of a workspace may take together in an hour, 1s to 24h; then 429.",
            static o => o.AnalyticsHourlyTime,
            static (o, value) => o with { AnalyticsHourlyTime = value }),
        new()
        {
            Option = "--event-sink",
            ValueName = "none|stdout|file",
            Default = "none",
            Description = "Where every event goes as a line of JSON, beside the event store: 'stdout' (the log then goes to standard error) or 'file'.",
            Read = static (string text, ref ServerOptions draft) =>
            {
                OutletKind? kind = text switch { "none" => OutletKind.None, "stdout" => OutletKind.Stdout, "file" => OutletKind.File, _ => null };
                draft = draft with { EventOutlet = kind ?? draft.EventOutlet };
                return kind is null ? "is none of none, stdout, file" : null;
            },
        },
        new()
        {
            Option = "--event-file",
            ValueName = "file",
            Default = null,
            Description = "File of --event-sink file; rotated files get .1, .2 and so on behind their name. Without one, events/export/events.ndjson in the data directory.",
            Read = static (string text, ref ServerOptions draft) =>
            {
                if (text.Length == 0 || text.Contains('\0') || Path.EndsInDirectorySeparator(text))
                {
                    return "is not a file name";
                }

                draft = draft with { EventFile = text };
                return null;
            },
        },
        SettingKinds.Size(
            "--event-file-size",
            (1024 * 1024, 1024 * 1024 * 1024),
            "Size at which the file of --event-sink file is rotated, 1MiB to 1GiB.",
            static o => o.EventFileBytes,
            static (o, value) => o with { EventFileBytes = value }),
        SettingKinds.Count(
            "--event-file-count",
            "count",
            (1, 1000),
            "Files of --event-sink file that are kept, the current one included, 1 to 1000; the oldest is deleted.",
            static o => o.EventFileCount,
            static (o, value) => o with { EventFileCount = value }),
        new()
        {
            Option = "--request-log",
            ValueName = "off|errors|all|share",
            Default = "off",
            Description = "Which requests of the API are recorded as events too: 'errors' (answers of 400 and more), 'all', or a share from 0 to 1: errors, management"
                + " calls, and that share of verifications and rate-limit checks.",
            Read = static (string text, ref ServerOptions draft) =>
            {
                string? problem = RequestLogRule.Read(text, out RequestLogRule rule);
                draft = problem is null ? draft with { RequestLog = rule } : draft;
                return problem;
            },
        },
        new()
        {
            Option = "--log-format",
            ValueName = "auto|json|text",
            Default = "auto",
            Description = "Shape of the log on standard output (standard error with --event-sink stdout): 'auto' is text on a terminal and JSON lines otherwise.",
            Read = static (string text, ref ServerOptions draft) =>
            {
                LogFormat? format = text switch { "auto" => LogFormat.Auto, "json" => LogFormat.Json, "text" => LogFormat.Text, _ => null };
                draft = draft with { LogFormat = format ?? draft.LogFormat };
                return format is null ? "is none of auto, json, text" : null;
            },
        },
        new()
        {
            Option = "--log-level",
            ValueName = "level",
            Default = "info",
            Description = "Least severe entries that are written: trace, debug, info, warn, error or none.",
            Read = static (string text, ref ServerOptions draft) =>
            {
                LogLevel? level = text switch
                {
                    "trace" => LogLevel.Trace,
                    "debug" => LogLevel.Debug,
                    "info" => LogLevel.Information,
                    "warn" => LogLevel.Warning,
                    "error" => LogLevel.Error,
                    "none" => LogLevel.None,
                    _ => null,
                };
                draft = draft with { LogLevel = level ?? draft.LogLevel };
                return level is null ? "is none of trace, debug, info, warn, error, none" : null;
            },
        },
        .. ObservingSettings.Requests,
        SettingKinds.Flag(
            "--v1",
            "Serves the old v1 API beside v2, for clients such as @unkey/api 0.x. Its verifyKey asks for no root key: whoever"
                + " presents a key learns what it may do. Without it, /v1/ answers 404.",
            static o => o.V1,
            static (o, value) => o with { V1 = value }),
        SettingKinds.Flag(
            "--api-reference",
            "Serves /openapi.json and /reference at the API's address, without credentials; both tell of the API, not of what is stored.",
            static o => o.ServesReference,
            static (o, value) => o with { ServesReference = value }),
        SettingKinds.Flag(
            "--core-dumps",
            "Lets a crash leave a core file, and debuggers of the same user attach; both show keys that were in memory.",
            static o => o.CoreDumps,
            static (o, value) => o with { CoreDumps = value }),
        SettingKinds.Flag(
            "--test-mode",
            "Lets a request of ratelimit.limit or multiLimit set its own time with X-Test-Time, 2024 to 2048. Refused unless --listen is a loopback address.",
            static o => o.TestMode,
            static (o, value) => o with { TestMode = value }),
    ];

    /// <summary>Finds a setting by its option.</summary>
    /// <param name="option">The option with its dashes.</param>
    /// <returns>The setting, or <see langword="null"/>.</returns>
    public static Setting? Find(string option) => All.FirstOrDefault(setting => setting.Option == option);

    private static string? ReadRootKey(string text, ref ServerOptions draft)
    {
        if (text.Length is < RootKeyCharactersMin or > RootKeyCharactersMax)
        {
            return $"a root key has {RootKeyCharactersMin} to {RootKeyCharactersMax} characters, this one has {text.Length}";
        }

        if (text.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            return "a root key consists of printable ASCII characters without blanks";
        }

        draft = draft with { RootKey = text };
        return null;
    }

    private static string? ReadRootKeyFile(string path, ref ServerOptions draft)
    {
        if (ReadSecretFile(path, RootKeyCharactersMax + 2, out string text) is { } unreadable)
        {
            return unreadable;
        }

        int end = text.AsSpan().IndexOfAny('\r', '\n');
        string? problem = ReadRootKey(end < 0 ? text : text[..end], ref draft);
        return problem is null ? null : "does not hold a root key: " + problem;
    }

    private static string? ReadEncryptionKeys(string text, ref ServerOptions draft)
    {
        string? problem = MasterKeyRing.Read(text, out MasterKeyRing? ring);
        draft = problem is null ? draft with { EncryptionKeys = ring } : draft;
        return problem;
    }

    /// <summary>Reads a file that holds a secret.</summary>
    /// <param name="path">The file.</param>
    /// <param name="charactersMax">Most characters that are read; the rest is left out.</param>
    /// <param name="text">What it holds.</param>
    /// <returns>Why it cannot be read, or <see langword="null"/>.</returns>
    internal static string? ReadSecretFile(string path, int charactersMax, out string text)
    {
        text = "";
        try
        {
            using StreamReader reader = new(path);
            char[] buffer = new char[charactersMax];
            int count = reader.ReadBlock(buffer);
            text = new string(buffer, 0, count);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return "cannot be read: " + TextSafety.Escape(e.Message);
        }
    }
}
