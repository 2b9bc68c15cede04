using System;
using System.Collections.Generic;
using System.Linq;
using Unkey.Server.Tests.Tcp.Harness;
using Unkey.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Unkey.Server.Tests.Tcp.Connections;

/// <summary>Many connections ready in the same turn, each with bytes of another shape: everybody gets the answer to the own key.</summary>
/// <remarks>A reactor receives from several connections before it serves the first of them, and begins to look up what it sees there.</remarks>
public sealed class SimultaneousRequestsTests(ITestOutputHelper output)
{
    private const int Keys = 40;
    private const int Connections = 32;
    private const int Rounds = 60;

    [Fact]
    public void EachIsAnsweredForItsOwnKey()
    {
        using ServerProcess server = ServerProcess.Start(new ServerSetup { Options = ["--threads", "1"] });
        using ApiClient client = server.Client();
        string apiId = client.CreateApi();
        List<(string Key, string? KeyId)> keys = [.. Enumerable.Range(0, Keys).Select(_ => client.CreateKey(apiId)).Select(static key => (key.Key, (string?)key.KeyId))];
        keys.AddRange(Enumerable.Range(0, 5).Select(static i => ($"nobody_{i}", (string?)null)));
        Random random = TestSeed.Create(output, out string replay);
        RawConnection[] connections = [.. Enumerable.Range(0, Connections).Select(_ => server.Connect())];
        for (int round = 0; round < Rounds; round++)
        {
            // All first parts are on their way before any second one.
            List<string?>[] wanted = [.. connections.Select(static _ => new List<string?>())];
            byte[][] requests = [.. wanted.Select(list => Requests(client.RootKey, keys, random, list))];
            int[] cuts = [.. requests.Select(request => random.Next(3) == 0 ? random.Next(1, request.Length) : request.Length)];
            for (int i = 0; i < Connections; i++)
            {
                connections[i].Send(requests[i].AsSpan(0, cuts[i]));
            }

            for (int i = 0; i < Connections; i++)
            {
                connections[i].Send(requests[i].AsSpan(cuts[i]));
            }

            for (int i = 0; i < Connections; i++)
            {
                foreach (string? keyId in wanted[i])
                {
                    Reply reply = new(connections[i].Read(), replay);
                    Assert.True(reply.Status == 200, $"{replay}: {reply.Json}");
                    string? found = reply.Data.TryGetProperty("keyId", out System.Text.Json.JsonElement id) ? id.GetString() : null;
                    Assert.True(keyId == found, $"{replay}, round {round}, connection {i}: {keyId} wanted, {found} found");
                }
            }
        }

        Array.ForEach(connections, static connection => connection.Dispose());
        Assert.Equal(0, server.Metric("unkey_connection_faults_total"));
    }

    /// <summary>One to five requests for one connection, and which key each of them must be answered for.</summary>
    private static byte[] Requests(string rootKey, List<(string Key, string? KeyId)> keys, Random random, List<string?> wanted)
    {
        int count = random.Next(3) == 0 ? random.Next(2, 6) : 1;
        List<byte> bytes = [];
        for (int i = 0; i < count; i++)
        {
            (string key, string? keyId) = keys[random.Next(keys.Count)];
            (string operation, string body) = random.Next(8) switch
            {
                0 => ("keys.verifyKey", $$"""{"tags":["a=b"],"key":"{{key}}"}"""),
                1 => ("keys.verifyKey", $$"""{"key":"\u{{(int)key[0]:x4}}{{key[1..]}}"}"""),
                2 => ("keys.verifyKey", $$"""{ "key" : "{{key}}" }"""),
                3 => ("keys.verifyKey", $$"""{"key":"{{keys[0].Key}}","key":"{{key}}"}"""),
                4 when keyId is not null => ("keys.whoami", $$"""{"key":"{{key}}"}"""),
                _ => ("keys.verifyKey", $$"""{"key":"{{key}}"}"""),
            };
            wanted.Add(keyId);
            bytes.AddRange(new ApiRequest(operation, body) { Authorization = "Bearer " + rootKey, MoreFields = random.Next(6) == 0 ? ["X-Client: another"] : [] }.ToBytes());
        }

        return [.. bytes];
    }
}
