using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using Unkey.Server.Diagnostics.Otlp;
using Unkey.Server.Events.Outlets;

namespace Unkey.Server.Hosting;

/// <summary>Turns the command line and the environment into checked <see cref="ServerOptions"/>, or into the list of all that is wrong.</summary>
/// <remarks>Used once, on the main thread, before anything is opened.</remarks>
internal static class ServerOptionsReader
{
    private const string RootKeyOption = "--root-key";
    private const string EncryptionKeyOption = "--encryption-key";
    private const string AdminTokenOption = "--admin-token";
    private const string ThreadsOption = "--threads";
    private const string FileSuffix = "-file";

    /// <summary>Reads every setting: the command line wins over the environment, the environment over the default.</summary>
    /// <param name="commandLine">The value that an option has on the command line, or <see langword="null"/> when it was not given.</param>
    /// <param name="environment">The value of an environment variable, or <see langword="null"/>. An empty variable counts as not set.</param>
    /// <param name="problems">Receives one line for each value that cannot be used.</param>
    /// <returns>The options; to be used only when no problem was added.</returns>
    public static ServerOptions Read(Func<Setting, string?> commandLine, Func<string, string?> environment, List<string> problems)
    {
        int before = problems.Count;
        ServerOptions draft = new();
        Dictionary<string, string> secretSources = new(StringComparer.Ordinal);
        List<string> secretsOnCommandLine = [];
        bool hasThreads = false;
        foreach (Setting setting in ServerSettings.All)
        {
            string source = setting.Option;
            string? text = commandLine(setting);
            bool onCommandLine = text is not null;
            if (!onCommandLine)
            {
                source = setting.EnvironmentName;
                text = environment(source);
                if (string.IsNullOrEmpty(text))
                {
                    continue;
                }
            }

            if (SecretOf(setting) is { } secret)
            {
                // The two are one setting in two forms, so the command line wins over the environment across both.
                if (!onCommandLine
                    && (commandLine(ServerSettings.Find(secret)!) ?? commandLine(ServerSettings.Find(secret + FileSuffix)!)) is not null)
                {
                    continue;
                }

                if (!secretSources.TryAdd(secret, source))
                {
                    string what = secret switch { RootKeyOption => "a root key", AdminTokenOption => "an admin token", _ => "encryption keys" };
                    problems.Add($"{secretSources[secret]} and {source} both give {what}; keep one");
                    continue;
                }
            }

            hasThreads |= setting.Option == ThreadsOption;
            if (onCommandLine && setting.IsSecret)
            {
                secretsOnCommandLine.Add(setting.Option);
            }

            if (setting.Read(text!, ref draft) is { } problem)
            {
                problems.Add(setting.Describe(source, text!, problem));
            }
        }

        draft = draft with { Otlp = OtlpOptions.Read(environment, problems) };
        if (secretsOnCommandLine.Count > 0)
        {
            draft = draft with { SecretsOnCommandLine = secretsOnCommandLine };
        }

        if (draft.ReactorCores.Count > 0 && !hasThreads)
        {
            draft = draft with { Threads = draft.ReactorCores.Count };
        }

        if (problems.Count == before)
        {
            CheckTogether(draft, problems);
        }

        return draft;
    }

    // The option of a secret that is given as it is or as the name of a file that holds it.
    private static string? SecretOf(Setting setting) => setting.Option switch
    {
        RootKeyOption or (RootKeyOption + FileSuffix) => RootKeyOption,
        EncryptionKeyOption or (EncryptionKeyOption + FileSuffix) => EncryptionKeyOption,
        AdminTokenOption or (AdminTokenOption + FileSuffix) => AdminTokenOption,
        _ => null,
    };

    // Rules over several settings; looked at only when each one is good by itself, so that no problem is told twice.
    private static void CheckTogether(ServerOptions options, List<string> problems)
    {
        if (options.TlsCertificate is not null != options.TlsKey is not null)
        {
            problems.Add(options.TlsKey is null
                ? "--tls-cert: needs the certificate's private key in --tls-key (the same file when it holds both); give both or neither"
                : "--tls-key: needs its certificate in --tls-cert; give both or neither");
        }

        if (options.Tls is not null && options.Listen.All(static address => address is UnixDomainSocketEndPoint))
        {
            problems.Add("--tls-cert: Unix sockets speak plain HTTP, and --listen names nothing else; add a TCP address or leave out the certificate");
        }

        if (options.TlsClientCa is not null && options.TlsCertificate is null)
        {
            problems.Add("--tls-client-ca: asks clients for certificates in the TLS handshake, and there is none without --tls-cert and --tls-key; give all three");
        }

        if (options.TestMode && options.Listen.FirstOrDefault(static address => !ListenAddress.IsLocal(address)) is IPEndPoint reachable)
        {
            problems.Add($"--test-mode: lets every client set the time, so --listen must be a loopback address such as 127.0.0.1:{reachable.Port}, not {reachable}");
        }

        if (options.ReactorCores.Count > 0 && options.ReactorCores.Count != options.Threads)
        {
            problems.Add($"--reactor-cores: names {options.ReactorCores.Count} cores for the {options.Threads} threads of --threads; each reactor needs one of its own");
        }

        if (!options.Events && options.RequestLog.IsOn)
        {
            problems.Add("--request-log: requests are recorded as events, and --events=false records none; leave out one of the two");
        }

        if (!options.Events && options.EventOutlet != OutletKind.None)
        {
            problems.Add("--event-sink: there is nothing to write with --events=false; leave out one of the two");
        }

        if (!options.Events && options.Durability == DurabilityKind.Strict)
        {
            problems.Add("--durability: 'strict' waits until events are on the disk, and --events=false records none; leave out one of the two");
        }

        if (options.EventFile is not null && options.EventOutlet != OutletKind.File)
        {
            problems.Add("--event-file: is written by --event-sink file alone; give both or neither");
        }

        if (options.Admin is { } admin && !ListenAddress.IsLocal(admin) && options.AdminTokenHash is null)
        {
            problems.Add($"--admin: {admin} can be reached from other machines, so it needs --admin-token-file (or UNKEY_ADMIN_TOKEN); or choose a loopback address, or 'off'");
        }

        if (options.Admin is { } taken && options.Listen.Any(address => ListenAddress.Collide(taken, address)))
        {
            problems.Add($"--admin: {ListenAddress.Show(taken)} is also the address of --listen");
        }
    }
}
