using System.Threading;

namespace Unkey.Server.Transport;

/// <summary>Bounds the memory of all request bodies that are still arriving, over all reactors.</summary>
/// <remarks>
/// One body is bounded by the limits; a thousand clients that each send most of one are not. Connections below
/// <see cref="FreeBytes"/> are not counted, so ordinary requests never touch the shared counter. Any thread.
/// </remarks>
internal sealed class BodyBudget(long bytesMax)
{
    /// <summary>What every connection may hold uncounted.</summary>
    internal const int FreeBytes = 64 * 1024;

    /// <summary>The default: room for 50 bodies of the contract's 10 MiB at once.</summary>
    internal const long DefaultBytesMax = 512L * 1024 * 1024;

    // ORDER: the sum is all there is to see; a reader may be a little late.
    private long _bytes;

    /// <summary>Bytes counted now.</summary>
    internal long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Counts what <paramref name="connection"/> holds now; false when that is too much for all together.</summary>
    internal bool TryHold(Connection connection, long bytes)
    {
        long more = (bytes > FreeBytes ? bytes : 0) - connection.BudgetedBytes;
        if (more == 0)
        {
            return true;
        }

        // ORDER: the sum is the only shared state; the interlocked add makes it exact.
        long sum = Interlocked.Add(ref _bytes, more);
        connection.BudgetedBytes += more;
        return more < 0 || sum <= bytesMax;
    }

    /// <summary>Counts the connection as holding nothing.</summary>
    internal void Release(Connection connection) => TryHold(connection, 0);
}
