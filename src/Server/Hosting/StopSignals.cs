using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Threading;

namespace Unkey.Server.Hosting;

/// <summary>Turns SIGTERM and SIGINT into an orderly stop, and the second one into an immediate end of the process.</summary>
/// <remarks>Registered before anything is opened, so that no signal of a service manager is lost. Any thread.</remarks>
internal sealed partial class StopSignals : IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly ManualResetEventSlim _requested = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Action _exitNow;
    // ORDER: release before the event is set, so whoever waited for it sees the name.
    private string _signal = "";

    // ORDER: full fence; of two signals at once exactly one is the first.
    private int _count;

    /// <summary>Takes over the two signals.</summary>
    /// <param name="exitNow">Ends the process without waiting for anything.</param>
    public StopSignals(Action exitNow)
    {
        _exitNow = exitNow;
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle));
    }

    /// <summary>Name of the signal that asked for the stop; empty before.</summary>
    public string Signal => Volatile.Read(ref _signal);

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Blocks until a stop is asked for.</summary>
    public void Wait() => _requested.Wait();

    /// <summary>Asks for a stop as a signal would: the first call starts it, the second ends the process.</summary>
    /// <param name="signal">A name for the log.</param>
    public void Request(string signal)
    {
        if (Interlocked.Increment(ref _count) > 1)
        {
            _exitNow();
            return;
        }

        Volatile.Write(ref _signal, signal);
        _requested.Set();
        _stopping.Cancel();
    }

    /// <summary>Ends the process at once: no finalizers, no waiting for threads. What was acknowledged is on disk already.</summary>
    public static void ExitNow()
    {
        if (OperatingSystem.IsWindows())
        {
            Environment.Exit(Commands.ExitCode.Failed);
        }

        _exit(Commands.ExitCode.Failed);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        _requested.Dispose();
        _stopping.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        // Without this the runtime goes on to end the process by itself.
        context.Cancel = true;
        Request(context.Signal.ToString());
    }

    [LibraryImport("libc")]
    private static partial void _exit(int status);
}
