using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;
using Xunit.Sdk;

namespace Unkey.Server.Tests.Tcp.Events;

/// <summary>The disk of rings and spool is full, at the start and later; the key store has another one.</summary>
public sealed class SpoolDiskTests : IDisposable
{
    private const string SpoolDown = "Events stay in the rings";
    private const string SpoolUp = "The spool can be written again";

    private readonly string _data = Directory.CreateTempSubdirectory("unkey-test-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    /// <summary>First the rings hold what the disk does not take, and nothing is lost; then they are full, and the rest is counted. Verification never notices.</summary>
    [Fact]
    public void AFullDiskUnderTheSpoolLosesWhatTheRingsCannotHoldAndCountsIt()
    {
        List<string> answered = [];
        long dropped;
        using (ServerProcess server = ServerProcess.Start(Setup("4m")))
        {
            using ApiClient client = server.Client();
            string key = client.CreateKey(client.CreateApi()).Key;
            Verify(client, key, 100, answered);
            Poll.Until(() => server.Metric("unkey_events_delivered_total") == answered.Count, "the first events are delivered");

            // Seen from outside through the server's own mounts.
            string events = $"/proc/{server.ProcessId}/root{Path.Combine(_data, "events")}";
            string filler = Path.Combine(events, "filler");
            FillUp(filler);
            Verify(client, key, 100, answered);
            Poll.Until(() => server.Output.Contains(SpoolDown, StringComparison.Ordinal), "the log says that the spool cannot be written");
            Assert.Equal(0, server.Metric("unkey_events_dropped_total"));
            Assert.True(server.Metric("unkey_event_ring_bytes") > 0);
            Assert.Equal(100, server.Metric("unkey_events_delivered_total"));

            // Many attempts later nothing lies there that takes the last bytes of the disk.
            Assert.Equal(["last.delivered"], Directory.GetFiles(Path.Combine(events, "spool")).Select(Path.GetFileName));
            File.Delete(filler);
            Poll.Until(() => server.Metric("unkey_events_delivered_total") == answered.Count, "everything is delivered");
            Poll.Until(() => Count(server, SpoolUp) == 1, "the log says that the spool can be written");
            Assert.Equal(1, Count(server, SpoolDown));

            FillUp(filler);
            while (server.Metric("unkey_events_dropped_total") == 0)
            {
                Verify(client, key, 200, answered);
                Assert.True(answered.Count < 20_000, "the rings are never full");
            }

            Poll.Until(() => Count(server, SpoolDown) == 2, "the log says so again");
            File.Delete(filler);
            Poll.Until(() => server.Metric("unkey_event_ring_bytes") == 0 && server.Metric("unkey_event_spool_bytes") == 0, "what the rings held is delivered");
            Verify(client, key, 50, answered);
            Poll.Until(() => server.Metric("unkey_event_ring_bytes") == 0 && server.Metric("unkey_event_spool_bytes") == 0, "everything is delivered");
            dropped = (long)server.Metric("unkey_events_dropped_total");
            Poll.Until(() => Count(server, SpoolUp) == 2, "the log says so again");
            Assert.Equal(2, Count(server, SpoolDown));
            Assert.Equal(answered.Count - dropped, server.Metric("unkey_events_delivered_total"));
        }

        using EventStoreReader store = new(_data);
        List<string> stored = store.Texts("SELECT request_id FROM key_verifications_v1");
        Assert.Equal(answered.Count - dropped, stored.Count);
        Assert.Equal(stored.Count, stored.Distinct().Count());
        Assert.Empty(stored.Except(answered));
        Assert.Empty(answered.Take(200).Concat(answered.TakeLast(50)).Except(stored));
        Assert.Equal(stored.Count, store.Number("SELECT sum(count) FROM key_verifications_per_day_v1"));
    }

    [Fact]
    public void ADiskThatIsTooSmallForTheRingsStopsTheStartAndSaysWhichFileAndWhatToDo()
    {
        XunitException failure = Assert.Throws<XunitException>(() => ServerProcess.Start(Setup("100k")));
        Assert.Contains("events cannot be recorded in", failure.Message, StringComparison.Ordinal);
        Assert.Contains("ring-", failure.Message, StringComparison.Ordinal);
        Assert.Contains("disk was full", failure.Message, StringComparison.Ordinal);
        Assert.Contains("--event-ring-size", failure.Message, StringComparison.Ordinal);
        Assert.Contains("--events=false", failure.Message, StringComparison.Ordinal);
    }

    private static void Verify(ApiClient client, string key, int count, List<string> answered)
    {
        for (int i = 0; i < count; i++)
        {
            Reply reply = client.Verify(key);
            Assert.Equal("VALID", reply.Code);
            answered.Add(reply.RequestId);
        }
    }

    private static int Count(ServerProcess server, string text) => server.Output.Split('\n').Count(line => line.Contains(text, StringComparison.Ordinal));

    private static void FillUp(string path)
    {
        using FileStream file = new(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        byte[] page = new byte[4096];
        try
        {
            while (true)
            {
                file.Write(page);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    /// <summary>The directory of rings and spool on a file system of its own, in a namespace of its own. Works as root, and as a user where user namespaces are on.</summary>
    private ServerSetup Setup(string size)
    {
        ServerSetup setup = new()
        {
            DataDirectory = _data,
            Options = ["--event-ring-size", "64KiB", "--event-batch-age", "20ms", "--event-batch-size", "50"],
        };

        // The first start wants an empty directory.
        using (ServerProcess.Start(setup))
        {
        }

        return setup with
        {
            ShellPrefix = Environment.UserName == "root" ? ["unshare", "--mount"] : ["unshare", "--map-root-user", "--mount"],
            Shell = $"mount -t tmpfs -o size={size},mode=0700 tmpfs '{Path.Combine(_data, "events")}' && exec \"$@\"",
        };
    }
}
