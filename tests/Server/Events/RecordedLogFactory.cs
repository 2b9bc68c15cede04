using Microsoft.Extensions.Logging;

namespace Unkey.Server.Tests.Events;

/// <summary>Gives every category the same log.</summary>
internal sealed class RecordedLogFactory(RecordedLog log) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => log;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public void Dispose()
    {
    }
}
