using System;
using System.Collections.Generic;
using System.Threading;

namespace Unkey.Server.Diagnostics;

/// <summary>Where the process is in its life, and whether what it depends on answers. Any thread.</summary>
public sealed class HealthState
{
    private const int Starting = 0;
    private const int Started = 1;
    private const int Stopping = 2;

    private readonly List<(string Name, Func<string?> Reason)> _checks = [];
    private readonly List<(string Name, Func<string?> Reason)> _warnings = [];
    // ORDER: release and acquire: whoever sees a phase sees what was set up before it. It only moves forward.
    private int _phase;

    /// <summary>Whether start-up has completed.</summary>
    public bool HasStarted => Volatile.Read(ref _phase) >= Started;

    /// <summary>Whether the server is draining.</summary>
    public bool IsStopping => Volatile.Read(ref _phase) == Stopping;

    /// <summary>The named checks of readiness. Filled before the admin listener starts.</summary>
    internal IReadOnlyList<(string Name, Func<string?> Reason)> Checks => _checks;

    /// <summary>What readiness also tells, without ever answering that the server is not ready. Filled before the admin listener starts.</summary>
    internal IReadOnlyList<(string Name, Func<string?> Reason)> Warnings => _warnings;

    /// <summary>Adds a check to readiness. Before the admin listener starts; not thread-safe.</summary>
    /// <param name="name">A short constant, such as <c>store</c>.</param>
    /// <param name="reason">Says at once what is wrong, or <see langword="null"/> when nothing is; on any thread, without throwing. A constant without quotes.</param>
    public void AddCheck(string name, Func<string?> reason) => _checks.Add((name, reason));

    /// <summary>Adds what an operator should know although the server is ready. Before the admin listener starts; not thread-safe.</summary>
    /// <param name="name">A short constant, such as <c>events</c>.</param>
    /// <param name="reason">As for <see cref="AddCheck"/>.</param>
    public void AddWarning(string name, Func<string?> reason) => _warnings.Add((name, reason));

    /// <summary>Says that tables are loaded and listeners are about to accept.</summary>
    public void MarkStarted() => Interlocked.CompareExchange(ref _phase, Started, Starting);

    /// <summary>Says that the server is draining; there is no way back.</summary>
    public void MarkStopping() => Volatile.Write(ref _phase, Stopping);
}
