using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Numerics;
using Microsoft.Extensions.Logging;
using Unkey.Engine.Limits;
using Unkey.Server.ControlPlane;
using Unkey.Server.ControlPlane.Encryption;
using Unkey.Server.Events.ClickHouse;

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
        new()
        {
            Option = "--listen",
            ValueName = "host:port",
            Default = s_defaults.Listen.ToString(),
            Description = "Address of the API. An IPv6 host stands in brackets; port 0 lets the system choose one.",
            Read = static (string text, ref ServerOptions draft) =>
            {
                string? problem = SettingText.EndPoint(text, out IPEndPoint value);
                draft = problem is null ? draft with { Listen = value } : draft;
                return problem;
            },
        },
        new()
        {
            Option = "--admin",
            ValueName = "host:port|off",
            Default = s_defaults.Admin!.ToString(),
            Description = "Address of /metrics and /health, which ask for no credentials; 'off' disables it.",
            Read = static (string text, ref ServerOptions draft) =>
            {
                if (text == "off")
                {
                    draft = draft with { Admin = null };
                    return null;
                }

                string? problem = SettingText.EndPoint(text, out IPEndPoint value);
                draft = problem is null ? draft with { Admin = value } : draft;
                return problem is null ? null : problem + ", nor 'off'";
            },
        },
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
        new()
        {
            Option = "--threads",
            ValueName = "count",
            Default = "number of cores",
            Description = $"Reactor threads, 1 to {ThreadsMax}. Each owns its share of the connections.",
            Read = static (string text, ref ServerOptions draft) =>
            {
                string? problem = SettingText.Count(text, 1, ThreadsMax, out int value);
                draft = problem is null ? draft with { Threads = value } : draft;
                return problem;
            },
        },
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
        new()
        {
            Option = "--max-connections",
            ValueName = "count",
            Default = s_defaults.MaxConnections.ToString(),
            Description = $"Open API connections, 1 to {ConnectionsMax}. Lowered at start when the descriptor limit is smaller.",
            Read = static (string text, ref ServerOptions draft) =>
            {
                string? problem = SettingText.Count(text, 1, ConnectionsMax, out int value);
                draft = problem is null ? draft with { MaxConnections = value } : draft;
                return problem;
            },
        },
        new()
        {
            Option = "--max-body-size",
            ValueName = "size",
            Default = SettingText.ShowSize(s_defaults.MaxBodyBytes),
            Description = "Largest request body, 1KiB to 256MiB; a longer one is answered 413. Suffixes: KiB, MiB, GiB, kB, MB, GB.",
            Read = static (string text, ref ServerOptions draft) =>
            {
                string? problem = SettingText.Size(text, 1024, 256 * 1024 * 1024, out int value);
                draft = problem is null ? draft with { MaxBodyBytes = value } : draft;
                return problem;
            },
        },
        new()
        {
            Option = "--max-header-size",
            ValueName = "size",
            Default = SettingText.ShowSize(s_defaults.MaxHeadBytes),
            Description = "Largest request head (request line and all fields), 1KiB to 1MiB; a longer one is answered 431.",
            Read = static (string text, ref ServerOptions draft) =>
            {
                string? problem = SettingText.Size(text, 1024, 1024 * 1024, out int value);
                draft = problem is null ? draft with { MaxHeadBytes = value } : draft;
                return problem;
            },
        },
        Timeout(
            "--header-timeout",
            "From the first byte of a request to the end of its head, 100ms to 1h; then 408.",
            static o => o.HeaderTimeout,
            static (o, value) => o with { HeaderTimeout = value }),
        Timeout(
            "--body-timeout",
            "From the end of the head to the end of the body, 100ms to 1h; then 408.",
            static o => o.BodyTimeout,
            static (o, value) => o with { BodyTimeout = value }),
        Timeout(
            "--idle-timeout",
            "How long a connection stays open between requests, 100ms to 1h.",
            static o => o.IdleTimeout,
            static (o, value) => o with { IdleTimeout = value }),
        Timeout(
            "--write-timeout",
            "How long an answer waits for a client that takes none of it, 100ms to 1h; then the connection is closed.",
            static o => o.WriteTimeout,
            static (o, value) => o with { WriteTimeout = value }),
        new()
        {
            Option = "--drain-timeout",
            ValueName = "duration",
            Default = SettingText.ShowDuration(s_defaults.DrainTimeout),
            Description = "How long SIGTERM and SIGINT wait for requests in flight, 0s to 1h; a second signal stops at once.",
            Read = static (string text, ref ServerOptions draft) =>
            {
                string? problem = SettingText.Duration(text, TimeSpan.Zero, s_timeoutMax, out TimeSpan value);
                draft = problem is null ? draft with { DrainTimeout = value } : draft;
                return problem;
            },
        },
        new()
        {
            Option = "--trusted-proxies",
            ValueName = "cidr,...",
            Default = "none",
            Description = "Networks whose X-Forwarded-For is believed when a key is limited to addresses; comma-separated, or 'none'.",
            Read = static (string text, ref ServerOptions draft) =>
            {
                if (text == "none")
                {
                    draft = draft with { TrustedProxies = [] };
                    return null;
                }

                string? problem = SettingText.Networks(text, out List<IPNetwork> value);
                draft = problem is null ? draft with { TrustedProxies = value } : draft;
                return problem;
            },
        },
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
        new()
        {
            Option = "--ratelimit-max-buckets",
            ValueName = "count",
            Default = s_defaults.RatelimitMaxBuckets.ToString(),
            Description = "Rate-limit buckets that can be in use at once, 1024 to 268435456, rounded up to a power of two; 32 bytes each. A bucket that is full takes none.",
            Read = static (string text, ref ServerOptions draft) =>
            {
                string? problem = SettingText.Count(text, 1024, 268_435_456, out int value);
                draft = problem is null ? draft with { RatelimitMaxBuckets = value } : draft;
                return problem;
            },
        },
        new()
        {
            Option = "--events",
            ValueName = "true|false",
            Default = "true",
            Description = "Whether verifications and rate-limit decisions are recorded, in a file of the data directory or in ClickHouse.",
            Read = static (string text, ref ServerOptions draft) =>
            {
                string? problem = SettingText.Flag(text, out bool value);
                draft = problem is null ? draft with { Events = value } : draft;
                return problem;
            },
        },
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
        new()
        {
            Option = "--event-batch-size",
            ValueName = "count",
            Default = s_defaults.EventBatchSize.ToString(),
            Description = "Most events in one batch to the event store, 1 to 1000000.",
            Read = static (string text, ref ServerOptions draft) =>
            {
                string? problem = SettingText.Count(text, 1, 1_000_000, out int value);
                draft = problem is null ? draft with { EventBatchSize = value } : draft;
                return problem;
            },
        },
        new()
        {
            Option = "--event-batch-age",
            ValueName = "duration",
            Default = SettingText.ShowDuration(s_defaults.EventBatchAge),
            Description = "How long the first event of a batch waits for more, 10ms to 1m.",
            Read = static (string text, ref ServerOptions draft) =>
            {
                string? problem = SettingText.Duration(text, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1), out TimeSpan value);
                draft = problem is null ? draft with { EventBatchAge = value } : draft;
                return problem;
            },
        },
        new()
        {
            Option = "--event-spool-max",
            ValueName = "size",
            Default = SettingText.ShowSize(s_defaults.EventSpoolMaxBytes),
            Description = "Disk for batches that wait while the event store takes none, 1MiB to 1GiB; beyond it new events are dropped and counted.",
            Read = static (string text, ref ServerOptions draft) =>
            {
                string? problem = SettingText.Size(text, 1024 * 1024, 1024 * 1024 * 1024, out int value);
                draft = problem is null ? draft with { EventSpoolMaxBytes = value } : draft;
                return problem;
            },
        },
        new()
        {
            Option = "--event-retention",
            ValueName = "days",
            Default = s_defaults.EventRetentionDays.ToString(),
            Description = "Days that events and their sums by minute and hour are kept, 0 to 3650; 0 keeps them for ever.",
            Read = static (string text, ref ServerOptions draft) =>
            {
                string? problem = SettingText.Count(text, 0, 3650, out int value);
                draft = problem is null ? draft with { EventRetentionDays = value } : draft;
                return problem;
            },
        },
        new()
        {
            Option = "--log-format",
            ValueName = "auto|json|text",
            Default = "auto",
            Description = "Shape of the log on standard output: 'auto' is text on a terminal and JSON lines otherwise.",
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
        new()
        {
            Option = "--v1",
            ValueName = "true|false",
            Default = "false",
            IsFlag = true,
            Description = "Serves the old v1 API beside v2, for clients such as @unkey/api 0.x. Its verifyKey asks for no root key: whoever"
                + " presents a key learns what it may do. Without it, /v1/ answers 404.",
            Read = static (string text, ref ServerOptions draft) =>
            {
                string? problem = SettingText.Flag(text, out bool value);
                draft = problem is null ? draft with { V1 = value } : draft;
                return problem;
            },
        },
        new()
        {
            Option = "--api-reference",
            ValueName = "true|false",
            Default = "true",
            IsFlag = true,
            Description = "Serves /openapi.json and /reference at the API's address, without credentials; both tell of the API, not of what is stored.",
            Read = static (string text, ref ServerOptions draft) =>
            {
                string? problem = SettingText.Flag(text, out bool value);
                draft = problem is null ? draft with { ServesReference = value } : draft;
                return problem;
            },
        },
        new()
        {
            Option = "--test-mode",
            ValueName = "true|false",
            Default = "false",
            IsFlag = true,
            Description = "Lets a request of ratelimit.limit or multiLimit set its own time with X-Test-Time, 2024 to 2048. Refused unless --listen is a loopback address.",
            Read = static (string text, ref ServerOptions draft) =>
            {
                string? problem = SettingText.Flag(text, out bool value);
                draft = problem is null ? draft with { TestMode = value } : draft;
                return problem;
            },
        },
    ];

    /// <summary>Finds a setting by its option.</summary>
    /// <param name="option">The option with its dashes.</param>
    /// <returns>The setting, or <see langword="null"/>.</returns>
    public static Setting? Find(string option) => All.FirstOrDefault(setting => setting.Option == option);

    private static Setting Timeout(
        string option, string description, Func<ServerOptions, TimeSpan> get, Func<ServerOptions, TimeSpan, ServerOptions> set) => new()
        {
            Option = option,
            ValueName = "duration",
            Default = SettingText.ShowDuration(get(s_defaults)),
            Description = description,
            Read = (string text, ref ServerOptions draft) =>
            {
                string? problem = SettingText.Duration(text, s_timeoutMin, s_timeoutMax, out TimeSpan value);
                draft = problem is null ? set(draft, value) : draft;
                return problem;
            },
        };

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

    private static string? ReadSecretFile(string path, int charactersMax, out string text)
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
