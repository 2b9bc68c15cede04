using System;
using Unkey.Server.Commands;
using Unkey.Server.Hosting;

namespace Unkey.Server;

internal static class Program
{
    private static int Main(string[] arguments)
    {
        // Before anything can look up a name, in the server and in the commands that call one.
        ProcessHardening.ConfigureStaticNameResolution();
        return CommandLine.Run(arguments, new CommandContext(Console.Out, Console.Error, Environment.GetEnvironmentVariable));
    }
}
