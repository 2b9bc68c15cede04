using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;
using Xunit.Abstractions;

namespace Unkey.Server.Tests.Tcp.Lifecycle;

/// <summary>kill -9 in the middle of a stream of writes: whatever was answered is there after the restart.</summary>
public sealed class KillTests(ITestOutputHelper output) : IDisposable
{
    private const int Rounds = 5;
    private const int Writers = 8;

    private readonly string _directory = Directory.CreateTempSubdirectory("unkey-test-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task EveryKeyThatWasAnsweredVerifiesAfterTheRestart()
    {
        int seed = Environment.GetEnvironmentVariable("UNKEY_TEST_SEED") is { Length: > 0 } given ? int.Parse(given) : Random.Shared.Next();
        output.WriteLine($"UNKEY_TEST_SEED={seed}");
        Random random = new(seed);
        ServerSetup setup = new() { DataDirectory = Path.Combine(_directory, "data") };
        List<CreatedKey> answered = [];
        List<CreatedKey> deleted = [];
        for (int round = 0; round < Rounds; round++)
        {
            int killAfter = random.Next(1, 150);
            using ServerProcess server = ServerProcess.Start(setup);
            CheckAll(server, answered, deleted);
            using ApiClient client = server.Client();
            string apiId = client.CreateApi();
            int count = 0;
            Task<(List<CreatedKey> Created, List<CreatedKey> Deleted)>[] writers =
            [
                .. Enumerable.Range(0, Writers).Select(_ => Task.Factory.StartNew(
                    () => WriteUntilKilled(server, apiId, () => Interlocked.Increment(ref count)), TaskCreationOptions.LongRunning)),
            ];
            Poll.Until(() => Volatile.Read(ref count) >= killAfter, "enough keys are created");
            server.Kill();
            foreach ((List<CreatedKey> created, List<CreatedKey> gone) in await Task.WhenAll(writers))
            {
                answered.AddRange(created);
                deleted.AddRange(gone);
            }
        }

        output.WriteLine($"{answered.Count} keys created, {deleted.Count} deleted over {Rounds} rounds");
        Assert.NotEmpty(deleted);
        using ServerProcess last = ServerProcess.Start(setup);
        CheckAll(last, answered, deleted);
    }

    private static void CheckAll(ServerProcess server, List<CreatedKey> answered, List<CreatedKey> deleted)
    {
        using ApiClient client = server.Client();
        foreach (CreatedKey key in answered)
        {
            Assert.Equal("VALID", client.Verify(key.Key).Code);
        }

        foreach (CreatedKey key in deleted)
        {
            Assert.Equal("NOT_FOUND", client.Verify(key.Key).Code);
        }
    }

    // A key whose deletion was asked for and not answered may be there or not, so it is in neither list.
    private static (List<CreatedKey> Created, List<CreatedKey> Deleted) WriteUntilKilled(ServerProcess server, string apiId, Action answered)
    {
        List<CreatedKey> created = [];
        List<CreatedKey> deleted = [];
        try
        {
            using ApiClient client = server.Client();
            for (int i = 1; ; i++)
            {
                created.Add(client.CreateKey(apiId));
                answered();
                if (i % 4 == 0)
                {
                    CreatedKey victim = created[^2];
                    created.RemoveAt(created.Count - 2);
                    if (client.Post("keys.deleteKey", $$"""{"keyId":"{{victim.KeyId}}"}""").Status == 200)
                    {
                        deleted.Add(victim);
                    }
                }
            }
        }
        catch (Exception e) when (e is SocketException or EndOfStreamException)
        {
            return (created, deleted);
        }
    }
}
