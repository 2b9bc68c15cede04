using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Harness;

/// <summary>Many callers at the same moment, each on a thread and a connection of its own.</summary>
internal static class Race
{
    /// <summary>Runs callers against each other and waits for all of them.</summary>
    /// <param name="client">Whose root key they use.</param>
    /// <param name="callers">How many.</param>
    /// <param name="call">What each does, with its own client and its number from 0.</param>
    /// <returns>What they returned, in the order of their numbers.</returns>
    public static async Task<T[]> RunAsync<T>(ApiClient client, int callers, Func<ApiClient, int, T> call)
    {
        using Barrier start = new(callers);
        return await Task.WhenAll(Enumerable.Range(0, callers).Select(i => Task.Factory.StartNew(
            () =>
            {
                using ApiClient own = client.Another();
                Assert.True(start.SignalAndWait(Poll.Deadline), "The callers do not all start.");
                return call(own, i);
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default))).ConfigureAwait(false);
    }
}
