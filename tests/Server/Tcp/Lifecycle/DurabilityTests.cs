using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Unkey.Server.Tests.Tcp.Events;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Lifecycle;

/// <summary>With <c>--durability strict</c> answers wait for the disk, and everything else is as it was.</summary>
public sealed class DurabilityTests : IDisposable
{
    private const int Callers = 8;
    private const int Each = 50;

    private readonly string _directory = Directory.CreateTempSubdirectory("unkey-test-").FullName;

    private ServerSetup Setup => new() { DataDirectory = Path.Combine(_directory, "data"), Options = ["--durability", "strict"] };

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task ManyCallersAreAnsweredAndEveryAnswerIsAnEvent()
    {
        string keyId;
        List<string> answered = [];
        using (ServerProcess server = ServerProcess.Start(Setup))
        {
            using ApiClient client = server.Client();
            CreatedKey key = client.CreateKey(client.CreateApi(), "\"credits\":{\"remaining\":1000}");
            keyId = key.KeyId;
            List<string>[] ids = await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(() =>
            {
                using ApiClient caller = client.Another();
                List<string> mine = [];
                for (int i = 0; i < Each; i++)
                {
                    Reply reply = caller.Verify(key.Key);
                    Assert.Equal("VALID", reply.Code);
                    mine.Add(reply.RequestId);
                    mine.Add(caller.Post("ratelimit.limit", """{"namespace":"n","identifier":"i","limit":100000,"duration":60000}""").RequestId);
                }

                return mine;
            })));
            answered.AddRange(ids.SelectMany(static mine => mine));
            Assert.Equal(0, server.Metric("unkey_durability_failures_total"));
            server.Kill();
        }

        using (ServerProcess server = ServerProcess.Start(Setup))
        {
            using ApiClient client = server.Client();
            Assert.Equal(1000 - (Callers * Each), client.Remaining(keyId));
        }

        using EventStoreReader store = new(Setup.DataDirectory!);
        string[] stored = [.. store.Texts("SELECT request_id FROM key_verifications_v1"), .. store.Texts("SELECT request_id FROM ratelimits_v1")];
        Assert.Equal(answered.Order(StringComparer.Ordinal), stored.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void PipelinedRequestsAreAnsweredInOrderAndAStopFinishesThem()
    {
        using ServerProcess server = ServerProcess.Start(Setup);
        using ApiClient client = server.Client();
        CreatedKey key = client.CreateKey(client.CreateApi(), "\"credits\":{\"remaining\":100}");
        using RawConnection raw = server.Connect();
        string body = $$"""{"key":"{{key.Key}}"}""";
        string request = $"POST /v2/keys.verifyKey HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {client.RootKey}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}";
        raw.Send(string.Concat(Enumerable.Repeat(request, 40)));
        for (int i = 1; i <= 40; i++)
        {
            Assert.Contains($"\"credits\":{100 - i}", raw.Read().Text);
        }

        raw.Send(request);
        server.Terminate();
        Assert.Contains("\"credits\":59", raw.Read().Text);
    }
}
