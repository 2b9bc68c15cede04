using System.Threading;
using Unkey.Engine.Events;

namespace Unkey.Server.Events;

/// <summary>The ring of everybody who is not a reactor: whoever publishes to it holds the lock, which is never held across I/O.</summary>
internal sealed class ColdEvents
{
    /// <summary>Makes one producer of many threads.</summary>
    public Lock Producer { get; } = new();

    /// <summary>The ring; null as long as there is none. Set once, before the first request.</summary>
    public EventRing? Ring { get; set; }
}
