using System.Threading;

namespace Unkey.Server.Transport;

/// <summary>Counts the connections of all reactors against one maximum.</summary>
/// <remarks>Any thread. Touched once per connection, not per request.</remarks>
internal sealed class ConnectionLimit(int max)
{
    // Above the maximum some connections are let in just to be told 503; beyond that margin they are closed unheard.
    private readonly int _refusableMax = max + 64 + (max / 16);
    private int _count;

    /// <summary>Connections open now.</summary>
    internal int Count => Volatile.Read(ref _count); // ORDER: a plain snapshot for metrics; no other data depends on it.

    /// <summary>Counts one more; <paramref name="overLimit"/>: it is to be refused politely. False: it must be closed at once.</summary>
    internal bool TryEnter(out bool overLimit)
    {
        // ORDER: the count is the only shared state; the interlocked add makes it exact.
        int count = Interlocked.Increment(ref _count);
        overLimit = count > max;
        if (count <= _refusableMax)
        {
            return true;
        }

        Leave();
        return false;
    }

    /// <summary>Counts one less.</summary>
    internal void Leave() => Interlocked.Decrement(ref _count); // ORDER: as in TryEnter.
}
