using System;
using System.Threading;
using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Responses;

namespace Unkey.Server.Analytics;

/// <summary>Lets a few queries run at once and a few more wait, so that they never take the machine. Any thread.</summary>
internal sealed class QueryTurns : IDisposable
{
    private const int RunningMax = 2;
    private const int WaitingMax = 32;

    private readonly SemaphoreSlim _running = new(RunningMax);
    private readonly SemaphoreSlim _admitted = new(RunningMax + WaitingMax);

    /// <summary>Runs work in its turn.</summary>
    /// <param name="work">The work.</param>
    /// <param name="waitMax">How long it may wait.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="AnalyticsException">Too many wait, or its turn did not come in time.</exception>
    public async Task<T> RunAsync<T>(Func<Task<T>> work, TimeSpan waitMax, CancellationToken cancellation)
    {
        if (!await _admitted.WaitAsync(TimeSpan.Zero, cancellation).ConfigureAwait(false))
        {
            throw TooMany();
        }

        try
        {
            if (!await _running.WaitAsync(waitMax, cancellation).ConfigureAwait(false))
            {
                throw TooMany();
            }

            try
            {
                return await work().ConfigureAwait(false);
            }
            finally
            {
                _running.Release();
            }
        }
        finally
        {
            _admitted.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _running.Dispose();
        _admitted.Dispose();
    }

    private static AnalyticsException TooMany() => new(ErrorCode.QueryQuotaExceeded, "Too many analytics queries run at once; try again in a few seconds");
}
