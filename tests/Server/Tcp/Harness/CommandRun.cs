using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading.Tasks;

namespace Unkey.Server.Tests.Tcp.Harness;

/// <summary>A run of the program that ends by itself: its exit code and what it printed.</summary>
internal sealed record CommandRun(int ExitCode, string Output, string Errors)
{
    /// <summary>Runs the program under test with these arguments and waits for its end.</summary>
    public static CommandRun Of(IEnumerable<string> arguments, params IEnumerable<(string Name, string Value)> environment)
    {
        using Process process = Process.Start(StartInfo(ServerSetup.Program, arguments, environment))!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Poll.Deadline))
        {
            process.Kill();
            throw new TimeoutException($"'{string.Join(' ', arguments)}' does not end");
        }

        return new CommandRun(process.ExitCode, output.GetAwaiter().GetResult(), errors.GetAwaiter().GetResult());
    }

    /// <summary>A start description with redirected streams and without this process's own settings for the server.</summary>
    public static ProcessStartInfo StartInfo(
        IReadOnlyList<string> program, IEnumerable<string> arguments, IEnumerable<(string Name, string Value)> environment)
    {
        ProcessStartInfo info = new(program[0])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (string argument in program.Skip(1).Concat(arguments))
        {
            info.ArgumentList.Add(argument);
        }

        foreach (string name in info.Environment.Keys.Where(name => name.StartsWith("UNKEY_", StringComparison.Ordinal) || name.StartsWith("OTEL_", StringComparison.Ordinal)).ToArray())
        {
            info.Environment.Remove(name);
        }

        foreach ((string name, string value) in environment)
        {
            info.Environment[name] = value;
        }

        return info;
    }
}
