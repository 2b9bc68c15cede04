using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Unkey.Server.Hosting;
using Xunit;
using static Unkey.Server.Tests.Transport.TransportFixture;

namespace Unkey.Server.Tests.Transport;

/// <summary>Both transports over one Unix socket that all reactors share.</summary>
public sealed class UnixTransportTests : IDisposable
{
    private const int Threads = 4;

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"unkey-{Guid.NewGuid():N}.sock");

    public static TheoryData<TransportKind> Kinds => TransportTests.Kinds;

    public void Dispose() => File.Delete(_path);

    /// <summary>A few connections that stay, as pools of clients have them, are spread evenly, also while the server does nothing else.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void ConnectionsAreSharedOutEvenly(TransportKind kind)
    {
        using TransportFixture fixture = Start(kind);
        Socket[] sockets = [.. Enumerable.Range(0, 3 * Threads).Select(_ => fixture.Connect())];
        foreach (Socket socket in sockets)
        {
            Send(socket, Verify() + Liveness);
            Assert.Contains("\"code\":\"VALID\"", Read(socket, 2)[0], StringComparison.Ordinal);
        }

        Assert.All(Enumerable.Range(0, Threads), i => Assert.Equal(3, fixture.Metrics.Reactor(i).ConnectionsAccepted));
        Assert.All(sockets, static socket => socket.Dispose());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void HotAndColdRequestsInOnePacketAreAnsweredInOrder(TransportKind kind)
    {
        using TransportFixture fixture = Start(kind);
        using Socket socket = fixture.Connect();
        Send(socket, Verify() + ColdCall() + Liveness + Verify("unknown"));
        fixture.Cold.Release();
        List<string> answers = Read(socket, 4);
        Assert.Contains("\"code\":\"VALID\"", answers[0], StringComparison.Ordinal);
        Assert.Contains("{\"bytes\":2}", answers[1], StringComparison.Ordinal);
        Assert.Contains("we're cooking", answers[2], StringComparison.Ordinal);
        Assert.Contains("NOT_FOUND", answers[3], StringComparison.Ordinal);
    }

    /// <summary>A client that has sent all it will send, and one that has closed, while requests are answered.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void AHalfClosedClientGetsItsAnswersAndAGoneOneIsForgotten(TransportKind kind)
    {
        using TransportFixture fixture = Start(kind);
        using Socket half = fixture.Connect();
        Send(half, Verify() + ColdCall());
        half.Shutdown(SocketShutdown.Send);
        Socket gone = fixture.Connect();
        Send(gone, ColdCall());
        gone.Dispose();
        fixture.Cold.Release();
        Assert.Contains("{\"bytes\":2}", Read(half, 2)[1], StringComparison.Ordinal);
        Assert.True(IsClosed(half));
        Assert.True(SpinWait.SpinUntil(() => fixture.Server.ConnectionCount == 0, TimeSpan.FromSeconds(20)));
    }

    /// <summary>Connections that arrive while the server begins to drain: none is left over that keeps it from ending.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task ADrainDoesNotWaitForConnectionsThatCameAtItsBeginning(TransportKind kind)
    {
        for (int round = 0; round < 20; round++)
        {
            using TransportFixture fixture = Start(kind);
            using Socket first = fixture.Connect();
            Task<Socket?[]> late = Task.Run(() => Enumerable.Range(0, 20).Select(_ => Try(fixture.Connect)).ToArray());
            Assert.True(await fixture.Server.DrainAsync(TimeSpan.FromSeconds(20), CancellationToken.None));
            Assert.False(File.Exists(_path));
            Assert.All(await late, static socket => socket?.Dispose());
            Assert.Equal(0, fixture.Server.RentedBlocks);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task AFileThatSomebodyElsePutThereStays(TransportKind kind)
    {
        if (kind == TransportKind.Portable)
        {
            return; // The runtime's sockets remove whatever stands at their path.
        }

        using TransportFixture fixture = Start(kind);
        File.Delete(_path);
        await File.WriteAllTextAsync(_path, "the next server's");
        await fixture.Server.DrainAsync(TimeSpan.FromSeconds(20), CancellationToken.None);
        Assert.Equal("the next server's", await File.ReadAllTextAsync(_path));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task AReactorThatPollsTakesPostedWorkAtOnceAndStopsAtOnce(TransportKind kind)
    {
        using TransportFixture fixture = new(kind, static options => options with { BusyPoll = TimeSpan.FromSeconds(1) });
        using Socket socket = fixture.Connect();
        Send(socket, Verify() + ColdCall());
        await fixture.Cold.Started.WaitAsync(TimeSpan.FromSeconds(20));
        fixture.Cold.Release();
        Assert.Contains("{\"bytes\":2}", Read(socket, 2)[1], StringComparison.Ordinal);

        // In the middle of a second of polling.
        Assert.True(await fixture.Server.DrainAsync(TimeSpan.FromSeconds(20), CancellationToken.None));
    }

    private TransportFixture Start(TransportKind kind) =>
        new(kind, options => options with { Listen = [new UnixDomainSocketEndPoint(_path)], Threads = Threads });

    private static Socket? Try(Func<Socket> connect)
    {
        try
        {
            return connect();
        }
        catch (SocketException)
        {
            return null; // The server has stopped accepting.
        }
    }
}
