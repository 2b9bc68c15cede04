using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;
using Xunit.Abstractions;

namespace Unkey.Server.Tests.Tcp.Lifecycle;

/// <summary>
/// A disk that says at the flush, or at a write, that it could not: each call fails in turn, by strace. What was refused is not there, what was
/// acknowledged stays, and memory and file agree after a restart.
/// </summary>
public sealed class FlushFaultTests(ITestOutputHelper output) : IDisposable
{
    private const int Turns = 8;

    private readonly string _data = Directory.CreateTempSubdirectory("unkey-test-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Theory]
    [InlineData("fdatasync,fsync")]
    [InlineData("pwrite64")]
    public void AFailedCallRefusesItsWriteAndNothingElse(string calls)
    {
        ServerSetup setup = new() { DataDirectory = Path.Combine(_data, "files") };
        List<CreatedKey> created = [];
        int refused = 0;
        string apiId;
        using (ServerProcess server = ServerProcess.Start(setup))
        {
            using ApiClient client = server.Client();
            apiId = client.CreateApi();
            created.Add(client.CreateKey(apiId));
            for (int turn = 1; turn <= Turns; turn++)
            {
                using (Process trace = Inject(server, calls, turn))
                {
                    for (int i = 0; i < 2; i++)
                    {
                        Reply reply = client.Post("keys.createKey", $$"""{"apiId":"{{apiId}}"}""");
                        if (reply.Status == 200)
                        {
                            created.Add(new CreatedKey(reply.Data.GetProperty("keyId").GetString()!, reply.Data.GetProperty("key").GetString()!, apiId));
                        }
                        else
                        {
                            reply.Refused(ErrorCode.Unavailable);
                            refused++;
                        }

                        Assert.Equal("VALID", client.Verify(created[^1].Key).Code);
                    }

                    Detach(trace);
                }

                // The fault has passed, and so has what it stopped.
                created.Add(client.CreateKey(apiId));
                AssertHasExactly(client, apiId, created);
            }
        }

        output.WriteLine($"{Turns} faults of {calls}: {refused} writes refused, {created.Count} acknowledged");
        Assert.True(refused > 0, "some of the calls that failed belong to a write");
        using ServerProcess again = ServerProcess.Start(setup);
        using ApiClient reader = again.Client();
        AssertHasExactly(reader, apiId, created);
        Assert.All(created, key => Assert.Equal("VALID", reader.Verify(key.Key).Code));
    }

    private static void AssertHasExactly(ApiClient client, string apiId, List<CreatedKey> created)
    {
        IEnumerable<string?> listed = client.Pages("apis.listKeys", $"\"apiId\":\"{apiId}\"").SelectMany(static page => page).Select(static key => key.GetProperty("keyId").GetString());
        Assert.Equal(created.Select(static key => key.KeyId).Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    /// <summary>Makes the n-th call from now on fail, in whichever thread it comes.</summary>
    private static Process Inject(ServerProcess server, string calls, int n)
    {
        Process trace = Process.Start(new ProcessStartInfo(
            "strace", ["-f", "-p", $"{server.ProcessId}", "-e", $"trace={calls}", "-e", $"inject={calls}:error=EIO:when={n}", "-o", "/dev/null"])
        {
            RedirectStandardError = true,
        })!;

        // It says so on its error stream when it holds every thread.
        string said = trace.StandardError.ReadLine() ?? "";
        Assert.Contains("attached", said, StringComparison.Ordinal);
        return trace;
    }

    private static void Detach(Process trace)
    {
        Signals.Terminate(trace.Id);
        trace.StandardError.ReadToEnd();
        Assert.True(trace.WaitForExit(Poll.Deadline), "strace lets go");
    }
}
