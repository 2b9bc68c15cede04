using System;
using System.Threading;
using System.Threading.Tasks;

namespace Unkey.Server.Storage;

/// <summary>A queued unit of work and the task its caller waits on.</summary>
internal abstract class WriteUnit(bool isAlone, bool isRevocation, CancellationToken cancellation)
{
    /// <summary>Whether no other unit may share its transaction.</summary>
    public bool IsAlone { get; } = isAlone;

    /// <summary>Whether it takes rights away, which a full disk must not prevent.</summary>
    public bool IsRevocation { get; } = isRevocation;

    /// <summary>Whether the caller has given up. Only asked before the unit starts.</summary>
    public bool IsCancelled => cancellation.IsCancellationRequested;

    /// <summary>Runs the work and keeps its result for <see cref="Complete"/>.</summary>
    public abstract void Run(StoreSession session);

    /// <summary>Hands the result to the caller.</summary>
    public abstract void Complete();

    /// <summary>Hands a fault to the caller.</summary>
    public abstract void Fail(Exception exception);

    /// <summary>Tells the caller that nothing was done.</summary>
    public abstract void Cancel();
}

/// <summary>A unit of work with a result.</summary>
/// <param name="work">The statements.</param>
/// <param name="isAlone">Whether no other unit may share its transaction.</param>
/// <param name="isRevocation">Whether it takes rights away.</param>
/// <param name="cancellation">Gives up while the unit waits.</param>
internal sealed class WriteUnit<T>(Func<StoreSession, T> work, bool isAlone, bool isRevocation, CancellationToken cancellation)
    : WriteUnit(isAlone, isRevocation, cancellation)
{
    // Continuations must not run on the one thread that writes.
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationToken _cancellation = cancellation;
    private T? _result;

    /// <summary>Completed when the effects are durable and visible, or failed.</summary>
    public Task<T> Task => _completion.Task;

    /// <inheritdoc/>
    public override void Run(StoreSession session) => _result = work(session);

    /// <inheritdoc/>
    public override void Complete() => _completion.TrySetResult(_result!);

    /// <inheritdoc/>
    public override void Fail(Exception exception) => _completion.TrySetException(exception);

    /// <inheritdoc/>
    public override void Cancel() => _completion.TrySetCanceled(_cancellation);
}
