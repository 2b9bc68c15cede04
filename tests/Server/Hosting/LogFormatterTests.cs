using System;
using System.IO;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Unkey.Server.Diagnostics;
using Xunit;

namespace Unkey.Server.Tests.Hosting;

public sealed class LogFormatterTests
{
    private const string Hostile = "x\u001b[31m\r\n2026-01-01 info  forged\u0085\u2028\u009b31m\u0000";

    [Fact]
    public void AJsonEntryIsOneLineWithItsFields()
    {
        string line = Format(new JsonLogFormatter(TimeProvider.System), logger => Log.Ready(logger, "http", "0.0.0.0:8080", "off", 12));
        Assert.Equal(line.Length - 1, line.IndexOf('\n', StringComparison.Ordinal));
        using JsonDocument entry = JsonDocument.Parse(line);
        Assert.Equal("info", entry.RootElement.GetProperty("level").GetString());
        Assert.Equal(1001, entry.RootElement.GetProperty("id").GetInt32());
        Assert.Equal("Ready", entry.RootElement.GetProperty("event").GetString());
        Assert.Equal("category", entry.RootElement.GetProperty("category").GetString());
        Assert.Equal(12, entry.RootElement.GetProperty("fields").GetProperty("ElapsedMs").GetInt64());
        Assert.Equal("0.0.0.0:8080", entry.RootElement.GetProperty("fields").GetProperty("Listen").GetString());
    }

    [Fact]
    public void NoValueCanBreakOutOfAJsonEntry()
    {
        string line = Format(new JsonLogFormatter(TimeProvider.System), logger => Log.Fatal(logger, Hostile));
        Assert.Equal(line.Length - 1, line.IndexOf('\n', StringComparison.Ordinal));
        Assert.All(line[..^1], c => Assert.InRange(c, ' ', '~'));
        using JsonDocument entry = JsonDocument.Parse(line);
        Assert.Equal(Hostile, entry.RootElement.GetProperty("fields").GetProperty("Reason").GetString());
    }

    [Fact]
    public void NoValueCanBreakOutOfATextEntry()
    {
        string line = Format(new TextLogFormatter(TimeProvider.System, isColored: false), logger => Log.Fatal(logger, Hostile));
        Assert.Equal(line.Length - 1, line.IndexOf('\n', StringComparison.Ordinal));
        Assert.All(line[..^1], c => Assert.InRange(c, ' ', '~'));
        Assert.Contains("critical The server stops: x\\u001b[31m\\u000d\\u000a", line, StringComparison.Ordinal);
    }

    [Fact]
    public void TheLinesOfAnExceptionAreIndented()
    {
        string text = Format(
            new TextLogFormatter(TimeProvider.System, isColored: false),
            logger => new ExceptionEntry(logger).Write(new InvalidOperationException("first\nforged\u001b[31m")));
        string[] lines = text.TrimEnd('\n').Split('\n');
        Assert.True(lines.Length >= 3);
        Assert.All(lines[1..], l => Assert.StartsWith("    ", l, StringComparison.Ordinal));
        Assert.DoesNotContain('\u001b', text);
    }

    private static string Format(ConsoleFormatter formatter, Action<ILogger> log)
    {
        using StringWriter text = new();
        log(new FormattingLogger(formatter, text));
        return text.ToString();
    }

    private sealed class ExceptionEntry(ILogger logger)
    {
        public void Write(Exception exception) =>
            logger.Log(LogLevel.Error, new EventId(1, "Failed"), exception.Message.Length, exception, static (state, _) => $"failed {state}");
    }

    private sealed class FormattingLogger(ConsoleFormatter formatter, TextWriter text) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter1) =>
            formatter.Write(new LogEntry<TState>(logLevel, "category", eventId, state, exception, formatter1), null, text);
    }
}
