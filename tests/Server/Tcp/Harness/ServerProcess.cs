using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Threading;
using Xunit.Sdk;

namespace Unkey.Server.Tests.Tcp.Harness;

/// <summary>A running server: a child process of its own, as a user would start it. Safe to use from several threads.</summary>
internal sealed class ServerProcess : IDisposable
{
    private const string UnixPrefix = "unix:";

    private readonly Process _process;
    private readonly ServerSetup _setup;
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private readonly List<string> _outputLines = [];
    private readonly List<string> _secrets = [];
    private readonly List<Thread> _readers = [];
    private readonly bool _ownsData;
    private readonly string? _ownSocket;
    private volatile string? _socketPath;
    private int _port;
    private int _adminPort;
    private volatile bool _isReady;
    private bool _terminated;
    private bool _ended;

    private ServerProcess(ServerSetup setup)
    {
        _setup = setup;
        _ownsData = setup.DataDirectory is null;
        DataDirectory = setup.DataDirectory ?? Directory.CreateTempSubdirectory("unkey-test-").FullName;
        bool overUnix = ServerSetup.OverUnix && setup.Tls is null;
        _ownSocket = overUnix ? Path.Combine(Path.GetTempPath(), $"unkey-test-{Guid.NewGuid():N}.sock") : null;
        (string Option, string Value)[] usual =
        [
            ("--listen", overUnix ? $"127.0.0.1:0,unix:{_ownSocket}" : "127.0.0.1:0"),
            ("--admin", "127.0.0.1:0"), ("--data", DataDirectory), ("--transport", ServerSetup.Transport), ("--log-format", "json"),
        ];
        List<string> arguments =
        [
            "serve", .. usual.Where(pair => !setup.Options.Contains(pair.Option)).SelectMany(static pair => (string[])[pair.Option, pair.Value]), .. setup.Options,
        ];
        List<(string, string)> environment = [.. setup.Environment];
        if (setup.RootKey is not null)
        {
            environment.Add(("UNKEY_ROOT_KEY", setup.RootKey));
            AddSecret(setup.RootKey);
        }

        IReadOnlyList<string> program = setup.Shell is null
            ? ServerSetup.Program : [.. setup.ShellPrefix, "sh", "-c", setup.Shell, "sh", .. ServerSetup.Program];
        _process = Process.Start(CommandRun.StartInfo(program, arguments, environment))!;
        _process.StandardInput.Close();
        Collect(_process.StandardOutput, _outputLines);
        Collect(_process.StandardError, []);
    }

    public string DataDirectory { get; }

    public int ProcessId => _process.Id;

    /// <summary>Port of the API.</summary>
    public int Port => Volatile.Read(ref _port);

    /// <summary>Port of the admin listener.</summary>
    public int AdminPort => Volatile.Read(ref _adminPort);

    public string RootKey => _setup.RootKey ?? throw new InvalidOperationException("The server made its own root key.");

    /// <summary>Everything printed so far, both streams.</summary>
    public string Output
    {
        get
        {
            lock (_lock)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    /// <summary>Waits until the server has written a text: its log is written behind what it tells of.</summary>
    public void AwaitOutput(string text) => Poll.Until(() => Output.Contains(text, StringComparison.Ordinal), $"the output has '{text}'");

    /// <summary>The lines of standard output alone.</summary>
    public string[] OutputLines
    {
        get
        {
            lock (_lock)
            {
                return [.. _outputLines];
            }
        }
    }

    /// <summary>Starts a server and waits until it serves.</summary>
    public static ServerProcess Start(ServerSetup? setup = null)
    {
        ServerProcess server = new(setup ?? new ServerSetup());
        try
        {
            Poll.Until(server.IsListening, "the server says where it listens");
            Poll.Until(server.IsAlive, "GET /v2/liveness answers 200");
            return server;
        }
        catch (Exception e)
        {
            server.Destroy();
            throw new XunitException($"The server does not start: {e.Message}\n{server.Output}");
        }
    }

    /// <summary>A client with the bootstrap root key.</summary>
    public ApiClient Client() => new(this, RootKey);

    /// <summary>A connection to the API: over the Unix socket when the tests run so (UNKEY_TEST_LISTEN) or there is no port.</summary>
    public RawConnection Connect(int receiveBufferBytes = 0) => _socketPath is { } path && (_ownSocket is not null || Port == 0)
        ? new RawConnection(new UnixDomainSocketEndPoint(path), receiveBufferBytes)
        : new RawConnection(Port, receiveBufferBytes, _setup.Tls);

    /// <summary>Names a text that must never be printed or stored in the clear.</summary>
    public void AddSecret(string secret)
    {
        lock (_lock)
        {
            _secrets.Add(secret);
        }
    }

    /// <summary>Resident memory of the server in bytes (Linux).</summary>
    public long ResidentBytes()
    {
        string line = File.ReadLines($"/proc/{ProcessId}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan(6, line.Length - 9).Trim()) * 1024;
    }

    /// <summary>The text of the admin listener's metrics.</summary>
    public string Metrics() => AdminGet("/metrics").Text;

    public HttpAnswer AdminGet(string path)
    {
        using RawConnection connection = new(AdminPort);
        connection.Send($"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        return connection.Read();
    }

    /// <summary>The sum of a metric over its label sets.</summary>
    public double Metric(string name) => MetricIn(Metrics(), name);

    /// <summary>The sum of a metric over its label sets in a text of metrics.</summary>
    public static double MetricIn(string metrics, string name) => metrics.Split('\n')
        .Where(line => line.StartsWith(name, StringComparison.Ordinal) && line.Length > name.Length && line[name.Length] is ' ' or '{')
        .Sum(line => double.Parse(line.AsSpan(line.LastIndexOf(' ') + 1)));

    /// <summary>Asks the server to end, as an operator's supervisor does.</summary>
    public void Terminate()
    {
        _terminated = true;
        Signals.Terminate(ProcessId);
    }

    /// <summary>Ends the server in the middle of what it does, and waits until it is gone.</summary>
    public void Kill()
    {
        Signals.Kill(ProcessId);
        WaitForEnd();
    }

    /// <summary>Waits for the end of the process and returns its exit code.</summary>
    public int WaitForEnd()
    {
        if (!_process.WaitForExit(Poll.Deadline))
        {
            Destroy();
            throw new XunitException($"The server does not end.\n{Output}");
        }

        foreach (Thread reader in _readers)
        {
            reader.Join();
        }

        _ended = true;
        return _process.ExitCode;
    }

    /// <summary>Ends the server the ordinary way: exit code 0, and no secret was printed or stored.</summary>
    public void Stop()
    {
        Terminate();
        int code = WaitForEnd();
        if (code != 0)
        {
            throw new XunitException($"The server ended with exit code {code}.\n{Output}");
        }

        CheckSecrets();
    }

    public void Dispose()
    {
        try
        {
            // After a signal of the test's own, a failed test leaves the server running; a second signal would hide why.
            if (!_ended && !_terminated)
            {
                Stop();
            }
        }
        finally
        {
            Destroy();
            if (_ownsData)
            {
                Directory.Delete(DataDirectory, recursive: true);
            }
        }
    }

    /// <summary>Fails when a secret appears in what was printed or in a file of the data directory.</summary>
    public void CheckSecrets()
    {
        string[] secrets;
        lock (_lock)
        {
            secrets = [.. _secrets];
        }

        Search(Encoding.UTF8.GetBytes(Output), "what the server printed");
        if (Directory.Exists(DataDirectory))
        {
            foreach (string file in Directory.EnumerateFiles(DataDirectory, "*", SearchOption.AllDirectories))
            {
                Search(File.ReadAllBytes(file), file);
            }
        }

        void Search(byte[] bytes, string where)
        {
            foreach (string secret in secrets)
            {
                if (bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)) >= 0)
                {
                    throw new XunitException($"A secret stands in {where}.");
                }
            }
        }
    }

    private void Destroy()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _ended = true;
    }

    private bool IsListening()
    {
        if (_process.HasExited)
        {
            throw new InvalidOperationException($"it ended with exit code {_process.ExitCode}");
        }

        return _isReady;
    }

    private bool IsAlive()
    {
        using RawConnection connection = Connect();
        connection.Send("GET /v2/liveness HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        return connection.Read().Status == 200;
    }

    private void Collect(StreamReader stream, List<string> own)
    {
        Thread reader = new(() =>
        {
            while (stream.ReadLine() is { } line)
            {
                lock (_lock)
                {
                    _lines.Add(line);
                    own.Add(line);
                }

                NoteAddresses(line);
            }
        })
        { IsBackground = true };
        reader.Start();
        _readers.Add(reader);
    }

    // One entry says that the server is ready, with the addresses that its listeners have really got.
    private void NoteAddresses(string line)
    {
        if (!line.StartsWith('{') || !line.Contains("\"Ready\"", StringComparison.Ordinal))
        {
            return;
        }

        using JsonDocument entry = JsonDocument.Parse(line);
        JsonElement fields = entry.RootElement.GetProperty("fields");
        Volatile.Write(ref _adminPort, PortOf(fields.GetProperty("Admin").GetString()!));
        foreach (string address in fields.GetProperty("Listen").GetString()!.Split(','))
        {
            if (address.StartsWith(UnixPrefix, StringComparison.Ordinal))
            {
                string path = address[UnixPrefix.Length..];
                _socketPath ??= path.StartsWith('@') ? '\0' + path[1..] : path;
            }
            else if (Port == 0)
            {
                Volatile.Write(ref _port, PortOf(address));
            }
        }

        _isReady = true;

        static int PortOf(string address) =>
            address.StartsWith(UnixPrefix, StringComparison.Ordinal) || address == "off" ? 0 : int.Parse(address.AsSpan(address.LastIndexOf(':') + 1));
    }
}
