using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using Unkey.Server.Tests.Tcp.Harness;
using Unkey.Server.Tests.Tcp.Otlp;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Security;

/// <summary>Keys that the server was sent, anywhere in a request, are found in nothing that it puts out or leaves behind.</summary>
/// <remarks>Every other test of the suite searches its server's output and files for the keys it made; this one sends keys to where they do not belong.</remarks>
public sealed class SecretSweepTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("unkey-test-").FullName;

    private string Data => Path.Combine(_directory, "data");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void NoOutputHoldsAKeyThatWasSent()
    {
        using Collector collector = new();
        List<string> secrets = [];
        List<string> answers = [];
        string export = Path.Combine(_directory, "events.ndjson");
        using ServerProcess server = ServerProcess.Start(new ServerSetup
        {
            DataDirectory = Data,
            Options =
            [
                "--log-level", "trace", "--request-log", "all", "--event-sink", "file", "--event-file", export, "--v1", "true", "--event-batch-age", "10ms",
                "--encryption-key", Convert.ToBase64String(new byte[32]),
            ],
            Environment = [("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Endpoint), ("OTEL_METRIC_EXPORT_INTERVAL", "200")],
        });
        using ApiClient client = server.Client();
        string apiId = client.CreateApi();
        client.Post("apis.updateApi", $$"""{"apiId":"{{apiId}}","storeEncryptedKeys":true}""");
        CreatedKey recoverable = client.CreateKey(apiId, "\"recoverable\":true");
        secrets.Add(recoverable.Key);
        secrets.Add(client.RootKey);

        foreach (string operation in Endpoint.Known)
        {
            // A key in each place of a request where a client may put one by mistake, but for those that are recorded by their nature.
            foreach (string body in (string[])["{\"key\":\"%\"}", "{\"keyId\":\"%\"}", "[\"%\"]", "\"%\"", "%", "{\"key\":\"%\",\"permissions\":\"%\"}"])
            {
                Answer(client, new ApiRequest(operation, body.Replace("%", Secret(), StringComparison.Ordinal)) { Authorization = "Bearer " + client.RootKey });
            }

            // The contract names an unknown member and a wrong media type to the one who sent them, and to nobody else.
            client.Exchange(new ApiRequest(operation, $$"""{"{{Secret()}}":1}""") { Authorization = "Bearer " + client.RootKey }.ToBytes());
            client.Exchange(new ApiRequest(operation, "{}") { Authorization = "Bearer " + client.RootKey, ContentType = "text/" + Secret() }.ToBytes());
            foreach (string authorization in (string[])["Bearer %", "%", "Basic %", "Bearer  % x", "bearer %"])
            {
                Answer(client, new ApiRequest(operation, "{}") { Authorization = authorization.Replace("%", Secret(), StringComparison.Ordinal) });
            }

            Answer(client, new ApiRequest(operation, "{}")
            {
                Authorization = "Bearer " + client.RootKey,
                MoreFields = ["Cookie: key=" + Secret(), "X-Api-Key: " + Secret(), "X-" + Secret() + ": 1"],
            });
        }

        foreach (string raw in (string[])["GET /v2/liveness HTTP/9.%\r\n\r\n", "%\r\n\r\n", "POST /v2/keys.verifyKey HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %\r\nContent-Length: -%\r\n\r\n"])
        {
            using RawConnection connection = server.Connect();
            connection.Send(raw.Replace("%", Secret(), StringComparison.Ordinal));
            answers.Add(Encoding.Latin1.GetString(connection.ReadToEnd()));
        }

        V1Client v1 = new(client);
        v1.SendAnonymously(new ApiRequest("keys.verifyKey", $$"""{"key":"{{Secret()}}"}"""));
        v1.Get("keys.getKey", "keyId=key_" + Secret());
        Assert.True(secrets.Count > 300, $"{secrets.Count} secrets");
        answers.Add(server.Metrics());
        Poll.Until(() => collector.Exports.Count > 2, "telemetry was exported");
        answers.AddRange(collector.Exports.Select(static item => Encoding.Latin1.GetString(item.Body)));
        server.Stop();
        answers.Add(server.Output);
        answers.AddRange(Directory.EnumerateFiles(_directory, "*", SearchOption.AllDirectories).Select(static file => Encoding.Latin1.GetString(File.ReadAllBytes(file))));
        foreach (string answer in answers)
        {
            string? leaked = secrets.Find(secret => answer.Contains(secret, StringComparison.Ordinal));
            Assert.True(leaked is null, $"{leaked} stands in: {answer[..Math.Min(answer.Length, 2_000)]}");
        }

        string Secret()
        {
            string secret = "leak_" + Guid.NewGuid().ToString("N");
            secrets.Add(secret);
            return secret;
        }

        void Answer(ApiClient sender, ApiRequest request) => answers.Add(sender.Exchange(request.ToBytes()).ToString());
    }

    // What remains of management calls is in strings that the collector has not reused yet, so the keys come from an earlier process.
    [Fact]
    public void MemoryHoldsNoKeyThatWasVerified()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        const int Keys = 20;
        CreatedKey[] keys;
        ServerSetup setup = new() { DataDirectory = Data, Options = ["--v1", "true"] };
        using (ServerProcess server = ServerProcess.Start(setup))
        {
            using ApiClient client = server.Client();
            string apiId = client.CreateApi();
            keys = [.. Enumerable.Range(0, Keys).Select(_ => client.CreateKey(apiId))];
        }

        using (ServerProcess server = ServerProcess.Start(setup))
        {
            using (ApiClient client = server.Client())
            {
                foreach (string key in keys.Select(static created => created.Key))
                {
                    Assert.Equal("VALID", client.Verify(key).Code);
                    Assert.Equal("NOT_FOUND", client.Verify("junk_" + key).Code);
                    new V1Client(client).SendAnonymously(new ApiRequest("keys.verifyKey", JsonSerializer.Serialize(new { key })));

                    // Copied on the way: decoded from escapes, joined from several blocks, unpacked from chunks.
                    string escaped = string.Concat(key.Select(static c => $"\\u{(int)c:x4}"));
                    Assert.Equal("VALID", client.Post("keys.verifyKey", $$"""{"key":"{{escaped}}"}""").Code);
                    Assert.Equal("VALID", client.Post("keys.verifyKey", $$"""{{new string(' ', 20_000)}}{"key":"{{key}}"}""").Code);
                    Assert.Equal("VALID", VerifyInChunks(server, client.RootKey, key));
                }
            }

            List<byte[]> wanted = [.. keys.Select(static created => Encoding.UTF8.GetBytes(created.Key)), Encoding.UTF8.GetBytes(keys[0].KeyId)];
            try
            {
                // The id of a key is there, so the search would find a key.
                Assert.Equal([Keys], ProcessMemory.Find(server.ProcessId, wanted));
            }
            catch (UnauthorizedAccessException)
            {
                // Not root: the process lets nobody look, which is what it is to do.
                Assert.NotEqual("root", Environment.UserName);
            }
        }
    }

    private static string VerifyInChunks(ServerProcess server, string rootKey, string key)
    {
        using RawConnection connection = server.Connect();
        string body = JsonSerializer.Serialize(new { key });
        connection.Send($"POST /v2/keys.verifyKey HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {rootKey}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
        connection.Send($"5\r\n{body[..5]}\r\n");
        connection.Send($"{body.Length - 5:x}\r\n{body[5..]}\r\n0\r\n\r\n");
        return new Reply(connection.Read(), "keys.verifyKey in chunks").Code;
    }
}
