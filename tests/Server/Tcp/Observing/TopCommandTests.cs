using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Observing;

/// <summary><c>unkey top</c> against a running server: a page, lines, and a terminal.</summary>
public sealed class TopCommandTests
{
    private const string Token = "token_of_an_operator_0123456789";

    [Fact]
    public async Task OncePrintsAPageOfWhatHappensMeanwhile()
    {
        using ServerProcess server = ServerProcess.Start();
        using ApiClient client = server.Client();
        string key = client.CreateKey(client.CreateApi()).Key;
        Task<CommandRun> run = Task.Run(() => CommandRun.Of(["top", "--once", "--interval", "1s", "--admin", $"127.0.0.1:{server.AdminPort}"]));
        while (!run.IsCompleted)
        {
            client.Verify(key);
        }

        CommandRun page = await run;
        Assert.Equal((0, ""), (page.ExitCode, page.Errors));
        Assert.DoesNotContain('\u001b', page.Output);
        string[] lines = page.Output.Split('\n');
        Assert.StartsWith("unkey ", lines[0], StringComparison.Ordinal);
        Assert.Contains($"  127.0.0.1:{server.AdminPort}  up 00:00:", lines[0], StringComparison.Ordinal);
        Assert.Contains(lines, static line => line.StartsWith("keys.verifyKey ", StringComparison.Ordinal) && line.EndsWith("valid 100.0%", StringComparison.Ordinal));
        Assert.Contains(lines, static line => line.StartsWith("keys.verifyKey ", StringComparison.Ordinal) && line.TrimEnd().EndsWith('s') && !line.Contains('%'));
        Assert.Contains(lines, static line => line.StartsWith("store        up, 2 keys", StringComparison.Ordinal));
        Assert.Contains(lines, static line => line.StartsWith("events       ", StringComparison.Ordinal) && line.EndsWith("store up", StringComparison.Ordinal));
    }

    [Fact]
    public void WithoutAServerOrItsTokenItSaysWhatIsMissing()
    {
        CommandRun away = CommandRun.Of(["top", "--once", "--admin", "127.0.0.1:9"]);
        Assert.Equal((1, ""), (away.ExitCode, away.Output));
        Assert.Contains("127.0.0.1:9", away.Errors, StringComparison.Ordinal);
        using ServerProcess server = ServerProcess.Start(new ServerSetup { Environment = [("UNKEY_ADMIN_TOKEN", Token)] });
        string[] once = ["top", "--once", "--interval", "100ms", "--admin", $"127.0.0.1:{server.AdminPort}"];
        CommandRun refused = CommandRun.Of(once);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("asks for the admin token: set UNKEY_ADMIN_TOKEN", refused.Errors, StringComparison.Ordinal);
        Assert.Equal(0, CommandRun.Of(once, ("UNKEY_ADMIN_TOKEN", Token)).ExitCode);
        CommandRun wrong = CommandRun.Of(["top", "--interval", "1ms", "--admin", "127.0.0.1:9"]);
        Assert.Equal(2, wrong.ExitCode);
        Assert.Contains("--interval: '1ms' is outside 100ms to 1h", wrong.Errors, StringComparison.Ordinal);
    }

    /// <summary>Into a pipe it writes lines, and goes on while the server is away and when it is back.</summary>
    [Fact]
    public async Task WithoutATerminalItWritesLinesAndOutlivesTheServer()
    {
        using ServerProcess first = ServerProcess.Start();
        int port = first.AdminPort;
        using Process top = Process.Start(CommandRun.StartInfo(ServerSetup.Program, ["top", "--interval", "100ms", "--admin", $"127.0.0.1:{port}"], []))!;
        top.StandardInput.Close();
        try
        {
            Assert.Contains(" requests/s=", top.StandardOutput.ReadLine(), StringComparison.Ordinal);
            first.Stop();
            Assert.Contains(" away: ", LineWith(top, " away: "), StringComparison.Ordinal);
            using ServerProcess second = ServerProcess.Start(new ServerSetup { Options = ["--admin", $"127.0.0.1:{port}"] });
            Assert.Contains(" store=up ", LineWith(top, " requests/s="), StringComparison.Ordinal);
            Signals.Terminate(top.Id);
            Task<string> rest = top.StandardOutput.ReadToEndAsync();
            Assert.True(top.WaitForExit(Poll.Deadline), "it ends when told to");
            Assert.Equal(0, top.ExitCode);
            Assert.DoesNotContain('\u001b', await rest);
        }
        finally
        {
            if (!top.HasExited)
            {
                top.Kill();
            }
        }
    }

    /// <summary>On a terminal of 40 columns: it takes the screen, cuts what does not fit, and gives the screen back on an interrupt.</summary>
    [Fact]
    public async Task OnATerminalItFitsAndRestoresTheScreen()
    {
        const string Script = "/usr/bin/script";
        Assert.True(File.Exists(Script), $"{Script} is missing; ./test installs it (Debian: bsdutils).");

        using ServerProcess server = ServerProcess.Start();
        string command = string.Join(' ', ServerSetup.Program.Select(static word => $"'{word}'")) + $" top --interval 100ms --admin 127.0.0.1:{server.AdminPort}";
        using Process terminal = Process.Start(CommandRun.StartInfo(
            [Script], ["-qec", $"stty cols 40 rows 12; timeout --foreground -s INT 3 {command}; echo ended with $?", "/dev/null"], [("TERM", "xterm")]))!;
        Task<string> errors = terminal.StandardError.ReadToEndAsync();
        string shown = terminal.StandardOutput.ReadToEnd();
        Assert.True(terminal.WaitForExit(Poll.Deadline), "it ends");
        Assert.Equal("", await errors);

        // 124 is what timeout says of its signal; the program itself ended in order, or its last words would be missing.
        Assert.Contains("\u001b[?25h\u001b[?1049lended with 124", shown, StringComparison.Ordinal);
        int begin = shown.IndexOf("\u001b[?1049h\u001b[?25l", StringComparison.Ordinal);
        Assert.True(begin >= 0, "it takes the screen");
        string[] frames = shown[begin..].Split("\u001b[H");
        Assert.True(frames.Length > 3, "it renews the page");
        Assert.Contains("OPERATION", frames[^1], StringComparison.Ordinal);
        foreach (string line in frames.Skip(1).SelectMany(static frame => frame.Split("\r\n")))
        {
            string text = System.Text.RegularExpressions.Regex.Replace(line, "\u001b\\[[?0-9;]*[a-zA-Z]|\r", "");
            Assert.True(text.StartsWith("ended", StringComparison.Ordinal) || text.Length <= 40 || text.Contains("ended with", StringComparison.Ordinal), $"'{text}' has {text.Length} columns");
        }

        Assert.All(frames.Skip(1), static frame => Assert.InRange(frame.Split("\r\n").Length, 1, 13));
    }

    private static string LineWith(Process process, string part)
    {
        // BOUND: the lines come every 100 ms, and the process ends with the test.
        string line;
        do
        {
            line = process.StandardOutput.ReadLine() ?? throw new EndOfStreamException($"No line with '{part}'.");
        }
        while (!line.Contains(part, StringComparison.Ordinal));
        return line;
    }
}
