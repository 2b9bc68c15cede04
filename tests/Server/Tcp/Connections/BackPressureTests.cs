using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Net.Sockets;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Connections;

/// <summary>Clients that send and do not read: the server stops reading from them, holds little memory and serves the others.</summary>
public sealed class BackPressureTests
{
    private const int MemoryBytesMax = 64 * 1024 * 1024;
    private const int RequestsMax = 400_000;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ManyPipelinedRequestsWithoutReadingAreHeldBackAndAllAnsweredLater(bool isHot)
    {
        // The write stall is out of the way: what is looked at is that the client is held back, not that it is cut off.
        using ServerProcess server = ServerProcess.Start(new ServerSetup { Options = ["--write-timeout", "5m"] });
        using ApiClient client = server.Client();
        string apiId = client.CreateApi();
        CreatedKey key = client.CreateKey(apiId);
        string operation = isHot ? "keys.verifyKey" : "apis.getApi";
        string body = isHot ? $$"""{"key":"{{key.Key}}"}""" : $$"""{"apiId":"{{apiId}}"}""";
        byte[] request = new ApiRequest(operation, body) { Authorization = "Bearer " + client.RootKey }.ToBytes();
        long before = server.ResidentBytes();
        using RawConnection connection = server.Connect(receiveBufferBytes: 8 * 1024);
        int sentBytes = SendUntilHeldBack(connection, request);
        Assert.InRange(sentBytes, request.Length, RequestsMax * request.Length - 1);
        Assert.InRange(server.ResidentBytes() - before, long.MinValue, MemoryBytesMax);
        Assert.Equal("VALID", client.Verify(key.Key).Code);

        // What was cut off in the middle is completed, so that every request that was begun can be answered.
        int count = (sentBytes + request.Length - 1) / request.Length;
        byte[] rest = request[(sentBytes - ((count - 1) * request.Length))..];
        connection.Socket.Blocking = true;
        int answered = 0;
        while (answered < count)
        {
            if (rest.Length > 0 && connection.Socket.Poll(0, SelectMode.SelectWrite))
            {
                rest = rest[connection.Socket.Send(rest)..];
            }

            Assert.Equal(200, connection.Read().Status);
            answered++;
        }

        Assert.False(connection.Arrives(TimeSpan.FromMilliseconds(50)));
    }

    [Fact]
    public void ManyClientsThatDoNotReadCostABoundedAmountEach()
    {
        // Without events, whose rings are mapped files that count as resident once they have been written.
        using ServerProcess server = ServerProcess.Start(new ServerSetup { Options = ["--write-timeout", "5m", "--events=false"] });
        using ApiClient client = server.Client();
        CreatedKey key = client.CreateKey(client.CreateApi());
        byte[] request = new ApiRequest("keys.verifyKey", $$"""{"key":"{{key.Key}}"}""") { Authorization = "Bearer " + client.RootKey }.ToBytes();
        long before = server.ResidentBytes();
        List<RawConnection> connections = [.. Enumerable.Range(0, 50).Select(_ => server.Connect(receiveBufferBytes: 8 * 1024))];
        try
        {
            foreach (RawConnection connection in connections)
            {
                SendUntilHeldBack(connection, request, TimeSpan.FromMilliseconds(100));
            }

            Assert.InRange(server.ResidentBytes() - before, long.MinValue, MemoryBytesMax);
            Assert.Equal("VALID", client.Verify(key.Key).Code);
        }
        finally
        {
            connections.ForEach(connection => connection.Abort());
        }

        Poll.Until(() => server.Metric("unkey_connections_open") <= 2, "all connections but the client's and the one that asks are given back");
    }

    [Fact]
    public void AClientThatTakesNothingIsCutOffAfterTheWriteTimeout()
    {
        using ServerProcess server = ServerProcess.Start(new ServerSetup { Options = ["--write-timeout", "500ms"] });
        using ApiClient client = server.Client();
        CreatedKey key = client.CreateKey(client.CreateApi());
        byte[] request = new ApiRequest("keys.verifyKey", $$"""{"key":"{{key.Key}}"}""") { Authorization = "Bearer " + client.RootKey }.ToBytes();
        using RawConnection connection = server.Connect(receiveBufferBytes: 8 * 1024);
        try
        {
            SendUntilHeldBack(connection, request);
        }
        catch (SocketException)
        {
            // Cut off while still sending: that is the same answer, given earlier.
        }

        client.Dispose();
        Poll.Until(() => server.Metric("unkey_connections_open") == 1, "the stalled connection is closed, and only the one that asks is open");
    }

    private static int SendUntilHeldBack(RawConnection connection, byte[] request, TimeSpan? quiet = null)
    {
        TimeSpan patience = quiet ?? TimeSpan.FromSeconds(1);
        byte[] many = [.. Enumerable.Repeat(request, 64).SelectMany(bytes => bytes)];
        connection.Socket.Blocking = false;
        int sent = 0;
        long start = Stopwatch.GetTimestamp();
        while (sent < RequestsMax * request.Length && connection.Socket.Poll(patience, SelectMode.SelectWrite))
        {
            sent += connection.Socket.Send(many.AsSpan(sent % request.Length, many.Length - request.Length), SocketFlags.None, out SocketError error);
            if (error is not (SocketError.Success or SocketError.WouldBlock))
            {
                throw new SocketException((int)error);
            }

            Assert.True(Stopwatch.GetElapsedTime(start) < Poll.Deadline, "the client is never held back");
        }

        return sent;
    }
}
