using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Text.Json;
using System.Threading;
using Unkey.Server.Tests.Tcp.Harness;
using Unkey.Tests.Support;
using Xunit.Sdk;

namespace Unkey.Server.Tests.Tcp.Events;

/// <summary>The real ClickHouse engine in a process of its own (tests/clickhouse), which a test can make fail.</summary>
internal sealed class ClickHouseServer : IDisposable
{
    private static readonly TimeSpan s_installDeadline = TimeSpan.FromMinutes(5);

    private static readonly Lock s_installing = new();

    private readonly Process _process;
    private readonly HttpClient _http;

    public ClickHouseServer(string directory)
    {
        string home = Path.Combine(RepositoryPaths.Root, "tests", "clickhouse");
        Install(home);
        Directory.CreateDirectory(directory);
        _process = Process.Start(new ProcessStartInfo("node", [Path.Combine(home, "server.mjs"), directory]) { RedirectStandardOutput = true })!;
        string line = _process.StandardOutput.ReadLine() ?? throw new XunitException("The ClickHouse engine does not start.");
        using JsonDocument ready = JsonDocument.Parse(line);
        Port = ready.RootElement.GetProperty("port").GetInt32();
        _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{Port}/") };
    }

    public int Port { get; }

    /// <summary>Value of <c>--clickhouse</c>.</summary>
    public string Address(string database) => $"http://writer:a_password_of_the_tests@127.0.0.1:{Port}/{database}";

    /// <summary>Makes the next inserts fail, in one of the ways that tests/clickhouse/server.mjs tells.</summary>
    /// <param name="kind">How.</param>
    /// <param name="times">How many.</param>
    /// <param name="text">Only those whose rows contain this text.</param>
    public void Fail(string kind, int times, string text = "") =>
        _http.PostAsync($"/fault?kind={kind}&times={times}&text={Uri.EscapeDataString(text)}", null).GetAwaiter().GetResult().EnsureSuccessStatusCode();

    /// <summary>The first column of every row, as text.</summary>
    public string[] Texts(string database, string sql)
    {
        using HttpResponseMessage answer = _http.PostAsync($"/?database={database}", new StringContent(sql + " FORMAT JSONCompact")).GetAwaiter().GetResult();
        string text = answer.Content.ReadAsStringAsync().GetAwaiter().GetResult();
        if (!answer.IsSuccessStatusCode)
        {
            throw new XunitException($"{sql}: {text}");
        }

        using JsonDocument document = JsonDocument.Parse(text);
        return [.. document.RootElement.GetProperty("data").EnumerateArray().Select(static row => row[0].ToString())];
    }

    /// <summary>Runs a statement without a result.</summary>
    public void Execute(string database, string sql) => _http.PostAsync($"/?database={database}", new StringContent(sql)).GetAwaiter().GetResult().EnsureSuccessStatusCode();

    /// <summary>One number; 0 for none.</summary>
    public long Number(string database, string sql) => Texts(database, sql) is [{ Length: > 0 } text, ..] ? long.Parse(text) : 0;

    /// <summary>Stops the process, so that it answers nothing and takes no connection off the queue; and lets it go on.</summary>
    public void Pause() => Signals.Stop(_process.Id);

    public void Resume() => Signals.Continue(_process.Id);

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _http.Dispose();
    }

    // Classes run side by side, and npm makes the folders long before it is done; what it makes last is its own list of them.
    private static void Install(string home)
    {
        lock (s_installing)
        {
            if (!File.Exists(Path.Combine(home, "node_modules", ".package-lock.json")))
            {
                RunNpm(home);
            }
        }
    }

    private static void RunNpm(string home)
    {
        // No lock file: it would have to name the engines of all platforms, and a registry that mirrors one has no others. The version is exact.
        using Process npm = Process.Start(
            new ProcessStartInfo("npm", ["install", "--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]) { WorkingDirectory = home })!;
        if (!npm.WaitForExit(s_installDeadline) || npm.ExitCode != 0)
        {
            throw new XunitException("npm cannot install the ClickHouse engine of tests/clickhouse.");
        }
    }
}
