using System.Threading;
using System.Threading.Tasks;
using Unkey.Server.Analytics.Binding;
using Unkey.Server.Analytics.Rows;

namespace Unkey.Server.Analytics;

/// <summary>Where events are asked for. Any thread.</summary>
internal interface IAnalyticsStore
{
    /// <summary>Runs a query.</summary>
    /// <param name="query">The bound query.</param>
    /// <param name="dataset">Its tables.</param>
    /// <param name="scope">Whose events it sees.</param>
    /// <param name="limits">How much it may take.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="AnalyticsException">It cannot be run here, or was stopped at a limit; or the store does not answer.</exception>
    public Task<AnalyticsRows> RunAsync(BoundQuery query, Dataset dataset, AnalyticsScope scope, AnalyticsLimits limits, CancellationToken cancellation);
}
