using System;
using System.Collections.Generic;
using System.Security.Cryptography;
using System.Text;

namespace Unkey.Server.Hosting;

/// <summary>The settings of what the server tells about itself; part of <see cref="ServerSettings.All"/>. Immutable; any thread.</summary>
internal static class ObservingSettings
{
    /// <summary>Who may read the admin listener.</summary>
    public static IReadOnlyList<Setting> Admin { get; } =
    [
        new()
        {
            Option = "--admin-token",
            ValueName = "secret",
            Default = null,
            IsSecret = true,
            Description = $"Bearer token that everything on the admin listener but /health asks for, {ServerSettings.RootKeyCharactersMin} to {ServerSettings.RootKeyCharactersMax}"
                + " printable ASCII characters. Required when --admin is no loopback address. Prefer the environment or --admin-token-file: every local user can read a command line.",
            Read = static (string text, ref ServerOptions draft) => ReadToken(text, ref draft),
        },
        new()
        {
            Option = "--admin-token-file",
            ValueName = "file",
            Default = null,
            Description = "File that holds that token in its first line, such as a mounted secret.",
            Read = static (string path, ref ServerOptions draft) =>
            {
                if (ServerSettings.ReadSecretFile(path, ServerSettings.RootKeyCharactersMax + 2, out string text) is { } unreadable)
                {
                    return unreadable;
                }

                int end = text.AsSpan().IndexOfAny('\r', '\n');
                string? problem = ReadToken(end < 0 ? text : text[..end], ref draft);
                return problem is null ? null : "does not hold a token: " + problem;
            },
        },
    ];

    /// <summary>What is told of requests.</summary>
    public static IReadOnlyList<Setting> Requests { get; } =
    [
        new()
        {
            Option = "--slow-request",
            ValueName = "duration|off",
            Default = "off",
            Description = "Logs each request of the API that took this long or longer in the server, 1ms to 1h: its operation, status, time and request id; at most ten a"
                + " second, the others are counted.",
            Read = static (string text, ref ServerOptions draft) =>
            {
                if (text == "off")
                {
                    draft = draft with { SlowRequest = TimeSpan.Zero };
                    return null;
                }

                string? problem = SettingText.Duration(text, TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1), out TimeSpan value);
                draft = problem is null ? draft with { SlowRequest = value } : draft;
                return problem is null ? null : problem + ", nor 'off'";
            },
        },
        SettingKinds.Flag(
            "--server-timing",
            "Gives every answer the field Server-Timing: 'total;dur=' and the milliseconds that the server had the request. It tells clients, and whoever they show it to, how"
                + " long a decision takes.",
            static o => o.ServerTiming,
            static (o, value) => o with { ServerTiming = value }),
    ];

    private static string? ReadToken(string text, ref ServerOptions draft)
    {
        if (text.Length is < ServerSettings.RootKeyCharactersMin or > ServerSettings.RootKeyCharactersMax)
        {
            return $"a token has {ServerSettings.RootKeyCharactersMin} to {ServerSettings.RootKeyCharactersMax} characters, this one has {text.Length}";
        }

        if (text.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            return "a token consists of printable ASCII characters without blanks";
        }

        draft = draft with { AdminTokenHash = SHA256.HashData(Encoding.ASCII.GetBytes(text)) };
        return null;
    }
}
