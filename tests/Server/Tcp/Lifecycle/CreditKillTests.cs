using System;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;
using Xunit.Abstractions;

namespace Unkey.Server.Tests.Tcp.Lifecycle;

/// <summary>A credit that was taken is never handed out again, whenever the process dies, and whether there are events or not.</summary>
public sealed class CreditKillTests(ITestOutputHelper output) : IDisposable
{
    private const int Rounds = 10;
    private const int Callers = 3;
    private const long Given = 1_000_000;
    private const int CostMax = 3;
    private const int Up = 7;
    private const int Down = 5;

    private readonly string _directory = Directory.CreateTempSubdirectory("unkey-test-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task BalancesAreExactThroughKillsBesideMoves()
    {
        int seed = Environment.GetEnvironmentVariable("UNKEY_TEST_SEED") is { Length: > 0 } given ? int.Parse(given) : Random.Shared.Next();
        output.WriteLine($"UNKEY_TEST_SEED={seed}");
        Random random = new(seed);
        ServerSetup setup = new() { DataDirectory = Path.Combine(_directory, "data"), Options = ["--events=false"] };
        string? keyId = null;
        string key = "";
        long expectedMost = Given;
        long expectedLeast = Given;
        for (int round = 0; round < Rounds; round++)
        {
            int killAfter = random.Next(1, 1_500);
            using ServerProcess server = ServerProcess.Start(setup);
            using ApiClient client = server.Client();
            if (keyId is null)
            {
                CreatedKey created = client.CreateKey(client.CreateApi(), $"\"credits\":{{\"remaining\":{Given}}}");
                (keyId, key) = (created.KeyId, created.Key);
            }

            Assert.InRange(client.Remaining(keyId), expectedLeast, expectedMost);

            // What is left after a kill is the truth of the next round, so that nothing adds up over the rounds.
            expectedMost = expectedLeast = client.Remaining(keyId);
            int count = 0;
            Task<long>[] takes = [.. Enumerable.Range(0, Callers).Select(_ => Start(() => TakeUntilKilled(server, key, () => Interlocked.Increment(ref count))))];
            Task<long> moves = Start(() => MoveUntilKilled(server, keyId));
            Poll.Until(() => Volatile.Read(ref count) >= killAfter, "enough calls are answered");
            server.Kill();
            long moved = await moves;
            long taken = (await Task.WhenAll(takes)).Sum();

            // A request whose answer was under way was decided, or not.
            expectedMost += moved - taken + Up;
            expectedLeast += moved - taken - (Callers * CostMax) - Down;
        }

        using ServerProcess last = ServerProcess.Start(setup);
        using ApiClient reader = last.Client();
        Assert.InRange(reader.Remaining(keyId!), expectedLeast, expectedMost);
        Assert.Equal(1, last.Metric("unkey_credit_file_up"));
    }

    /// <summary>Without moves there is one bound only: what was answered is gone.</summary>
    [Fact]
    public void EveryAnsweredTakeIsGoneAfterAKill()
    {
        ServerSetup setup = new() { DataDirectory = Path.Combine(_directory, "data"), Options = ["--events=false"] };
        string[] ids = new string[50];
        using (ServerProcess server = ServerProcess.Start(setup))
        {
            using ApiClient client = server.Client();
            string api = client.CreateApi();
            for (int i = 0; i < ids.Length; i++)
            {
                CreatedKey key = client.CreateKey(api, "\"credits\":{\"remaining\":100}");
                ids[i] = key.KeyId;
                Assert.Equal("VALID", client.Verify(key.Key, $"\"credits\":{{\"cost\":{i}}}").Code);
            }

            server.Kill();
        }

        for (int start = 0; start < 2; start++)
        {
            using ServerProcess server = ServerProcess.Start(setup);
            using ApiClient client = server.Client();
            Assert.Equal(Enumerable.Range(0, ids.Length).Select(static i => 100L - i), ids.Select(client.Remaining).ToArray());
            server.Kill();
        }
    }

    private static Task<long> Start(Func<long> run) => Task.Factory.StartNew(run, TaskCreationOptions.LongRunning);

    private static long TakeUntilKilled(ServerProcess server, string key, Action answered)
    {
        long taken = 0;
        try
        {
            using ApiClient client = server.Client();
            for (int i = 0; ; i++)
            {
                int cost = 1 + (i % CostMax);
                Assert.Equal("VALID", client.Verify(key, $"\"credits\":{{\"cost\":{cost}}}").Code);
                taken += cost;
                answered();
            }
        }
        catch (Exception e) when (e is SocketException or EndOfStreamException or JsonException)
        {
            return taken;
        }
    }

    private static long MoveUntilKilled(ServerProcess server, string keyId)
    {
        long moved = 0;
        try
        {
            using ApiClient client = server.Client();
            for (int i = 0; ; i++)
            {
                bool isUp = i % 2 == 0;
                _ = client.Post(
                    "keys.updateCredits", $$"""{"keyId":"{{keyId}}","operation":"{{(isUp ? "increment" : "decrement")}}","value":{{(isUp ? Up : Down)}}}""").Data;
                moved += isUp ? Up : -Down;
            }
        }
        catch (Exception e) when (e is SocketException or EndOfStreamException or JsonException)
        {
            return moved;
        }
    }
}
