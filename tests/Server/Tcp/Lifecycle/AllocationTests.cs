using System;
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

    [Fact]
    public async Task AHundredThousandVerificationsAllocateNothingOnTheReactors()
    {
        using ServerProcess server = ServerProcess.Start();
        using ApiClient client = server.Client();
        CreatedKey key = client.CreateKey(
            client.CreateApi(),
            """
            "name":"hot","meta":{"plan":"pro"},"externalId":"hot.user","permissions":["a.a","b.b"],"credits":{"remaining":1000000000},
            "ratelimits":[{"name":"requests","limit":1000000000,"duration":3600000,"autoApply":true}]
            """);
        byte[] request = new ApiRequest(
            "keys.verifyKey",
            $$"""{"key":"{{key.Key}}","permissions":"a.a AND (b.b OR c.c)","credits":{"cost":1},"ratelimits":[{"name":"requests","cost":2}],"tags":["path=/x"]}""")
        {
            Authorization = "Bearer " + client.RootKey,
        }.ToBytes();
        byte[] unknown = new ApiRequest("keys.verifyKey", """{"key":"no such key"}""") { Authorization = "Bearer " + client.RootKey }.ToBytes();

        // Warm: buffers are rented, code is compiled (under the JIT, both tiers), pages are touched.
        await Verify(server, request, unknown, 5_000);
        await Verify(server, request, unknown, 5_000);
        double before = Settled(server);
        await Verify(server, request, unknown, RequestsPerConnection);
        double allocated = Settled(server) - before;
        output.WriteLine($"{allocated} bytes over {Connections * RequestsPerConnection} requests");
        Assert.InRange(allocated, 0, BytesMax);
    }

    [Fact]
    public void TheCounterMovesWhenAReactorAllocates()
    {
        // The control: connections are objects, so accepting some must show.
        using ServerProcess server = ServerProcess.Start();
        double before = Settled(server);
        for (int i = 0; i < 200; i++)
        {
            using RawConnection connection = server.Connect();
            connection.Send("GET /v2/nope HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            connection.Read();
        }

        Assert.True(Settled(server) - before > 0, "the counter stands still");
    }

    // The counter is sampled by the reactors themselves, so it is read until two looks agree.
    private static double Settled(ServerProcess server)
    {
        double last = -1;
        Poll.Until(
            () =>
            {
                double now = server.Metric("unkey_reactor_allocated_bytes_total");
                bool same = now == last;
                last = now;
                return same;
            },
            "the counter of allocated bytes settles");
        return last;
    }

    private static Task Verify(ServerProcess server, byte[] request, byte[] unknown, int count) =>
        Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => Task.Factory.StartNew(
            () =>
            {
                byte[] batch = [.. Enumerable.Range(0, Batch).SelectMany(i => i % 10 == 9 ? unknown : request)];
                using RawConnection connection = server.Connect();
                for (int sent = 0; sent < count; sent += Batch)
                {
                    connection.Send(batch);
                    for (int i = 0; i < Batch; i++)
                    {
                        HttpAnswer answer = connection.Read();
                        if (answer.Status != 200 || answer.Body.AsSpan().IndexOf(i % 10 == 9 ? "NOT_FOUND"u8 : "\"VALID\""u8) < 0)
                        {
                            throw new InvalidOperationException($"Not verified: {answer}");
                        }
                    }
                }
            },
            TaskCreationOptions.LongRunning)));
}
