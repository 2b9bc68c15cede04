using System;

namespace Unkey.Server.Storage;

/// <summary>A fault of the store. Its message is meant for the operator: at start it is the one line that is printed.</summary>
public sealed class StoreException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="fault">What kind of fault.</param>
    /// <param name="message">One sentence that names the problem and, where there is one, the way out. No secrets.</param>
    /// <param name="inner">The driver's exception, for the log.</param>
    public StoreException(StoreFault fault, string message, Exception? inner = null)
        : base(message, inner) => Fault = fault;

    /// <summary>What kind of fault.</summary>
    public StoreFault Fault { get; }

    /// <summary>What a client is told: the reason without paths, statements or driver texts.</summary>
    public string PublicDetail => Fault switch
    {
        StoreFault.Full => "The storage of this server is full; nothing was changed.",
        StoreFault.InputOutput => "The storage of this server failed; the change was not accepted.",
        StoreFault.ReadOnly => "The storage of this server cannot be written; nothing was changed.",
        StoreFault.Corrupt => "The storage of this server is damaged.",
        StoreFault.Busy => "The storage of this server is busy; nothing was changed. Try again.",
        StoreFault.Overloaded => "Too many changes are waiting for the storage of this server; nothing was changed. Try again.",
        StoreFault.Closed => "The server is shutting down; nothing was changed.",
        StoreFault.Newer or StoreFault.Other => "The storage of this server is not available.",
        _ => throw new InvalidOperationException($"Unknown store fault {Fault}."),
    };
}
