using System;
using System.Diagnostics;
using System.Linq;
using System.Threading.Tasks;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;
using Xunit.Abstractions;

namespace Unkey.Server.Tests.Tcp.Lifecycle;

/// <summary>The running server verifies without allocating, by the counter of its own reactor threads.</summary>
public sealed class AllocationTests(ITestOutputHelper output)
{
    private const int Connections = 4;
    private const int Batch = 50;
    private const int RequestsPerConnection = 25_000;

    /// <summary>
    /// Bytes over all requests together, not each: room for what a turn of the loop may cost now and then, such as an entry of the log.
    /// One byte in twelve requests would exceed it.
    /// </summary>
    private const double BytesMax = 8 * 1024;

    [Theory]
    [InlineData("off", false)]
    [InlineData("all", false)]
    [InlineData("off", true)]
    public async Task AHundredThousandVerificationsAllocateNothingOnTheReactors(string requestLog, bool isObserved)
    {
        ServerSetup setup = new() { Options = ["--request-log", requestLog] };
        using ServerProcess server = ServerProcess.Start(!isObserved ? setup : setup with
        {
            // Each request is a span, and no collector takes any: the queues are full.
            Options = ["--server-timing", "--slow-request", "1ms"],
            Environment = [("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:9"), ("OTEL_TRACES_SAMPLER", "always_on")],
        });
        using ApiClient client = server.Client();
        CreatedKey key = client.CreateKey(
            client.CreateApi(),
            """
            "name":"hot","meta":{"plan":"pro"},"externalId":"hot.user","permissions":["a.a","b.b"],"credits":{"remaining":1000000000},
            "ratelimits":[{"name":"requests","limit":1000000000,"duration":3600000,"autoApply":true}]
            """);
        byte[] request = Request(
            client,
            $$"""
            {"key":"{{key.Key}}","permissions":"a.a AND (b.b OR c.c)","credits":{"cost":1},"ratelimits":[{"name":"requests","cost":2}],"tags":["path=/x"]}
            """);
        byte[] unknown = Request(client, """{"key":"no such key"}""");
        byte[] batch = [.. Enumerable.Range(0, Batch).SelectMany(i => i % 10 == 9 ? unknown : request)];
        RawConnection[] connections = [.. Enumerable.Range(0, Connections).Select(_ => server.Connect())];
        using RawConnection admin = new(server.AdminPort);

        // Warm, over the connections that are measured: buffers are rented, code is compiled, pages are touched.
        await Verify(connections, batch, 5_000);
        await Verify(connections, batch, 5_000);
        Read(admin);

        // Reading the counter costs the reactors something too; what is left after a reading over an idle server is the requests' share.
        double idle = await Cost(admin, () => Task.CompletedTask);
        double busy = await Cost(admin, () => Verify(connections, batch, RequestsPerConnection));
        output.WriteLine($"{busy - idle} bytes over {Connections * RequestsPerConnection} requests; {idle} bytes for reading the counter");
        Assert.InRange(busy - idle, -BytesMax, BytesMax);
        Assert.All(connections, connection => connection.Dispose());
    }

    [Fact]
    public async Task AHundredThousandVerificationsAndLimitsOfV1AllocateNothingOnTheReactors()
    {
        using ServerProcess server = ServerProcess.Start(new ServerSetup { Options = ["--v1", "--request-log", "0.5"] });
        using ApiClient client = server.Client();
        CreatedKey key = new V1Client(client).CreateKey(
            client.CreateApi(),
            """
            "name":"hot","meta":{"plan":"pro"},"ownerId":"hot user","permissions":["a.a","b b"],"environment":"test","remaining":1000000000,
            "ratelimit":{"limit":1000000000,"duration":3600000}
            """);
        string permissions = """{"and":["a.a",{"or":["c","b b"]}]}""";
        byte[] verify = Request(
            client,
            $$"""
            {"key":"{{key.Key}}","apiId":"{{key.ApiId}}","authorization":{"permissions":{{permissions}}},"remaining":{"cost":1},"ratelimits":[{"name":"default"}],"tags":["path=/x"],"more":[1]}
            """,
            "v1");
        byte[] limit = new ApiRequest("ratelimits.limit", """{"namespace":"hot","identifier":"user","limit":1000000,"duration":3600000}""")
        {
            Authorization = "Bearer " + client.RootKey,
            Version = "v1",
        }.ToBytes();
        client.Exchange(limit);
        byte[] unknown = Request(client, """{"key":"no such key"}""", "v1");
        byte[] batch = [.. Enumerable.Range(0, Batch).SelectMany(i => i % 10 == 9 ? unknown : i % 10 == 8 ? limit : verify)];
        RawConnection[] connections = [.. Enumerable.Range(0, Connections).Select(_ => server.Connect())];
        using RawConnection admin = new(server.AdminPort);
        await Verify(connections, batch, 5_000);
        await Verify(connections, batch, 5_000);
        Read(admin);
        double idle = await Cost(admin, () => Task.CompletedTask);
        double busy = await Cost(admin, () => Verify(connections, batch, RequestsPerConnection));
        output.WriteLine($"{busy - idle} bytes over {Connections * RequestsPerConnection} requests; {idle} bytes for reading the counter");
        Assert.InRange(busy - idle, -BytesMax, BytesMax);
        Assert.All(connections, connection => connection.Dispose());
    }

    [Fact]
    public async Task TheCounterMovesWhenAReactorAllocates()
    {
        // The control: a management call leaves the reactor with a copy of its request.
        using ServerProcess server = ServerProcess.Start();
        using ApiClient client = server.Client();
        string apiId = client.CreateApi();
        using RawConnection admin = new(server.AdminPort);
        Read(admin);
        double idle = await Cost(admin, () => Task.CompletedTask);
        double busy = await Cost(
            admin,
            () =>
            {
                for (int i = 0; i < 1000; i++)
                {
                    client.Post("apis.getApi", $$"""{"apiId":"{{apiId}}"}""");
                }

                return Task.CompletedTask;
            });
        Assert.True(busy - idle > BytesMax, $"{busy - idle} bytes");
    }

    private static byte[] Request(ApiClient client, string body, string version = "v2") =>
        new ApiRequest("keys.verifyKey", body) { Authorization = "Bearer " + client.RootKey, Version = version }.ToBytes();

    private static async Task<double> Cost(RawConnection admin, Func<Task> action)
    {
        double before = Read(admin);
        await action();
        return Read(admin) - before;
    }

    // The reactors sample the counter ten times a second, so a reading is of the state some samples ago.
    private static double Read(RawConnection admin)
    {
        long start = Stopwatch.GetTimestamp();
        Poll.Until(() => Stopwatch.GetElapsedTime(start) > TimeSpan.FromMilliseconds(500), "some samples are taken");
        admin.Send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
        return ServerProcess.MetricIn(admin.Read().Text, "unkey_reactor_allocated_bytes_total");
    }

    private static Task Verify(RawConnection[] connections, byte[] batch, int count) =>
        Task.WhenAll(connections.Select(connection => Task.Factory.StartNew(
            () =>
            {
                for (int sent = 0; sent < count; sent += Batch)
                {
                    connection.Send(batch);
                    for (int i = 0; i < Batch; i++)
                    {
                        HttpAnswer answer = connection.Read();
                        if (answer.Status != 200 || !IsExpected(answer.Body, i))
                        {
                            throw new InvalidOperationException($"Not verified: {answer}");
                        }
                    }
                }
            },
            TaskCreationOptions.LongRunning)));

    private static bool IsExpected(ReadOnlySpan<byte> body, int index) => index % 10 == 9
        ? body.IndexOf("NOT_FOUND"u8) >= 0
        : body.IndexOf("\"VALID\""u8) >= 0 || body.IndexOf("{\"success\":true"u8) >= 0;
}
