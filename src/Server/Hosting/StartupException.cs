using System;

namespace Unkey.Server.Hosting;

/// <summary>A reason not to start that the operator can do something about. Shown as one line; the process then exits with code 1.</summary>
public sealed class StartupException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">One line: what is wrong and what to do about it.</param>
    public StartupException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">One line: what is wrong and what to do about it.</param>
    /// <param name="innerException">What was thrown underneath; not shown.</param>
    public StartupException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
