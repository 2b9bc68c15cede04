using System;
using System.Threading;
using System.Threading.Tasks;

namespace Unkey.Server.Storage;

/// <summary>What the control plane asks of a database: units of work that are applied whole or not at all, and consistent reads.</summary>
/// <remarks>Any thread. Faults surface as <see cref="StoreException"/>.</remarks>
internal interface IStore : IAsyncDisposable
{
    /// <summary>Name and version of the engine behind the store, for the log.</summary>
    public string Description { get; }

    /// <summary>Runs a unit of work and answers when its effects are durable and visible in memory.</summary>
    /// <param name="work">Statements on the session. May run more than once, so it must have no effect outside the session; it must not wait.
    /// When it calls <see cref="StoreSession.Refuse"/> its effects are undone and its result is still returned.</param>
    /// <param name="cancellation">Gives up only while the unit is still waiting.</param>
    public Task<T> WriteAsync<T>(Func<StoreSession, T> work, CancellationToken cancellation);

    /// <summary>As <see cref="WriteAsync{T}"/>, with no other unit in the same transaction.</summary>
    public Task<T> WriteAloneAsync<T>(Func<StoreSession, T> work, CancellationToken cancellation);

    /// <summary>As <see cref="WriteAsync{T}"/>, for a unit that takes rights away: it is done on a full disk too, out of a reserve.</summary>
    public Task<T> RevokeAsync<T>(Func<StoreSession, T> work, CancellationToken cancellation);

    /// <summary>Runs queries on one consistent snapshot.</summary>
    public ValueTask<T> ReadAsync<T>(Func<StoreSession, T> work, CancellationToken cancellation);

    /// <summary>Runs scans of whole tables, for the load at start, before anybody writes: each scan sees the store as it is, without a common snapshot.</summary>
    public ValueTask<T> ScanAsync<T>(Func<StoreSession, T> work, CancellationToken cancellation);

    /// <summary>Whether the store answers a read and its writer is not in a failed state.</summary>
    public Task<bool> IsHealthyAsync();
}
