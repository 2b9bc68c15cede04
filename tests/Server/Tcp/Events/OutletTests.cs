using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Events;

/// <summary>Events as lines on standard output and in files, with a reader that leaves or sleeps, and a disk that is full.</summary>
public sealed class OutletTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("unkey-test-").FullName;

    private string Data => Path.Combine(_directory, "data");

    private string ExportFile => Path.Combine(Data, "events", "export", "events.ndjson");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void StandardOutputHoldsEventsAloneAndStandardErrorTheLog()
    {
        ServerSetup setup = Setup("stdout", "--request-log", "all");
        string[] answered;
        string[] lines;
        using (ServerProcess server = ServerProcess.Start(setup with { RootKey = null }))
        {
            // The root key of a first start is no event either.
            Assert.Contains(server.Output.Split('\n'), static line => line.StartsWith("Root key, shown only this once: ", StringComparison.Ordinal));
            Assert.DoesNotContain(server.OutputLines, static line => line.Contains("Root key", StringComparison.Ordinal));
            server.Stop();
        }

        using (ServerProcess server = ServerProcess.Start(setup))
        {
            using ApiClient client = server.Client();
            CreatedKey key = client.CreateKey(client.CreateApi(), "\"externalId\":\"user_9\"");
            answered = [client.Verify(key.Key, "\"tags\":[\"a=b\"]").RequestId, client.Post("ratelimit.limit", """{"namespace":"n","identifier":"me","limit":5,"duration":60000}""").RequestId];
            Poll.Until(() => server.Metric("unkey_event_outlet_lines_total") == 6, "the lines are written");
            Assert.Equal((1, 0), (server.Metric("unkey_event_outlet_up"), server.Metric("unkey_event_outlet_lost_total")));
            server.Stop();
            lines = server.OutputLines;
            server.AwaitOutput("\"Stopped\"");
        }

        Assert.Equal(
            [
                $"ratelimit {answered[1]}", "request /v2/apis.createApi", "request /v2/keys.createKey", "request /v2/keys.verifyKey", "request /v2/ratelimit.limit",
                $"verification {answered[0]}",
            ],
            lines.Select(Name).Order(StringComparer.Ordinal));
        using EventStoreReader store = new(Data);
        Assert.Equal([answered[0]], store.Texts("SELECT request_id FROM key_verifications_v1"));
        Assert.Equal(4, store.Number("SELECT count(*) FROM api_requests_raw_v2 WHERE host = 'localhost'"));
    }

    [Fact]
    public void TheFileIsRotatedAndOnlySoManyAreKept()
    {
        ServerSetup setup = Setup("file", "--event-file-size", "1MiB", "--event-file-count", "3");
        HashSet<string> answered = [];
        using (ServerProcess server = ServerProcess.Start(setup))
        {
            using ApiClient client = server.Client();
            string key = client.CreateKey(client.CreateApi()).Key;
            string tag = new('t', 120);
            string tags = "\"tags\":[" + string.Join(',', Enumerable.Repeat($"\"{tag}\"", 20)) + "]";

            // About 2.8 KB a line: five megabytes.
            for (int i = 0; i < 1_800; i++)
            {
                answered.Add(client.Verify(key, tags).RequestId);
            }

            Poll.Until(() => server.Metric("unkey_event_outlet_lines_total") == 1_800, "the lines are written");
        }

        string[] files = [.. Directory.GetFiles(Path.GetDirectoryName(ExportFile)!).Order(StringComparer.Ordinal)];
        Assert.Equal([ExportFile, ExportFile + ".1", ExportFile + ".2"], files);
        Assert.All(files, static file => Assert.InRange(new FileInfo(file).Length, 1, 1024 * 1024));
        string[] lines = [.. files.SelectMany(File.ReadLines)];
        Assert.InRange(lines.Length, 700, 1_200);
        Assert.All(lines, line => Assert.Contains(JsonDocument.Parse(line).RootElement.GetProperty("request_id").GetString()!, answered));
        using EventStoreReader store = new(Data);
        Assert.Equal(1_800, store.Number("SELECT count(*) FROM key_verifications_v1"));
    }

    /// <summary>What was answered before a kill is a line once the next start has found it, at most once; and the store has it exactly once.</summary>
    [Fact]
    public void AKillDoublesNoLine()
    {
        ServerSetup setup = Setup("file");
        List<string> answered = [];
        for (int round = 0; round < 5; round++)
        {
            using ServerProcess server = ServerProcess.Start(setup);
            using ApiClient client = server.Client();
            string key = client.CreateKey(client.CreateApi()).Key;
            for (int i = 0; i < 100 + (round * 33); i++)
            {
                answered.Add(client.Verify(key).RequestId);
            }

            server.Kill();
        }

        using (ServerProcess server = ServerProcess.Start(setup))
        {
            // The lines are whole: one that the kill cut has got its end, and says nothing.
            Poll.Until(() => server.Metric("unkey_event_ring_bytes") == 0, "all is sealed");
        }

        string[] lines = [.. File.ReadLines(ExportFile)];
        string[] whole = [.. lines.Where(IsJson).Select(static line => JsonDocument.Parse(line).RootElement.GetProperty("request_id").GetString()!)];
        Assert.InRange(lines.Length - whole.Length, 0, 5);
        Assert.Equal(whole.Length, whole.Distinct().Count());
        Assert.Empty(whole.Except(answered));

        // A kill may meet a batch between its sealing and its writing, which is a matter of milliseconds.
        Assert.InRange(whole.Length, answered.Count * 0.5, answered.Count);
        using EventStoreReader store = new(Data);
        Assert.Equal(answered.Order(StringComparer.Ordinal), store.Texts("SELECT request_id FROM key_verifications_v1").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void AReaderThatHasLeftCostsItsLinesAndNothingElse()
    {
        string pipe = Path.Combine(_directory, "pipe");
        ServerSetup setup = Setup("stdout") with { Shell = $"mkfifo '{pipe}' && {{ head -c 1 < '{pipe}' > /dev/null 2>&1 & exec \"$@\" > '{pipe}'; }}" };
        using (ServerProcess server = ServerProcess.Start(setup))
        {
            using ApiClient client = server.Client();
            string key = client.CreateKey(client.CreateApi()).Key;
            for (int i = 0; i < 50; i++)
            {
                Assert.Equal("VALID", client.Verify(key).Code);
                Poll.Until(() => server.Metric("unkey_event_ring_bytes") == 0, "the event is sealed");
            }

            Poll.Until(() => server.Metric("unkey_event_outlet_lines_total") + server.Metric("unkey_event_outlet_lost_total") == 50, "every line is dealt with");
            Assert.InRange(server.Metric("unkey_event_outlet_lost_total"), 1, 50);
            Assert.Equal(0, server.Metric("unkey_event_outlet_up"));
            Poll.Until(() => server.Metric("unkey_events_delivered_total") == 50, "the store has everything");
            server.Stop();
            Assert.Single(server.Output.Split('\n'), static line => line.Contains("\"OutletDown\"", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void AReaderThatSleepsHoldsUpNothing()
    {
        const int Calls = 60_000;
        string pipe = Path.Combine(_directory, "pipe");
        string holder = Path.Combine(_directory, "holder");
        ServerSetup setup = Setup("stdout", "--event-batch-size", "1000000", "--event-ring-size", "64MiB") with
        {
            Shell = $"mkfifo '{pipe}' && {{ sleep 60 < '{pipe}' > /dev/null 2>&1 & echo $! > '{holder}'; exec \"$@\" > '{pipe}'; }}",
        };
        using ServerProcess server = ServerProcess.Start(setup);
        try
        {
            using ApiClient client = server.Client();
            string key = client.CreateKey(client.CreateApi()).Key;
            string tags = "\"tags\":[" + string.Join(',', Enumerable.Repeat($"\"{new string('t', 120)}\"", 8)) + "]";
            byte[] request = new ApiRequest("keys.verifyKey", $$"""{"key":"{{key}}",{{tags}}}""") { Authorization = "Bearer " + client.RootKey }.ToBytes();
            byte[] batch = [.. Enumerable.Range(0, 50).SelectMany(_ => request)];
            using RawConnection connection = server.Connect();
            for (int sent = 0; sent < Calls; sent += 50)
            {
                connection.Send(batch);
                for (int i = 0; i < 50; i++)
                {
                    Assert.Equal(200, connection.Read().Status);
                }
            }

            // Sixty megabytes of events, of which the pipe takes 64 KiB and the queue sixteen megabytes.
            Poll.Until(() => server.Metric("unkey_events_delivered_total") == Calls, "the store has everything");
            Assert.InRange(server.Metric("unkey_event_outlet_lost_total"), Calls / 2, Calls - 1);
            Assert.Equal((0, 0), (server.Metric("unkey_event_outlet_up"), server.Metric("unkey_events_dropped_total")));
            server.Stop();
            Assert.Single(server.Output.Split('\n'), static line => line.Contains("\"OutletDown\"", StringComparison.Ordinal));
            Assert.Single(server.Output.Split('\n'), static line => line.Contains("\"OutletAbandoned\"", StringComparison.Ordinal));
        }
        finally
        {
            Signals.Terminate(int.Parse(File.ReadAllText(holder)));
        }
    }

    [Fact]
    public void AFullDiskOfTheFileLeavesTheStoreAlone()
    {
        // A mount of its own, in a namespace of its own, seen by the server alone, as in DiskFaultTests.
        string disk = Path.Combine(_directory, "disk");
        Directory.CreateDirectory(disk);
        string copy = Path.Combine(_directory, "copy");
        // Five batches of the same size, none of which finds room once one did not.
        ServerSetup setup = Setup("file", "--event-file", Path.Combine(disk, "lines"), "--event-batch-size", "100") with
        {
            ShellPrefix = Environment.UserName == "root" ? ["unshare", "--mount"] : ["unshare", "--map-root-user", "--mount"],
            Shell = $"mount -t tmpfs -o size=512k,mode=0700 tmpfs '{disk}' && exec \"$@\"",
        };
        using (ServerProcess server = ServerProcess.Start(setup))
        {
            using ApiClient client = server.Client();
            string key = client.CreateKey(client.CreateApi()).Key;
            string tags = "\"tags\":[" + string.Join(',', Enumerable.Repeat($"\"{new string('t', 120)}\"", 20)) + "]";
            for (int i = 0; i < 500; i++)
            {
                client.Verify(key, tags);
            }

            Poll.Until(() => server.Metric("unkey_event_outlet_lines_total") + server.Metric("unkey_event_outlet_lost_total") == 500, "every line is dealt with");
            Poll.Until(() => server.Metric("unkey_events_delivered_total") == 500, "the store has everything");
            Assert.Equal(0, server.Metric("unkey_event_outlet_up"));

            // Through the server's own view of the file system; then the disk gets room again, as if somebody had deleted the file.
            string seen = $"/proc/{server.ProcessId}/root{disk}/lines";
            double written = server.Metric("unkey_event_outlet_lines_total");
            double lost = server.Metric("unkey_event_outlet_lost_total");
            File.Copy(seen, copy);
            string[] taken = [.. File.ReadLines(copy).Select(Name)];
            Assert.Equal(written, taken.Count(static name => name.StartsWith("verification ", StringComparison.Ordinal)));
            Assert.InRange(lost, 1, 499);
            File.Delete(seen);
            client.Verify(key);
            Poll.Until(() => server.Metric("unkey_event_outlet_lines_total") == written + 1, "the file is written again");
            Poll.Until(() => server.Metric("unkey_event_outlet_up") == 1, "the outlet is known to be up");
            File.Copy(seen, copy, overwrite: true);
            string[] after = [.. File.ReadLines(copy).Select(Name)];
            Assert.Equal(["lost", "verification"], after.Select(static name => name.Split(' ')[0]));

            // A short line may have found room in between, so what is missing is told in one line or in several.
            Assert.Equal(lost, taken.Concat(after).Where(static name => name.StartsWith("lost ", StringComparison.Ordinal)).Sum(static name => int.Parse(name.AsSpan(5))));
            server.Stop();
            Assert.Single(server.Output.Split('\n'), static line => line.Contains("\"OutletDown\"", StringComparison.Ordinal));
            Assert.Single(server.Output.Split('\n'), static line => line.Contains("\"OutletUp\"", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("--event-sink", "console")]
    [InlineData("--event-sink", "stdout", "--events=false")]
    [InlineData("--event-file", "/tmp/lines")]
    [InlineData("--event-sink", "file", "--event-file", "/dev/null")]
    [InlineData("--event-sink", "file", "--event-file", "/proc/nowhere/lines")]
    [InlineData("--event-sink", "file", "--event-file-count", "0")]
    public void WhatCannotBeStopsTheStartAndIsNamed(params string[] options)
    {
        CommandRun run = CommandRun.Of(["serve", "--listen", "127.0.0.1:0", "--admin", "off", "--data", Data, .. options]);
        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains(options.Last(static option => option.StartsWith("--event-", StringComparison.Ordinal)), run.Errors, StringComparison.Ordinal);
    }

    private static bool IsJson(string line)
    {
        try
        {
            JsonDocument.Parse(line).Dispose();
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string Name(string line)
    {
        JsonElement json = JsonDocument.Parse(line).RootElement;
        string type = json.GetProperty("type").GetString()!;
        return type switch
        {
            "lost" => $"lost {json.GetProperty("count").GetInt64()}",
            "request" => $"request {json.GetProperty("path").GetString()}",
            _ => $"{type} {json.GetProperty("request_id").GetString()}",
        };
    }

    private ServerSetup Setup(string sink, params string[] more) => new()
    {
        DataDirectory = Data,
        Options = ["--event-sink", sink, "--event-batch-age", more.Contains("--event-batch-size") ? "3s" : "20ms", .. more],
    };
}
