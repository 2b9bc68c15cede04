using System;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using Unkey.Server.Diagnostics.Otlp;
using Unkey.Server.Events.Outlets;
using Unkey.Server.Hosting;

namespace Unkey.Server.Diagnostics;

/// <summary>Makes the logger factory of the process. Used once, at start.</summary>
internal static class LoggingSetup
{
    // Entries waiting for a slow reader of standard output; beyond that they are dropped and the drop is said in the log.
    private const int QueueEntriesMax = 4096;

    private static readonly TimeSpan s_lastExport = TimeSpan.FromSeconds(2);

    /// <summary>Logs to standard output, or to standard error when events have the former, as the options say.</summary>
    /// <param name="options">Format and level.</param>
    /// <returns>A factory whose disposal writes what is still queued.</returns>
    /// <remarks>Entries are written by a thread of their own and dropped when the queue is full: no thread that verifies keys
    /// ever waits for a pipe that nobody reads.</remarks>
    public static ILoggerFactory Create(ServerOptions options)
    {
        bool isOnError = options.EventOutlet == OutletKind.Stdout;
        bool isTerminal = isOnError ? !Console.IsErrorRedirected : !Console.IsOutputRedirected;
        bool isJson = options.LogFormat == LogFormat.Json || (options.LogFormat == LogFormat.Auto && !isTerminal);

        // NO_COLOR: no-color.org. TERM=dumb: a terminal that would show the escapes as text.
        bool isColored = isTerminal
            && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
            && Environment.GetEnvironmentVariable("TERM") != "dumb";
        ConsoleLoggerOptions console = new()
        {
            FormatterName = isJson ? JsonLogFormatter.FormatterName : TextLogFormatter.FormatterName,
            LogToStandardErrorThreshold = isOnError ? LogLevel.Trace : LogLevel.None,
            MaxQueueLength = QueueEntriesMax,
            QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite,
        };
        ConsoleFormatter formatter = isJson ? new JsonLogFormatter(TimeProvider.System) : new TextLogFormatter(TimeProvider.System, isColored);
        LoggerFactory loggers = new([], new LoggerFilterOptions { MinLevel = options.LogLevel });

        // Added rather than passed to the constructor: only an added provider is disposed with the factory, and its disposal is what
        // writes the last entries before the process ends.
        loggers.AddProvider(new ConsoleLoggerProvider(new FixedOptions(console), [formatter]));
        if (options.Otlp is { Logs: true } otlp)
        {
            CollectorWatch watch = new("logs");
            loggers.AddProvider(new PatientProvider(OtlpExport.Logs(otlp, watch), s_lastExport));
            watch.Attach(loggers.CreateLogger("Unkey.Otlp"));
        }

        return loggers;
    }

    private sealed class FixedOptions(ConsoleLoggerOptions value) : IOptionsMonitor<ConsoleLoggerOptions>
    {
        public ConsoleLoggerOptions CurrentValue { get; } = value;

        public ConsoleLoggerOptions Get(string? name) => CurrentValue;

        public IDisposable? OnChange(Action<ConsoleLoggerOptions, string?> listener) => null;
    }
}
