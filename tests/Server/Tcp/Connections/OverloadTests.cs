using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Net.Sockets;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;
using Xunit.Abstractions;

namespace Unkey.Server.Tests.Tcp.Connections;

/// <summary>More connections than there are descriptors for, and very many that do nothing, while keys are verified.</summary>
public sealed class OverloadTests(ITestOutputHelper output)
{
    private const int Idle = 10_000;
    private const long BytesPerConnectionMax = 8 * 1024;

    private const string Liveness = "GET /v2/liveness HTTP/1.1\r\nHost: a\r\n\r\n";

    [Fact]
    public void TenThousandIdleConnectionsTakeLittleMemoryAndVerifyingGoesOn()
    {
        using ServerProcess server = ServerProcess.Start(new ServerSetup { Options = ["--threads", "1", "--idle-timeout", "10m"] });
        using ApiClient client = server.Client();
        string key = client.CreateKey(client.CreateApi()).Key;

        // What a busy server has anyway: grown tables, compiled code, blocks for a burst.
        CloseAll(ConnectAll(server, 500));
        for (int i = 0; i < 1_000; i++)
        {
            client.Verify(key);
        }

        Poll.Until(() => server.Metric("unkey_connections_open") <= 2, "the first connections are gone");
        long before = server.ResidentBytes();
        List<RawConnection> idle = ConnectAll(server, Idle);
        long perConnection = (server.ResidentBytes() - before) / Idle;
        output.WriteLine($"{perConnection} bytes per idle connection");
        Assert.InRange(perConnection, 0, BytesPerConnectionMax);
        for (int i = 0; i < 1_000; i++)
        {
            Assert.Equal("VALID", client.Verify(key).Code);
        }

        foreach (RawConnection connection in idle.Where(static (_, i) => i % 100 == 0))
        {
            connection.Send(Liveness);
            Assert.Equal(200, connection.ReadOne().Status);
        }

        CloseAll(idle);
        Poll.Until(() => server.Metric("unkey_connections_open") <= 2, "all connections are gone");
    }

    [Fact]
    public void WithoutDescriptorsWhoIsConnectedIsServedAndNobodyHangs()
    {
        // The JIT takes a descriptor for each page of code that it makes, and ends the process without one; what is published has no JIT.
        using ServerProcess server = ServerProcess.Start(new ServerSetup { Options = ["--threads", "1"], Environment = [("DOTNET_EnableWriteXorExecute", "0")] });
        using ApiClient client = server.Client();
        string key = client.CreateKey(client.CreateApi()).Key;
        using RawConnection early = server.Connect();
        early.Send(Liveness);
        Assert.Equal(200, early.ReadOne().Status);
        using RawConnection admin = new(server.AdminPort);

        LimitDescriptors(server, 16);
        List<RawConnection> late = [.. Enumerable.Range(0, 50).Select(_ => server.Connect())];
        Poll.Until(() => server.Output.Contains("Out of file descriptors", StringComparison.Ordinal), "the log says that accepting pauses");
        double before = Turns(admin);
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < 500; i++)
        {
            Assert.Equal("VALID", client.Verify(key).Code);
            early.Send(Liveness);
            Assert.Equal(200, early.ReadOne().Status);
        }

        // It looks away instead of spinning: two turns a request, and some a second for sweeps and new tries.
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Assert.InRange(Turns(admin) - before, 0, 2_500 + (200 * seconds));

        LimitDescriptors(server, 4096);
        using RawConnection fresh = server.Connect();
        fresh.Send(Liveness);
        Assert.Equal(200, fresh.ReadOne().Status);
        int served = late.Count(static connection => TryLiveness(connection));
        output.WriteLine($"{served} of {late.Count} that waited were served, the others were closed");
        Assert.Equal(0, server.Metric("unkey_connection_faults_total"));
        CloseAll(late);
    }

    private static bool TryLiveness(RawConnection connection)
    {
        try
        {
            connection.Send(Liveness);
            return connection.ReadOne().Status == 200;
        }
        catch (Exception e) when (e is SocketException or Xunit.Sdk.XunitException)
        {
            return false;
        }
    }

    private static double Turns(RawConnection admin)
    {
        admin.Send("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
        return ServerProcess.MetricIn(admin.ReadOne().Text, "unkey_reactor_turns_total");
    }

    private static void LimitDescriptors(ServerProcess server, int count)
    {
        using Process prlimit = Process.Start("prlimit", ["--pid", $"{server.ProcessId}", $"--nofile={count}:"]);
        prlimit.WaitForExit();
        Assert.Equal(0, prlimit.ExitCode);
    }

    private static List<RawConnection> ConnectAll(ServerProcess server, int count)
    {
        List<RawConnection> connections = [];
        for (int i = 0; i < count; i++)
        {
            connections.Add(server.Connect());
            connections[i].Send(Liveness);
        }

        foreach (RawConnection connection in connections)
        {
            Assert.Equal(200, connection.ReadOne().Status);
        }

        return connections;
    }

    private static void CloseAll(List<RawConnection> connections) => connections.ForEach(static connection => connection.Dispose());
}
