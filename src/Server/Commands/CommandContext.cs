using System;
using System.IO;

namespace Unkey.Server.Commands;

/// <summary>What a command may touch of its surroundings, so that tests can stand in for them. One command, one thread.</summary>
/// <param name="Output">Results.</param>
/// <param name="Error">What went wrong.</param>
/// <param name="Environment">Reads an environment variable; <see langword="null"/> when it is not set.</param>
internal sealed record CommandContext(TextWriter Output, TextWriter Error, Func<string, string?> Environment)
{
    /// <summary>Says in one line why a command failed.</summary>
    /// <param name="reason">One line without a full stop.</param>
    /// <returns><see cref="ExitCode.Failed"/>.</returns>
    public int Fail(string reason)
    {
        Error.WriteLine("unkey: " + reason);
        return ExitCode.Failed;
    }

    /// <summary>An environment variable, where an empty one counts as not set.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The value or <see langword="null"/>.</returns>
    public string? Variable(string name) => Environment(name) is { Length: > 0 } value ? value : null;
}
