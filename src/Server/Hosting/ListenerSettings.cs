using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Net;

namespace Unkey.Server.Hosting;

/// <summary>The settings about where the server listens and about the threads that serve what comes. Immutable; any thread.</summary>
internal static class ListenerSettings
{
    /// <summary>The word that stands for peers of Unix sockets among the trusted proxies.</summary>
    private const string UnixPeers = "unix";

    private static readonly ServerOptions s_defaults = new();

    /// <summary>Where the server listens.</summary>
    public static IReadOnlyList<Setting> Addresses { get; } =
    [
        new()
        {
            Option = "--listen",
            ValueName = "address,...",
            Default = ListenAddress.Show(s_defaults.Listen),
            IsList = true,
            Description = $"Addresses of the API, up to {ListenAddress.CountMax}, comma-separated or one an option: 'host:port' (an IPv6 host stands in brackets; port 0 lets the"
                + " system choose one), 'unix:/path' or 'unix:@name' (an abstract name, Linux).",
            Read = static (string text, ref ServerOptions draft) =>
            {
                string? problem = ListenAddress.ReadList(text, out IReadOnlyList<EndPoint> value);
                draft = problem is null ? draft with { Listen = value } : draft;
                return problem;
            },
        },
        new()
        {
            Option = "--unix-socket-mode",
            ValueName = "octal",
            Default = ShowMode(s_defaults.UnixSocketMode),
            Description = "Permissions of the files of Unix sockets, 0000 to 0777: who may write may connect.",
            Read = static (string text, ref ServerOptions draft) =>
            {
                string? problem = ReadMode(text, out UnixFileMode value);
                draft = problem is null ? draft with { UnixSocketMode = value } : draft;
                return problem;
            },
        },
        new()
        {
            Option = "--admin",
            ValueName = "address|off",
            Default = ListenAddress.Show(s_defaults.Admin!),
            Description = "Address of /metrics and /health, 'host:port' or 'unix:/path'; 'off' disables it. An address that other machines can reach needs --admin-token.",
            Read = static (string text, ref ServerOptions draft) =>
            {
                if (text == "off")
                {
                    draft = draft with { Admin = null };
                    return null;
                }

                string? problem = ListenAddress.Read(text, out EndPoint value);
                draft = problem is null ? draft with { Admin = value } : draft;
                return problem is null ? null : problem + ", nor 'off'";
            },
        },
    ];

    /// <summary>The threads that serve.</summary>
    public static IReadOnlyList<Setting> Reactors { get; } =
    [
        SettingKinds.Count(
            "--threads",
            "count",
            (1, ServerSettings.ThreadsMax),
            $"Reactor threads, 1 to {ServerSettings.ThreadsMax}. Each owns its share of the connections.",
            static o => o.Threads,
            static (o, value) => o with { Threads = value },
            shownDefault: "number of cores"),
        new()
        {
            Option = "--reactor-cores",
            ValueName = "list|off",
            Default = "off",
            Description = "Cores that the reactors are pinned to, one each, such as 0,2,4-7 (Linux). Without --threads there are as many reactors as cores. See docs/operations.md.",
            Read = static (string text, ref ServerOptions draft) =>
            {
                if (text == "off")
                {
                    return null;
                }

                string? problem = ReadCores(text, out List<int> value);
                draft = problem is null ? draft with { ReactorCores = value } : draft;
                return problem;
            },
        },
        SettingKinds.Duration(
            "--busy-poll",
            (TimeSpan.Zero, TimeSpan.FromSeconds(1)),
            "How long a reactor that has just served looks for more before it sleeps, 0 to 1s, such as 50us: saves the time of waking up and costs the core for so long."
                + " See docs/operations.md.",
            static o => o.BusyPoll,
            static (o, value) => o with { BusyPoll = value }),
    ];

    /// <summary>Whose word about others is believed.</summary>
    public static Setting TrustedProxies { get; } = new()
    {
        Option = "--trusted-proxies",
        ValueName = "cidr,...",
        Default = "none",
        Description = "Networks whose X-Forwarded-For is believed when a key is limited to addresses; comma-separated, 'unix' for whoever connects to a Unix socket, or 'none'.",
        Read = static (string text, ref ServerOptions draft) =>
        {
            if (text == "none")
            {
                draft = draft with { TrustedProxies = [], TrustsUnixPeers = false };
                return null;
            }

            string[] parts = text.Split(',', StringSplitOptions.TrimEntries);
            string? problem = SettingText.Networks(string.Join(',', Array.FindAll(parts, static part => part != UnixPeers)), out List<IPNetwork> value);
            draft = problem is null ? draft with { TrustedProxies = value, TrustsUnixPeers = Array.Exists(parts, static part => part == UnixPeers) } : draft;
            return problem;
        },
    };

    private static string? ReadMode(string text, out UnixFileMode mode)
    {
        int value = 0;
        mode = UnixFileMode.None;
        if (text.Length is 0 or > 4)
        {
            return "is not an octal mode such as 0660";
        }

        foreach (char digit in text)
        {
            if (digit is < '0' or > '7')
            {
                return "is not an octal mode such as 0660";
            }

            value = (value * 8) + (digit - '0');
        }

        mode = (UnixFileMode)value;
        return value > 0x1FF ? "is outside 0000 to 0777" : null;
    }

    private static string ShowMode(UnixFileMode mode) => "0" + Convert.ToString((int)mode, 8);

    private static string? ReadCores(string text, out List<int> cores)
    {
        const string Form = "is not a list of cores such as 0,2,4-7";
        const int CoreMax = 8191; // Beyond what any kernel is built for; CoreAffinity has room for it.
        cores = [];
        if (!OperatingSystem.IsLinux())
        {
            return "needs Linux; leave it out";
        }

        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            int dash = part.IndexOf('-');
            if (!TryCore(dash < 0 ? part : part[..dash], out int first) || !TryCore(dash < 0 ? part : part[(dash + 1)..], out int last) || last < first)
            {
                return Form;
            }

            if (last > CoreMax || cores.Count + last - first >= ServerSettings.ThreadsMax)
            {
                return $"names cores above {CoreMax}, or more than {ServerSettings.ThreadsMax} of them";
            }

            for (int core = first; core <= last; core++)
            {
                if (cores.Contains(core))
                {
                    return $"names core {core} twice";
                }

                cores.Add(core);
            }
        }

        return null;

        static bool TryCore(string digits, out int core) => int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out core);
    }
}
