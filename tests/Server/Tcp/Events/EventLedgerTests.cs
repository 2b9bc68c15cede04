using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;
using Xunit.Abstractions;

namespace Unkey.Server.Tests.Tcp.Events;

/// <summary>Every answer is one event, whatever happens to the process in between.</summary>
public sealed class EventLedgerTests(ITestOutputHelper output) : IDisposable
{
    private const int Rounds = 20;
    private const int Callers = 4;

    private readonly string _directory = Directory.CreateTempSubdirectory("unkey-test-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task EveryAnswerIsOneEventThroughKillsAtAnyMoment()
    {
        int seed = Environment.GetEnvironmentVariable("UNKEY_TEST_SEED") is { Length: > 0 } given ? int.Parse(given) : Random.Shared.Next();
        output.WriteLine($"UNKEY_TEST_SEED={seed}");
        Random random = new(seed);

        // Small batches, so that kills meet sealing and delivery as well.
        ServerSetup setup = new()
        {
            DataDirectory = Path.Combine(_directory, "data"),
            Options = ["--event-batch-age", "20ms", "--event-batch-size", "50", "--event-ring-size", "1MiB"],
        };
        Dictionary<string, string> answered = [];
        List<(string KeyId, int Valid)> spent = [];
        int unanswered = 0;
        for (int round = 0; round < Rounds; round++)
        {
            int killAfter = random.Next(1, 2_000);
            using ServerProcess server = ServerProcess.Start(setup);
            using ApiClient client = server.Client();
            CreatedKey key = client.CreateKey(client.CreateApi(), "\"credits\":{\"remaining\":500}");
            int count = 0;
            Task<Dictionary<string, string>>[] callers =
            [
                .. Enumerable.Range(0, Callers).Select(i => Task.Factory.StartNew(
                    () => CallUntilKilled(server, key.Key, isLimit: i == 0, () => Interlocked.Increment(ref count)), TaskCreationOptions.LongRunning)),
            ];
            Poll.Until(() => Volatile.Read(ref count) >= killAfter, "enough calls are answered");
            Assert.Equal(0, server.Metric("unkey_events_dropped_total"));
            server.Kill();
            int valid = 0;
            foreach (Dictionary<string, string> answers in await Task.WhenAll(callers))
            {
                valid += answers.Values.Count(static outcome => outcome == "VALID");
                unanswered++;
                foreach ((string id, string outcome) in answers)
                {
                    answered.Add(id, outcome);
                }
            }

            spent.Add((key.KeyId, valid));
        }

        // The last start delivers what the last kill left, the stop what there may be besides. Waited for, because a stop on a busy machine may leave batches in the spool for a next start.
        using (ServerProcess server = ServerProcess.Start(setup))
        {
            using ApiClient client = server.Client();
            Assert.All(spent, key => Assert.InRange(client.Remaining(key.KeyId), 500 - key.Valid - (Callers - 1), 500 - key.Valid));
            Poll.Until(() => server.Metric("unkey_event_batches_waiting") == 0, "what the kills left is delivered");
        }

        using EventStoreReader store = new(setup.DataDirectory);
        List<string> verified = store.Texts("SELECT request_id || ' ' || outcome FROM key_verifications_v1");
        List<string> limited = store.Texts("SELECT request_id || ' ' || passed FROM ratelimits_v1");
        HashSet<string> stored = [.. verified, .. limited];
        output.WriteLine($"{answered.Count} answers, {stored.Count} events over {Rounds} kills");
        Assert.Equal(verified.Count + limited.Count, stored.Count);
        Assert.Empty(answered.Select(static pair => $"{pair.Key} {pair.Value}").Where(answer => !stored.Contains(answer)).Take(10));

        // A request whose answer was under way when the process died was decided, and may be stored.
        Assert.InRange(stored.Count - answered.Count, 0, unanswered);
        Assert.Equal(verified.Count, store.Number("SELECT sum(count) FROM key_verifications_per_minute_v1"));
        Assert.Equal(verified.Count, store.Number("SELECT sum(count) FROM key_verifications_per_month_v1"));
        Assert.Equal(limited.Count, store.Number("SELECT sum(total) FROM ratelimits_per_day_v1"));
        Assert.Equal(
            verified.Count(static row => row.EndsWith(" VALID", StringComparison.Ordinal)),
            store.Number("SELECT sum(spent_credits) FROM key_verifications_per_hour_v1"));
    }

    [Fact]
    public void AnEventTellsWhatWasDecided()
    {
        ServerSetup setup = new() { DataDirectory = Path.Combine(_directory, "data") };
        string requestId;
        string limitId;
        string keyId;
        using (ServerProcess server = ServerProcess.Start(setup))
        {
            using ApiClient client = server.Client();
            string api = client.CreateApi();
            CreatedKey key = client.CreateKey(api, "\"externalId\":\"user_9\",\"credits\":{\"remaining\":1}");
            keyId = key.KeyId;
            requestId = client.Verify(key.Key, "\"tags\":[\"path=/v1\",\"\\\"quoted\\\"\"]").RequestId;
            Assert.Equal("USAGE_EXCEEDED", client.Verify(key.Key).Code);
            Assert.Equal("NOT_FOUND", client.Verify("nobody_knows_this_key").Code);
            limitId = client.Post("ratelimit.limit", """{"namespace":"n","identifier":"me","limit":5,"duration":60000,"cost":2}""").RequestId;
            client.Send(new ApiRequest("ratelimit.limit", """{"namespace":"n","identifier":"me","limit":5,"duration":60000}""")
            {
                Authorization = "Bearer " + client.RootKey,
                MoreFields = ["X-Unkey-Metrics: disabled"],
            });
            client.Post(
                "ratelimit.multiLimit",
                """[{"namespace":"n","identifier":"a","limit":1,"duration":60000},{"namespace":"n","identifier":"b","limit":1,"duration":60000,"cost":2}]""");
        }

        using EventStoreReader store = new(setup.DataDirectory);
        Assert.Equal(
            [$"{requestId}|{keyId}|VALID|user_9|[\"path=/v1\",\"\\u0022quoted\\u0022\"]|1|api"],
            store.Texts("SELECT request_id || '|' || key_id || '|' || outcome || '|' || external_id || '|' || tags || '|' || spent_credits || '|' || source"
                + " FROM key_verifications_v1 WHERE outcome = 'VALID'"));
        Assert.Equal(["USAGE_EXCEEDED", "VALID"], store.Texts("SELECT outcome FROM key_verifications_v1 ORDER BY outcome"));
        Assert.Equal(1, store.Number("SELECT count(*) FROM key_verifications_v1 WHERE outcome = 'VALID' AND latency > 0 AND latency < 10000 AND key_space_id LIKE 'ks_%' AND identity_id LIKE 'id_%'"));
        Assert.Equal(
            ["a|1|1|1|1", "b|0|1|0|2", "me|1|5|3|2"],
            store.Texts("SELECT identifier || '|' || passed || '|' || \"limit\" || '|' || remaining || '|' || tokens FROM ratelimits_v1 ORDER BY identifier"));
        Assert.Equal([limitId], store.Texts("SELECT request_id FROM ratelimits_v1 WHERE identifier = 'me'"));
    }

    // What only verifies is used on the reactors alone.
    [Fact]
    public void ARootKeyTellsWhenItWasLastUsed()
    {
        ServerSetup setup = new() { DataDirectory = Path.Combine(_directory, "data"), Options = ["--events=false"] };
        long before = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        using (ServerProcess server = ServerProcess.Start(setup))
        {
            using ApiClient client = server.Client();
            CreatedKey key = client.CreateKey(client.CreateApi());
            using ApiClient verifier = client.WithPermissions("api.*.verify_key");
            Assert.Equal("VALID", verifier.Verify(key.Key).Code);
            using ApiClient powerless = client.WithPermissions("api.*.read_api");
            Assert.Equal("NOT_FOUND", powerless.Verify(key.Key).Code);
            client.WithPermissions("api.*.read_key").Dispose();
        }

        using ServerProcess next = ServerProcess.Start(setup);
        using ApiClient reader = next.Client();
        Dictionary<string, JsonElement> listed = reader.Post("rootKeys.listRootKeys", "{}").Data.EnumerateArray()
            .ToDictionary(static item => item.GetProperty("permissions")[0].GetString()!);
        Assert.InRange(listed["api.*.verify_key"].GetProperty("lastUsedAt").GetInt64(), before - 60_000, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        Assert.True(listed["api.*.read_api"].TryGetProperty("lastUsedAt", out _));
        Assert.False(listed["api.*.read_key"].TryGetProperty("lastUsedAt", out _));
    }

    [Fact]
    public void AKeyTellsWhenItWasLastUsed()
    {
        ServerSetup setup = new() { DataDirectory = Path.Combine(_directory, "data") };
        long before = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        CreatedKey used;
        CreatedKey unused;
        using (ServerProcess server = ServerProcess.Start(setup))
        {
            using ApiClient client = server.Client();
            string api = client.CreateApi();
            used = client.CreateKey(api);
            unused = client.CreateKey(api);
            Assert.Equal("VALID", client.Verify(used.Key).Code);
        }

        using ServerProcess next = ServerProcess.Start(setup);
        using ApiClient reader = next.Client();
        long lastUsedAt = reader.GetKey(used.KeyId).GetProperty("lastUsedAt").GetInt64();
        Assert.InRange(lastUsedAt, before - 60_000, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        Assert.Equal(0, lastUsedAt % 60_000);
        Assert.False(reader.GetKey(unused.KeyId).TryGetProperty("lastUsedAt", out _));
    }

    [Fact]
    public void WithEventsOffNothingIsRecorded()
    {
        ServerSetup setup = new() { DataDirectory = Path.Combine(_directory, "data"), Options = ["--events=false"] };
        using (ServerProcess server = ServerProcess.Start(setup))
        {
            using ApiClient client = server.Client();
            Assert.Equal("VALID", client.Verify(client.CreateKey(client.CreateApi()).Key).Code);
            Assert.DoesNotContain("unkey_events", server.Metrics());
        }

        Assert.False(File.Exists(Path.Combine(setup.DataDirectory, "events.db")));
    }

    private static Dictionary<string, string> CallUntilKilled(ServerProcess server, string key, bool isLimit, Action answered)
    {
        Dictionary<string, string> answers = [];
        try
        {
            using ApiClient client = server.Client();
            while (true)
            {
                if (isLimit)
                {
                    Reply reply = client.Post("ratelimit.limit", """{"namespace":"ledger","identifier":"x","limit":1000,"duration":60000}""");
                    answers.Add(reply.RequestId, reply.Data.GetProperty("success").GetBoolean() ? "1" : "0");
                }
                else
                {
                    Reply reply = client.Verify(key);
                    answers.Add(reply.RequestId, reply.Code);
                }

                answered();
            }
        }
        catch (Exception e) when (e is SocketException or EndOfStreamException or JsonException)
        {
            return answers;
        }
    }
}
