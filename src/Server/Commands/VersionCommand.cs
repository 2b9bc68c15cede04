using System.CommandLine;

namespace Unkey.Server.Commands;

/// <summary><c>unkey version</c>: what this binary is made of.</summary>
internal static class VersionCommand
{
    /// <summary>The command for the parser.</summary>
    /// <param name="context">Where the command writes.</param>
    /// <returns>A new command.</returns>
    public static Command Build(CommandContext context)
    {
        Command command = new("version", "Shows the version and commit, and the versions of what is linked in.");
        command.SetAction(_ =>
        {
            context.Output.WriteLine($"unkey      {BuildVersion.Full}");
            context.Output.WriteLine($"runtime    {BuildVersion.Runtime}");
            context.Output.WriteLine($"sqlite     {BuildVersion.Sqlite}");
            context.Output.WriteLine($"openssl    {BuildVersion.OpenSsl}");
            context.Output.WriteLine($"transport  {BuildVersion.DefaultTransport}");
            return ExitCode.Ok;
        });
        return command;
    }
}
