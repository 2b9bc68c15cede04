using System;
using System.IO;
using System.Text;
using System.Text.Json;
using HdrHistogram;

namespace Unkey.Load;

/// <summary><c>unkey-load run</c>: one measured run, printed and optionally written as JSON.</summary>
internal static class RunCommand
{
    private static readonly (string Name, double Percentile)[] s_percentiles =
        [("p50", 50), ("p90", 90), ("p99", 99), ("p999", 99.9), ("p9999", 99.99)];

    internal static int Execute(LoadOptions options)
    {
        ServerAddress address = ServerAddress.Parse(options.Address);
        KeySet keys = KeySet.Load(options.KeysFile, options.KeysMax);
        Tally tally = new();
        RunResult result = options.IsRedis
            ? Run(address, options, new RedisGetWorkload(keys, tally))
            : Run(address, options, new VerifyWorkload(options, address, keys, tally));
        Print(result, tally);
        if (options.JsonFile.Length > 0)
        {
            File.WriteAllBytes(options.JsonFile, ToJson(result, tally, keys.Count));
        }

        if (options.RequireValid && (tally.FirstOther is not null || result.Disconnects > 0))
        {
            Console.Error.WriteLine("unkey-load: not every answer was a valid key: " +
                Encoding.UTF8.GetString(tally.FirstOther ?? "connection closed by the server"u8.ToArray()));
            return 3;
        }

        return 0;
    }

    private static RunResult Run<TWorkload>(ServerAddress address, LoadOptions options, TWorkload workload)
        where TWorkload : struct, IWorkload
    {
        using Driver<TWorkload> driver = new(address, options, workload);
        return driver.Run();
    }

    private static void Print(RunResult result, Tally tally)
    {
        LoadOptions options = result.Options;
        string mode = options.IsOpenLoop ? $"open loop {options.RatePerSecond:0}/s" : "closed loop";
        Console.WriteLine($"{options.Label}: {mode}, {options.Connections} connections, depth {options.Depth}, {options.Seconds} s");
        Console.WriteLine($"  {result.RequestsPerSecond:0} requests/s, {result.Requests} answers of {Mean(result):0} bytes, " +
            $"{tally.Valid} valid, {tally.Invalid} invalid (both with warm-up), unanswered {result.Unanswered}, " +
            $"disconnects {result.Disconnects}");
        Console.WriteLine($"  latency us: {Percentiles(result.Latency)}");
        if (options.IsOpenLoop)
        {
            Console.WriteLine($"  of which the generator's own lateness: {Percentiles(result.Lateness)}");
        }

        if (options.ServerPid > 0)
        {
            Console.WriteLine($"  server CPU {result.CpuUs:0.000} us/request (busiest thread {result.BusiestThreadUs:0.000}, user {result.UserUs:0.00}, system " +
                $"{result.CpuUs - result.UserUs:0.00}), busy {result.ServerBusy:P0}, switches {result.Server.VoluntarySwitches} voluntary " +
                $"{result.Server.InvoluntarySwitches} involuntary, resident {result.Server.ResidentKiB / 1024.0:0.0} MiB");
        }

        string allocated = double.IsNaN(result.Allocated.Total) ? "" : $", server allocated {result.AllocatedBytesPerRequest:0.0} bytes/request";
        Console.WriteLine($"  generator busy {result.LoadBusy:P0}{allocated}");
    }

    private static double Mean(RunResult result) => result.Completed == 0 ? 0 : (double)result.ResponseBytes / result.Completed;

    private static string Percentiles(LongHistogram histogram)
    {
        StringBuilder text = new();
        foreach ((string name, double percentile) in s_percentiles)
        {
            text.Append(name).Append(' ').Append(Us(histogram, percentile).ToString("0.0")).Append("  ");
        }

        return text.Append("max ").Append((Max(histogram) / 1e3).ToString("0.0")).ToString();
    }

    private static double Us(LongHistogram histogram, double percentile) =>
        histogram.TotalCount == 0 ? 0 : histogram.GetValueAtPercentile(percentile) / 1e3;

    private static long Max(LongHistogram histogram) => histogram.TotalCount == 0 ? 0 : histogram.GetMaxValue();

    private static byte[] ToJson(RunResult result, Tally tally, int keys)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = false }))
        {
            LoadOptions options = result.Options;
            json.WriteStartObject();
            json.WriteString("scenario", options.Scenario);
            json.WriteString("server", options.Label);
            json.WriteNumber("round", options.Round);
            json.WriteString("mode", options.IsOpenLoop ? "open" : "closed");
            json.WriteNumber("connections", options.Connections);
            json.WriteNumber("depth", options.Depth);
            json.WriteNumber("ratePerSecond", options.RatePerSecond);
            json.WriteNumber("seconds", options.Seconds);
            json.WriteNumber("keys", keys);
            json.WriteNumber("requests", result.Requests);
            Number(json, "requestsPerSecond", result.RequestsPerSecond, 1);
            json.WriteNumber("unanswered", result.Unanswered);
            json.WriteNumber("disconnects", result.Disconnects);
            json.WriteNumber("abandoned", result.Abandoned);
            Number(json, "responseBytes", Mean(result), 1);
            json.WriteNumber("valid", tally.Valid);
            json.WriteNumber("invalid", tally.Invalid);
            json.WriteStartObject("statuses");
            for (int status = 0; status < 600; status++)
            {
                if (tally[status] > 0)
                {
                    json.WriteNumber(status.ToString(), tally[status]);
                }
            }

            json.WriteEndObject();
            Histogram(json, "latencyUs", result.Latency);
            Histogram(json, "generatorLatenessUs", result.Lateness);
            Number(json, "cpuUs", result.CpuUs, 3);
            Number(json, "busiestThreadUs", result.BusiestThreadUs, 3);
            Number(json, "userUs", result.UserUs, 3);
            Number(json, "systemUs", result.CpuUs - result.UserUs, 3);
            Number(json, "serverBusy", result.ServerBusy, 3);
            Number(json, "generatorBusy", result.LoadBusy, 3);
            if (!double.IsNaN(result.Allocated.Total))
            {
                Number(json, "allocatedBytes", result.AllocatedBytesPerRequest, 2);
            }

            if (!double.IsNaN(result.Allocated.Reactors))
            {
                Number(json, "reactorAllocatedBytes", result.ReactorAllocatedBytesPerRequest, 2);
            }

            json.WriteNumber("voluntarySwitches", result.Server.VoluntarySwitches);
            json.WriteNumber("involuntarySwitches", result.Server.InvoluntarySwitches);
            json.WriteNumber("residentKiB", result.Server.ResidentKiB);
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void Histogram(Utf8JsonWriter json, string name, LongHistogram histogram)
    {
        json.WriteStartObject(name);
        foreach ((string percentile, double value) in s_percentiles)
        {
            Number(json, percentile, Us(histogram, value), 1);
        }

        Number(json, "max", Max(histogram) / 1e3, 1);
        json.WriteEndObject();
    }

    private static void Number(Utf8JsonWriter json, string name, double value, int digits) =>
        json.WriteNumber(name, Math.Round(value, digits));
}
