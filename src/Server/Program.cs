using System;
using Unkey.Server.Commands;

namespace Unkey.Server;

internal static class Program
{
    private static int Main(string[] arguments) =>
        CommandLine.Run(arguments, new CommandContext(Console.Out, Console.Error, Environment.GetEnvironmentVariable));
}
