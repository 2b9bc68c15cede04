using System;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Tls;

/// <summary>Mutual TLS: who has no certificate of the authority is refused before a byte of a request is looked at.</summary>
public sealed class MutualTests : IDisposable
{
    private readonly CertificateFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void OnlyClientsWithACertificateOfTheAuthorityAreServed()
    {
        using X509Certificate2 good = _files.ClientCertificate();
        using ServerProcess server = ServerProcess.Start(new ServerSetup
        {
            Options = [.. _files.Options, "--tls-client-ca", _files.Ca],
            Tls = _files.Client(good),
        });
        foreach (SslProtocols protocol in new[] { SslProtocols.Tls12, SslProtocols.Tls13 })
        {
            // Twice: the second would be a resumed session, if those were allowed here.
            for (int i = 0; i < 2; i++)
            {
                SslClientAuthenticationOptions options = _files.Client(good);
                options.EnabledSslProtocols = protocol;
                using RawConnection connection = new(server.Port, tls: options);
                TlsServer.AssertAnswers(connection);
            }
        }

        using CertificateFiles others = new();
        using X509Certificate2 foreign = others.ClientCertificate();
        using X509Certificate2 expired = _files.ClientCertificate(isExpired: true);
        using X509Certificate2 forServers = _files.ClientCertificate(isForClients: false);
        SslClientAuthenticationOptions[] refused =
        [
            _files.Client(), _files.Client(SslProtocols.Tls12), _files.Client(foreign), _files.Client(expired), _files.Client(forServers),
        ];
        double before = TlsServer.Handshakes(server, "failed");
        foreach (SslClientAuthenticationOptions options in refused)
        {
            TlsServer.AssertRefused(server, options);
        }

        Poll.Until(() => TlsServer.Handshakes(server, "failed") == before + refused.Length, "every refusal is counted");
        using ApiClient client = server.Client();
        Assert.Equal("NOT_FOUND", client.Verify("none").Code);
    }
}
