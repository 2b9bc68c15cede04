using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Unkey.Server.Commands;
using Unkey.Server.Diagnostics;
using Unkey.Server.Events.Outlets;

namespace Unkey.Server.Hosting;

/// <summary>Runs the server as a process: prepares the process, starts, waits for a signal, drains, stops. Main thread only.</summary>
internal static class ServerHost
{
    // What the process opens beside client connections: epoll and wake-up descriptors of the reactors and a listener of each address, the database
    // with its readers, the log, and a reserve for management calls.
    private const int DescriptorsReserved = 128;
    private const int DescriptorsPerThread = 3;

    // After the drain: queued writes and the last log entries. A disk that hangs must not keep the process for ever.
    private static readonly TimeSpan s_closeTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Runs the server until it is told to stop.</summary>
    /// <param name="options">Checked settings.</param>
    /// <param name="context">Where the command reads and writes.</param>
    /// <param name="unknownVariables">Environment variables that look like misspelled settings.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static int Run(ServerOptions options, CommandContext context, IReadOnlyList<(string Variable, string Suggestion)> unknownVariables)
    {
        long startedAt = Stopwatch.GetTimestamp();
        FirstUses.Begin();
        using StopSignals signals = new(StopSignals.ExitNow);
        ProcessHardening.RestrictNewFiles();
        string? coreDumpProblem = options.CoreDumps ? null : ProcessHardening.DisableCoreDumps();
        long descriptorLimit = ProcessHardening.RaiseDescriptorLimit();
        using ILoggerFactory loggers = LoggingSetup.Create(options);
        ILogger logger = loggers.CreateLogger("Unkey.Server");
        try
        {
            ServerOptions effective = FitDescriptors(options, descriptorLimit, logger);
            Log.Starting(
                logger,
                BuildVersion.Full,
                BuildVersion.Runtime,
                BuildVersion.Sqlite,
                effective.Threads,
                effective.Transport == TransportKind.Auto ? BuildVersion.DefaultTransport : effective.Transport.ToString().ToLowerInvariant(),
                Environment.ProcessId);
            Warn(logger, effective, coreDumpProblem, unknownVariables);
            return Serve(effective, context, loggers, logger, signals, startedAt);
        }
        catch (StartupException e)
        {
            return context.Fail(e.Message);
        }
        catch (OperationCanceledException) when (signals.Stopping.IsCancellationRequested)
        {
            // Told to stop before it was ready: nothing was accepted, so nothing has to be drained.
            Log.Stopped(logger, (long)Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds);
            return ExitCode.Ok;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return context.Fail("cannot start: " + TextSafety.Escape(e.Message));
        }
    }

    private static int Serve(
        ServerOptions options, CommandContext context, ILoggerFactory loggers, ILogger logger, StopSignals signals, long startedAt)
    {
        RunningServer server = RunningServer
            .StartAsync(options, loggers, TimeProvider.System, controlPlane => ShowRootKey(controlPlane.BootstrapSecret, options, context), signals.Stopping)
            .GetAwaiter().GetResult();
        Log.Ready(
            logger,
            options.Tls is null ? "http" : "https",
            ListenAddress.Show(server.EndPoints),
            server.AdminEndPoint is { } admin ? ListenAddress.Show(admin) : "off",
            (long)Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds);
        signals.Wait();
        long stopAt = Stopwatch.GetTimestamp();
        Log.Draining(logger, signals.Signal, options.DrainTimeout.TotalSeconds);
        Task<bool> stop = server.StopAsync(options.DrainTimeout);
        if (!stop.Wait(options.DrainTimeout + s_closeTimeout))
        {
            Log.Fatal(logger, "the store did not close in time; what was acknowledged is on disk");
            return ExitCode.Failed;
        }

        if (!stop.Result)
        {
            Log.DrainTimedOut(logger);
        }

        Log.Stopped(logger, (long)Stopwatch.GetElapsedTime(stopAt).TotalMilliseconds);
        return ExitCode.Ok;
    }

    // Not through the log, which may be shipped and kept: a secret must not be in it. Nor among the events, when those are on standard output.
    private static void ShowRootKey(string? secret, ServerOptions options, CommandContext context)
    {
        if (secret is null)
        {
            return;
        }

        try
        {
            TextWriter output = options.EventOutlet == OutletKind.Stdout ? context.Error : context.Output;
            output.WriteLine($"Root key, shown only this once: {secret}");
            output.Flush();
        }
        catch (IOException e)
        {
            throw new StartupException("the new root key could not be shown, because the stream for it is closed; start again with UNKEY_ROOT_KEY set", e);
        }
    }

    private static ServerOptions FitDescriptors(ServerOptions options, long descriptorLimit, ILogger logger)
    {
        long available = Math.Max(descriptorLimit - DescriptorsReserved - ((long)(DescriptorsPerThread + options.Listen.Count) * options.Threads), 1);
        if (options.MaxConnections <= available)
        {
            return options;
        }

        Log.ConnectionsLowered(logger, options.MaxConnections, descriptorLimit, (int)available);
        return options with { MaxConnections = (int)available };
    }

    private static void Warn(
        ILogger logger, ServerOptions options, string? coreDumpProblem, IReadOnlyList<(string Variable, string Suggestion)> unknownVariables)
    {
        foreach ((string variable, string suggestion) in unknownVariables)
        {
            Log.UnknownVariable(logger, variable, suggestion);
        }

        if (coreDumpProblem is not null)
        {
            Log.CoreDumpsOn(logger, coreDumpProblem);
        }

        foreach (string option in options.SecretsOnCommandLine)
        {
            string variable = ServerSettings.Find(option)!.EnvironmentName;
            Log.SecretOnCommandLine(logger, option, ServerSettings.Find(option + "-file") is { } file ? $"{file.EnvironmentName} or {variable}" : variable);
        }

        if (options.Admin is { } admin && !ListenAddress.IsLocal(admin))
        {
            Log.AdminNotLoopback(logger, ListenAddress.Show(admin));
        }

        EndPoint[] reachable = [.. options.Listen.Where(static address => !ListenAddress.IsLocal(address))];
        if (options.Tls is null && reachable.Length > 0)
        {
            Log.PlainHttpBeyondLoopback(logger, ListenAddress.Show(reachable));
        }

        if (options.TestMode)
        {
            Log.TestMode(logger);
        }
    }
}
