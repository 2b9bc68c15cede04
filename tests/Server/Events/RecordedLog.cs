using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.Extensions.Logging;

namespace Unkey.Server.Tests.Events;

/// <summary>Remembers what was logged. Any thread.</summary>
internal sealed class RecordedLog : ILogger
{
    private readonly List<(int EventId, string Text)> _lines = [];

    /// <summary>The texts that were logged under an id, in order.</summary>
    public string[] Of(int eventId)
    {
        lock (_lines)
        {
            return [.. _lines.Where(line => line.EventId == eventId).Select(static line => line.Text)];
        }
    }

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_lines)
        {
            _lines.Add((eventId.Id, formatter(state, exception)));
        }
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;
}
