using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Text.Json;
using System.Threading;

namespace Unkey.Load;

/// <summary><c>unkey-load start</c>: starts a server again and again; from just before exec to its first answer, and memory when idle.</summary>
internal static class StartCommand
{
    private const int GiveUpSeconds = 60;

    internal static int Execute(LoadOptions options)
    {
        if (options.Command.Count == 0)
        {
            throw new FormatException("start: no command after --");
        }

        ServerAddress address = ServerAddress.Parse(options.Address);
        byte[] request = Readiness.Request(options, address);
        List<double> milliseconds = [];
        List<double> residentMiB = [];
        for (int run = 0; run < options.Runs; run++)
        {
            (double ms, double mib) = One(options, address, request, run);
            milliseconds.Add(ms);
            residentMiB.Add(mib);
        }

        milliseconds.Sort();
        residentMiB.Sort();
        Console.WriteLine($"{options.Label}: exec to first answer {milliseconds[milliseconds.Count / 2]:0.0} ms " +
            $"({milliseconds[0]:0.0} to {milliseconds[^1]:0.0}, {milliseconds.Count} runs), resident after {options.IdleSeconds} s " +
            $"{residentMiB[residentMiB.Count / 2]:0.0} MiB");
        if (options.JsonFile.Length > 0)
        {
            WriteJson(options, milliseconds, residentMiB);
        }

        return 0;
    }

    private static (double Milliseconds, double ResidentMiB) One(LoadOptions options, ServerAddress address, byte[] request, int run)
    {
        ProcessStartInfo command = new(options.Command[0]) { UseShellExecute = false, RedirectStandardOutput = true };
        for (int i = 1; i < options.Command.Count; i++)
        {
            // {run} lets every run have a data directory of its own.
            command.ArgumentList.Add(options.Command[i].Replace("{run}", run.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
        }

        long start = Stopwatch.GetTimestamp();
        using Process process = Process.Start(command) ?? throw new IOException("cannot start " + options.Command[0]);
        process.OutputDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        try
        {
            while (!Readiness.Ask(address, request))
            {
                if (process.HasExited || Stopwatch.GetElapsedTime(start).TotalSeconds > GiveUpSeconds)
                {
                    throw new IOException("the server gave no answer");
                }

                // Short enough not to show in the result, long enough to leave the core to the server.
                Thread.Sleep(TimeSpan.FromMicroseconds(200));
            }

            double elapsed = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            Thread.Sleep(TimeSpan.FromSeconds(options.IdleSeconds));
            return (elapsed, ProcessSample.Take(process.Id).ResidentKiB / 1024.0);
        }
        finally
        {
            _ = Linux.kill(process.Id, Linux.SIGTERM);
            process.WaitForExit();
        }
    }

    private static void WriteJson(LoadOptions options, List<double> milliseconds, List<double> residentMiB)
    {
        using FileStream stream = File.Create(options.JsonFile);
        using Utf8JsonWriter json = new(stream);
        json.WriteStartObject();
        json.WriteString("scenario", options.Scenario);
        json.WriteString("server", options.Label);
        json.WriteString("mode", "start");
        Numbers(json, "startMs", milliseconds);
        Numbers(json, "residentMiB", residentMiB);
        json.WriteEndObject();
    }

    private static void Numbers(Utf8JsonWriter json, string name, List<double> values)
    {
        json.WriteStartArray(name);
        foreach (double value in values)
        {
            json.WriteNumberValue(Math.Round(value, 2));
        }

        json.WriteEndArray();
    }
}
