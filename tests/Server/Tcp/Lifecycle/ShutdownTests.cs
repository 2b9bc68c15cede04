using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Lifecycle;

/// <summary>What SIGTERM does to requests in flight, and what a restart finds.</summary>
public sealed class ShutdownTests
{
    [Fact]
    public void ARequestInFlightIsFinishedAndTheConnectionClosed()
    {
        using ServerProcess server = ServerProcess.Start(new ServerSetup { Options = ["--drain-timeout", "20s"] });
        using ApiClient client = server.Client();
        CreatedKey key = client.CreateKey(client.CreateApi());
        string body = $$"""{"key":"{{key.Key}}"}""";
        using RawConnection connection = server.Connect();
        connection.Send($"POST /v2/keys.verifyKey HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {client.RootKey}\r\nContent-Type: application/json\r\n"
            + $"Content-Length: {body.Length}\r\nExpect: 100-continue\r\n\r\n");

        // The interim answer proves that the request was begun before the signal.
        Assert.Equal(100, connection.ReadOne().Status);
        server.Terminate();
        Poll.Until(() => server.Output.Contains("\"Draining\"", StringComparison.Ordinal), "the server says that it drains");
        connection.Send(body);
        HttpAnswer answer = connection.Read();
        Assert.Equal("VALID", new Reply(answer, "in flight").Code);
        Assert.True(answer.Closes);
        Assert.True(connection.ReadEnd());
        Assert.Equal(0, server.WaitForEnd());
    }

    [Fact]
    public void IdleConnectionsAreClosedAndNewOnesRefused()
    {
        using ServerProcess server = ServerProcess.Start(new ServerSetup { Options = ["--drain-timeout", "20s"] });
        RawConnection[] idle = [.. Enumerable.Range(0, 10).Select(_ => server.Connect())];
        foreach (RawConnection connection in idle)
        {
            connection.Send("GET /v2/liveness HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.Equal(200, connection.Read().Status);
        }

        server.Terminate();
        foreach (RawConnection connection in idle)
        {
            Assert.True(connection.ReadEnd());
            connection.Dispose();
        }

        Assert.Equal(0, server.WaitForEnd());
        Assert.Throws<System.Net.Sockets.SocketException>(() => server.Connect());
    }

    [Fact]
    public void ARequestThatNeverEndsIsCutOffAtTheDrainTimeout()
    {
        using ServerProcess server = ServerProcess.Start(new ServerSetup { Options = ["--drain-timeout", "500ms", "--body-timeout", "10m"] });
        using RawConnection connection = server.Connect();
        connection.Send("POST /v2/keys.verifyKey HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n");
        connection.ReadOne();
        server.Terminate();
        Assert.Equal(0, server.WaitForEnd());
    }

    [Fact]
    public void ASecondSignalStopsAtOnce()
    {
        using ServerProcess server = ServerProcess.Start(new ServerSetup { Options = ["--drain-timeout", "1h", "--body-timeout", "1h"] });
        using RawConnection connection = server.Connect();
        connection.Send("POST /v2/keys.verifyKey HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n");
        connection.ReadOne();
        server.Terminate();
        Poll.Until(() => server.Output.Contains("\"Draining\"", StringComparison.Ordinal), "the server says that it drains");
        server.Terminate();
        server.WaitForEnd();
    }

    [Fact]
    public async Task UnderLoadEveryAnswerThatBeganIsWholeAndEveryCreatedKeyIsThereAfterwards()
    {
        string data = System.IO.Directory.CreateTempSubdirectory("unkey-test-").FullName;
        try
        {
            ServerSetup setup = new() { DataDirectory = data };
            List<CreatedKey> created = [];
            using (ServerProcess server = ServerProcess.Start(setup))
            {
                using ApiClient client = server.Client();
                string apiId = client.CreateApi();
                Task<List<CreatedKey>>[] writers =
                [
                    .. Enumerable.Range(0, 4).Select(_ =>
                        Task.Factory.StartNew(() => CreateUntilClosed(server, apiId), TaskCreationOptions.LongRunning)),
                ];
                Poll.Until(() => client.Post("rootKeys.listRootKeys", "{}").Status == 200, "the server answers under load");
                server.Terminate();
                created.AddRange((await Task.WhenAll(writers)).SelectMany(keys => keys));
                Assert.Equal(0, server.WaitForEnd());
            }

            using ServerProcess again = ServerProcess.Start(setup);
            using ApiClient reader = again.Client();
            Assert.NotEmpty(created);
            Assert.All(created, key => Assert.Equal("VALID", reader.Verify(key.Key).Code));
        }
        finally
        {
            System.IO.Directory.Delete(data, recursive: true);
        }
    }

    [Fact]
    public void EverythingIsAsItWasAfterARestart()
    {
        string data = System.IO.Directory.CreateTempSubdirectory("unkey-test-").FullName;
        try
        {
            ServerSetup setup = new() { DataDirectory = data };
            CreatedKey key;
            CreatedKey deleted;
            Scene scene;
            string before;
            string rootKey;
            using (ServerProcess server = ServerProcess.Start(setup))
            {
                using ApiClient bootstrap = server.Client();
                scene = Scene.Create(bootstrap);
                ApiClient client = scene.Client;
                rootKey = client.RootKey;
                key = client.CreateKey(
                    scene.ApiId, $$"""
                    "name":"kept","externalId":"{{scene.ExternalId}}","meta":{"a":[1]},"expires":4102444800000,"permissions":["a.a"],
                    "credits":{"remaining":10},"ratelimits":[{"name":"requests","limit":5,"duration":86400000,"autoApply":false}]
                    """);
                deleted = client.CreateKey(scene.ApiId);
                client.Post("keys.deleteKey", $$"""{"keyId":"{{deleted.KeyId}}"}""");
                Assert.Equal(7, client.Verify(key.Key, "\"credits\":{\"cost\":3}").Data.GetProperty("credits").GetInt32());
                before = client.Verify(key.Key, "\"permissions\":\"a.a\",\"credits\":{\"cost\":0}").Data.GetRawText();
                client.Dispose();
                server.Stop();
            }

            using ServerProcess again = ServerProcess.Start(setup);
            again.AddSecret(rootKey);
            again.AddSecret(key.Key);
            using ApiClient restarted = new(again, rootKey);
            Assert.Equal(before, restarted.Verify(key.Key, "\"permissions\":\"a.a\",\"credits\":{\"cost\":0}").Data.GetRawText());
            Assert.Equal("NOT_FOUND", restarted.Verify(deleted.Key).Code);
            Assert.Equal(6, restarted.Verify(key.Key).Data.GetProperty("credits").GetInt32());
            Assert.Equal(200, restarted.Post("apis.getApi", $$"""{"apiId":"{{scene.ApiId}}"}""").Status);
        }
        finally
        {
            System.IO.Directory.Delete(data, recursive: true);
        }
    }

    private static List<CreatedKey> CreateUntilClosed(ServerProcess server, string apiId)
    {
        List<CreatedKey> created = [];
        using RawConnection connection = server.Connect();
        byte[] request = new ApiRequest("keys.createKey", $$"""{"apiId":"{{apiId}}"}""") { Authorization = "Bearer " + server.RootKey }.ToBytes();
        while (true)
        {
            HttpAnswer answer;
            try
            {
                connection.Send(request);
                answer = connection.Read();
            }
            catch (Exception e) when (e is System.Net.Sockets.SocketException || e.Message.Contains("unread: ''", StringComparison.Ordinal))
            {
                // Closed between two requests; an answer that was begun and not finished would be another message.
                return created;
            }

            Reply reply = new(answer, "createKey under load");
            created.Add(new CreatedKey(reply.Data.GetProperty("keyId").GetString()!, reply.Data.GetProperty("key").GetString()!, apiId));
            if (answer.Closes)
            {
                return created;
            }
        }
    }
}
