using System;
using System.Linq;
using System.Net.Security;
using System.Security.Authentication;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Tls;

/// <summary>What is agreed on, and what is not: versions, protocols, and whose certificate is trusted.</summary>
public sealed class HandshakeTests(TlsServer tls) : IClassFixture<TlsServer>
{
    private static ReadOnlySpan<byte> ProtocolVersionAlert => [2, 70];

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public void Tls12And13AreSpoken(SslProtocols protocol)
    {
        using RawConnection connection = new(tls.Process.Port, tls: tls.Files.Client(protocol));
        Assert.Equal(protocol, connection.Tls.SslProtocol);
        TlsServer.AssertAnswers(connection);
        TlsServer.AssertAnswers(connection);
    }

    [Fact]
    public void Tls11IsRefusedWithAnAlert()
    {
        // A greeting of TLS 1.1 (3.2) with suites of its time and no extensions; today's clients cannot be made to send one.
        byte[] body = [3, 2, .. Enumerable.Repeat((byte)7, 32), 0, 0, 4, 0xC0, 0x13, 0x00, 0x2F, 1, 0];
        byte[] greeting = [22, 3, 1, 0, (byte)(body.Length + 4), 1, 0, 0, (byte)body.Length, .. body];
        using RawConnection connection = new(tls.Process.Port);
        connection.Send(greeting);
        byte[] answer = connection.ReadToEnd();
        Assert.Equal(21, answer[0]);
        Assert.True(answer.AsSpan(5).SequenceEqual(ProtocolVersionAlert), Convert.ToHexString(answer));
    }

    [Theory]
    [InlineData("h2,http/1.1", "http/1.1")]
    [InlineData("http/1.1", "http/1.1")]
    [InlineData("spdy/3,x,http/1.1,h2", "http/1.1")]
    [InlineData("", "")]
    public void OfTheProtocolsOfferedHttp11IsTaken(string offered, string taken)
    {
        using RawConnection connection = new(tls.Process.Port, tls: Offering(offered));
        Assert.Equal(taken, connection.Tls.NegotiatedApplicationProtocol.ToString());
        TlsServer.AssertAnswers(connection);
    }

    [Theory]
    [InlineData("h2")]
    [InlineData("http/1.0,http/1.2,http/1.11")]
    public void WithoutHttp11AmongThemTheHandshakeFails(string offered)
    {
        double before = TlsServer.Handshakes(tls.Process, "failed");
        TlsServer.AssertRefused(tls.Process, Offering(offered));
        Poll.Until(() => TlsServer.Handshakes(tls.Process, "failed") == before + 1, "the handshake is counted as failed");
    }

    [Fact]
    public void AClientOfAnotherAuthorityDoesNotTrustIt()
    {
        using CertificateFiles others = new();
        Assert.Throws<AuthenticationException>(() => new RawConnection(tls.Process.Port, tls: others.Client()));
        using RawConnection connection = tls.Process.Connect();
        TlsServer.AssertAnswers(connection);
    }

    [Fact]
    public void TheAdminListenerStaysPlain() => Assert.Equal(200, tls.Process.AdminGet("/health/ready").Status);

    private SslClientAuthenticationOptions Offering(string protocols)
    {
        SslClientAuthenticationOptions options = tls.Files.Client();
        options.ApplicationProtocols = protocols.Length == 0 ? null : [.. protocols.Split(',').Select(name => new SslApplicationProtocol(name))];
        return options;
    }
}
