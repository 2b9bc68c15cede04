using System;
using System.Collections.Generic;
using System.Net;

namespace Unkey.Server.Hosting;

/// <summary>Turns the command line and the environment into checked <see cref="ServerOptions"/>, or into the list of all that is wrong.</summary>
/// <remarks>Used once, on the main thread, before anything is opened.</remarks>
internal static class ServerOptionsReader
{
    private const string RootKeyOption = "--root-key";
    private const string RootKeyFileOption = "--root-key-file";

    private static readonly Setting s_rootKey = ServerSettings.Find(RootKeyOption)!;
    private static readonly Setting s_rootKeyFile = ServerSettings.Find(RootKeyFileOption)!;

    /// <summary>Reads every setting: the command line wins over the environment, the environment over the default.</summary>
    /// <param name="commandLine">The value that an option has on the command line, or <see langword="null"/> when it was not given.</param>
    /// <param name="environment">The value of an environment variable, or <see langword="null"/>. An empty variable counts as not set.</param>
    /// <param name="problems">Receives one line for each value that cannot be used.</param>
    /// <returns>The options; to be used only when no problem was added.</returns>
    public static ServerOptions Read(Func<Setting, string?> commandLine, Func<string, string?> environment, List<string> problems)
    {
        int before = problems.Count;
        ServerOptions draft = new();
        string? rootKeySource = null;
        bool rootKeyOnCommandLine = false;
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

            if (setting.Option is RootKeyOption or RootKeyFileOption)
            {
                // The two are one setting in two forms, so the command line wins over the environment across both.
                if (!onCommandLine && (commandLine(s_rootKey) ?? commandLine(s_rootKeyFile)) is not null)
                {
                    continue;
                }

                if (rootKeySource is not null)
                {
                    problems.Add($"{rootKeySource} and {source} both give a root key; keep one");
                    continue;
                }

                rootKeySource = source;
                rootKeyOnCommandLine = onCommandLine && setting.IsSecret;
            }

            if (setting.Read(text!, ref draft) is { } problem)
            {
                problems.Add(setting.Describe(source, text!, problem));
            }
        }

        draft = draft with { RootKeyOnCommandLine = rootKeyOnCommandLine };
        if (problems.Count == before)
        {
            CheckTogether(draft, problems);
        }

        return draft;
    }

    // Rules over several settings; looked at only when each one is good by itself, so that no problem is told twice.
    private static void CheckTogether(ServerOptions options, List<string> problems)
    {
        if (options.TestMode && !IPAddress.IsLoopback(options.Listen.Address))
        {
            problems.Add($"--test-mode: lets every client set the time, so --listen must be a loopback address such as 127.0.0.1:{options.Listen.Port}, not {options.Listen}");
        }

        if (options.Admin is { Port: not 0 } admin && admin.Port == options.Listen.Port && Overlap(admin.Address, options.Listen.Address))
        {
            problems.Add($"--admin: {admin} is also the address of --listen");
        }
    }

    private static bool Overlap(IPAddress a, IPAddress b) => a.Equals(b) || IsAny(a) || IsAny(b);

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
}
