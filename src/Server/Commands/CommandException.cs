using System;

namespace Unkey.Server.Commands;

/// <summary>A command that cannot go on; its message is the one line that the user sees.</summary>
internal sealed class CommandException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">One line, safe to show.</param>
    /// <param name="exitCode">One of <see cref="Commands.ExitCode"/>.</param>
    public CommandException(string message, int exitCode)
        : base(message) => ExitCode = exitCode;

    /// <summary>What the process answers.</summary>
    public int ExitCode { get; }
}
