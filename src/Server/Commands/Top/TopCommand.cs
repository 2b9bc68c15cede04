using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Net;
using System.Runtime.InteropServices;
using System.Threading;
using Unkey.Server.Hosting;

namespace Unkey.Server.Commands.Top;

/// <summary><c>unkey top</c>: what a running server does, from its metrics: a page that renews itself on a terminal, lines elsewhere.</summary>
internal sealed class TopCommand
{
    private const string TokenVariable = "UNKEY_ADMIN_TOKEN";
    private const string TokenFileVariable = "UNKEY_ADMIN_TOKEN_FILE";

    private static readonly TimeSpan s_intervalMin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_intervalMax = TimeSpan.FromHours(1);

    private readonly CommandContext _context;

    private readonly Option<string> _admin = new("--admin")
    {
        HelpName = "address",
        Description = "Admin address of the running server, as its own --admin has it: host:port or unix:/path. [env: UNKEY_ADMIN] [default: 127.0.0.1:9090]",
    };

    private readonly Option<string> _url = new("--url")
    {
        HelpName = "url",
        Description = "The same as a URL, for servers behind a proxy: http, https, or the Unix socket, as in unix:/run/unkey/admin.sock. In place of --admin.",
    };

    private readonly Option<string> _tokenFile = new("--admin-token-file")
    {
        HelpName = "file",
        Description = $"File that holds the server's admin token in its first line. The token itself comes from {TokenVariable}. [env: {TokenFileVariable}]",
    };

    private readonly Option<string> _interval = new("--interval")
    {
        HelpName = "duration",
        Description = "Time between two readings, 100ms to 1h; the figures are of that time. [default: 2s]",
    };

    private readonly Option<bool> _once = new("--once") { Description = "Prints one page as plain text and ends: exit code 0, or 1 when the server does not answer." };

    private TopCommand(CommandContext context) => _context = context;

    /// <summary>The command for the parser.</summary>
    /// <param name="context">Where the command reads and writes.</param>
    /// <returns>A new command.</returns>
    public static Command Build(CommandContext context)
    {
        TopCommand top = new(context);
        Command command = new("top", "Shows what a running server does: requests, latency, connections, events, memory. Reads /metrics of its admin listener.");
        command.Options.Add(top._admin);
        command.Options.Add(top._url);
        command.Options.Add(top._tokenFile);
        command.Options.Add(top._interval);
        command.Options.Add(top._once);
        command.SetAction(result => CommandRunner.Run(context, () => top.Run(result)));
        return command;
    }

    private int Run(ParseResult result)
    {
        ServerUrl url = Url(result);
        TimeSpan interval = Interval(result);
        using ApiClient client = new(url, Token(result));
        if (result.GetValue(_once))
        {
            return Once(client, url, interval);
        }

        using ManualResetEventSlim stop = new();
        using AutoResetEvent wake = new(false);
        using PosixSignalRegistration interrupt = OnSignal(PosixSignal.SIGINT);
        using PosixSignalRegistration terminate = OnSignal(PosixSignal.SIGTERM);
        using PosixSignalRegistration hangUp = OnSignal(PosixSignal.SIGHUP);
        if (Console.IsOutputRedirected || _context.Variable("TERM") is null or "dumb")
        {
            Lines(client, url, interval, stop, wake);
        }
        else
        {
            using PosixSignalRegistration? resize = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => wake.Set());
            using TopScreen screen = new(_context.Output, _context.Variable("NO_COLOR") is null, Size);
            Pages(screen, client, url, interval, stop, wake);
        }

        return ExitCode.Ok;

        PosixSignalRegistration OnSignal(PosixSignal signal) => PosixSignalRegistration.Create(signal, received =>
        {
            // The process ends by itself, with the terminal as it was.
            received.Cancel = true;
            stop.Set();
            wake.Set();
        });
    }

    private int Once(ApiClient client, ServerUrl url, TimeSpan interval)
    {
        Reading before = Read(client, url);
        using ManualResetEventSlim pause = new();
        pause.Wait(interval);
        Reading now = Read(client, url);
        foreach (string line in (IEnumerable<string>)[Title(url, interval, now), "", .. TopText.Page(now.Since(before))])
        {
            _context.Output.WriteLine(line.TrimStart(TopText.Heading).TrimEnd());
        }

        return ExitCode.Ok;
    }

    private void Lines(ApiClient client, ServerUrl url, TimeSpan interval, ManualResetEventSlim stop, AutoResetEvent wake)
    {
        Reading? last = null;
        while (!stop.IsSet)
        {
            string time = Time();
            try
            {
                Reading now = Read(client, url);
                if (last is not null)
                {
                    _context.Output.WriteLine($"{time} {TopText.Line(now.Since(last))}");
                }

                last = now;
            }
            catch (CommandException e)
            {
                // The figures after it are of one interval again.
                last = null;
                _context.Output.WriteLine($"{time} away: {e.Message}");
            }

            _context.Output.Flush();
            wake.WaitOne(interval);
        }
    }

    private static void Pages(TopScreen screen, ApiClient client, ServerUrl url, TimeSpan interval, ManualResetEventSlim stop, AutoResetEvent wake)
    {
        Reading? last = null;
        IReadOnlyList<string> page = ["", "The first figures come after one interval."];
        string title = $"{TopText.Heading}unkey top  {Name(url)}";
        string state = "";
        long readAt = 0;
        while (!stop.IsSet)
        {
            // A change of size wakes too; then what is there is shown again.
            if (readAt == 0 || Stopwatch.GetElapsedTime(readAt) >= interval)
            {
                readAt = Stopwatch.GetTimestamp();
                try
                {
                    Reading now = Read(client, url);
                    title = TopText.Heading + Title(url, interval, now);
                    page = last is null ? page : ["", .. TopText.Page(now.Since(last))];
                    last = now;
                    state = "";
                }
                catch (CommandException e)
                {
                    last = null;
                    state = $"{Time()} The server is away, trying again: {e.Message}";
                }
            }

            screen.Show(state.Length == 0 ? [title, .. page] : [title, state, .. page]);
            TimeSpan left = interval - Stopwatch.GetElapsedTime(readAt);
            wake.WaitOne(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }
    }

    private static (int Columns, int Rows) Size()
    {
        const int Columns = 80;
        const int Rows = 24;
        try
        {
            return Console.WindowWidth > 0 && Console.WindowHeight > 0 ? (Console.WindowWidth, Console.WindowHeight) : (Columns, Rows);
        }
        catch (IOException)
        {
            return (Columns, Rows);
        }
    }

    private static string Time() => DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    private static string Title(ServerUrl url, TimeSpan interval, Reading reading)
    {
        IReadOnlyList<MetricSample> builds = reading.Metrics.Of("unkey_build_info");
        string version = builds.Count == 0 ? "" : TextSafety.Escape(builds[0]["version"]);
        TimeSpan up = DateTime.UtcNow - DateTime.UnixEpoch.AddSeconds(reading.Metrics.Sum("process_start_time_seconds"));
        return $"unkey {version}  {Name(url)}  up {TopText.Uptime(up)}  over {SettingText.ShowDuration(interval)}  {Time()}";
    }

    private static Reading Read(ApiClient client, ServerUrl url)
    {
        (int status, string body) = client.Get();
        return status switch
        {
            200 => new Reading(MetricText.Read(body), Stopwatch.GetTimestamp()),
            401 => throw new CommandException($"{Name(url)} asks for the admin token: set {TokenVariable} or {TokenFileVariable}, or give --admin-token-file", ExitCode.Failed),
            _ => throw new CommandException($"{url} answered {status}; is that the admin address?", ExitCode.Failed),
        };
    }

    private ServerUrl Url(ParseResult result)
    {
        if (result.GetValue(_url) is { } given)
        {
            ServerUrl url = ServerUrl.Read(given)
                ?? throw new CommandException($"--url: '{TextSafety.Escape(given)}' is not an address such as http://127.0.0.1:9090 or unix:/run/unkey/admin.sock", ExitCode.Usage);
            return url.Url.AbsolutePath == "/" ? url.At("/metrics") : url;
        }

        string text = result.GetValue(_admin) ?? _context.Variable("UNKEY_ADMIN") ?? ListenAddress.Show(new ServerOptions().Admin!);
        return ListenAddress.Read(text, out EndPoint address) is { } problem
            ? throw new CommandException($"--admin: '{TextSafety.Escape(text)}' {problem}", ExitCode.Usage)
            : ServerUrl.Of(address, Uri.UriSchemeHttp).At("/metrics");
    }

    private static string Name(ServerUrl url) => url.Socket is null ? url.Url.Authority : url.Server;

    private TimeSpan Interval(ParseResult result)
    {
        if (result.GetValue(_interval) is not { } text)
        {
            return TimeSpan.FromSeconds(2);
        }

        return SettingText.Duration(text, s_intervalMin, s_intervalMax, out TimeSpan value) is { } problem
            ? throw new CommandException($"--interval: '{TextSafety.Escape(text)}' {problem}", ExitCode.Usage)
            : value;
    }

    private string? Token(ParseResult result)
    {
        string? file = result.GetValue(_tokenFile) ?? (_context.Variable(TokenVariable) is null ? _context.Variable(TokenFileVariable) : null);
        if (file is null)
        {
            return _context.Variable(TokenVariable);
        }

        if (ServerSettings.ReadSecretFile(file, ServerSettings.RootKeyCharactersMax + 2, out string text) is { } problem)
        {
            throw new CommandException("the admin token file " + problem, ExitCode.Failed);
        }

        int end = text.AsSpan().IndexOfAny('\r', '\n');
        return end < 0 ? text : text[..end];
    }

    // One reading, with the moment it was taken.
    private sealed record Reading(MetricText Metrics, long At)
    {
        public TopFigures Since(Reading before) => new(before.Metrics, Metrics, Stopwatch.GetElapsedTime(before.At, At).TotalSeconds);
    }
}
