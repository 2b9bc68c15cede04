using System;
using System.Globalization;
using System.IO;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Unkey.Server.Hosting;

namespace Unkey.Server.Diagnostics;

/// <summary>Writes a log entry as one readable line: time, level, message. Called on the thread that logs; allocates.</summary>
/// <remarks>Control characters in messages and exceptions are escaped: a value can neither fake a second entry nor drive the terminal.
/// The lines of an exception are indented, so that every line that starts at the margin is an entry.</remarks>
internal sealed class TextLogFormatter : ConsoleFormatter
{
    /// <summary>Name under which the console provider finds this format.</summary>
    public const string FormatterName = "unkey-text";

    private const string Reset = "\u001b[0m";
    private const string Dim = "\u001b[2m";

    private readonly TimeProvider _time;
    private readonly bool _isColored;

    /// <summary>Makes the formatter.</summary>
    /// <param name="time">The clock of the entries; shown in UTC.</param>
    /// <param name="isColored">Whether ANSI colours may be used.</param>
    public TextLogFormatter(TimeProvider time, bool isColored)
        : base(FormatterName)
    {
        _time = time;
        _isColored = isColored;
    }

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        string time = _time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
        string level = LogLevelText.Of(logEntry.LogLevel).PadRight(5);
        string message = TextSafety.Escape(logEntry.Formatter(logEntry.State, logEntry.Exception));
        textWriter.Write(_isColored ? $"{Dim}{time}{Reset} {ColorOf(logEntry.LogLevel)}{level}{Reset} {message}\n" : $"{time} {level} {message}\n");
        if (logEntry.Exception is { } exception)
        {
            foreach (string line in exception.ToString().Split('\n'))
            {
                textWriter.Write("    " + TextSafety.Escape(line.TrimEnd('\r')) + "\n");
            }
        }
    }

    private static string ColorOf(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "\u001b[36m",
        LogLevel.Information => "\u001b[32m",
        LogLevel.Warning => "\u001b[33m",
        _ => "\u001b[31m",
    };
}
