using System;
using System.Threading;
using Microsoft.Extensions.Logging;

namespace Unkey.Server.Diagnostics.Otlp;

/// <summary>A log provider whose end is not waited for beyond a bound: a collector that does not answer must not hold up the end of the process.</summary>
/// <param name="inner">The provider.</param>
/// <param name="patience">The bound.</param>
internal sealed class PatientProvider(ILoggerProvider inner, TimeSpan patience) : ILoggerProvider
{
    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => inner.CreateLogger(categoryName);

    /// <inheritdoc/>
    public void Dispose()
    {
        Thread end = new(inner.Dispose) { IsBackground = true, Name = "otlp-end" };
        end.Start();
        end.Join(patience);
    }
}
