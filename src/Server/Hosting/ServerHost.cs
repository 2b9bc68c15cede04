using System.Collections.Generic;
using Unkey.Server.Commands;

namespace Unkey.Server.Hosting;

/// <summary>Runs the server: opens everything in order, serves until a signal, drains, stops.</summary>
internal static class ServerHost
{
    /// <summary>Runs the server until it is told to stop.</summary>
    /// <param name="options">Checked settings.</param>
    /// <param name="context">Where the command reads and writes.</param>
    /// <param name="unknownVariables">Environment variables that look like misspelled settings.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static int Run(ServerOptions options, CommandContext context, IReadOnlyList<(string Variable, string Suggestion)> unknownVariables)
    {
        return ExitCode.Ok;
    }
}
