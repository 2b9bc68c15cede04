using System;

namespace Unkey.Server.Commands;

/// <summary>Runs the body of a command and turns an expected failure into its line and exit code.</summary>
internal static class CommandRunner
{
    /// <summary>Runs a command body.</summary>
    /// <param name="context">Where the failure is told.</param>
    /// <param name="body">The body; returns an exit code.</param>
    /// <returns>The exit code.</returns>
    public static int Run(CommandContext context, Func<int> body)
    {
        try
        {
            return body();
        }
        catch (CommandException e)
        {
            context.Error.WriteLine("unkey: " + e.Message);
            return e.ExitCode;
        }
    }
}
