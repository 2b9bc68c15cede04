using System;
using System.IO;
using System.Net.Security;
using System.Security.Authentication;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Tls;

/// <summary>One server with TLS for the tests of a class.</summary>
public sealed class TlsServer : IDisposable
{
    internal const string Liveness = "GET /v2/liveness HTTP/1.1\r\nHost: localhost\r\n\r\n";

    private readonly ServerProcess _server;

    public TlsServer()
    {
        _server = Files.Start("--header-timeout", "1s", "--idle-timeout", "10m", "--threads", "2");
        Client = _server.Client();
        Key = Client.CreateKey(Client.CreateApi());
    }

    internal CertificateFiles Files { get; } = new();

    internal ServerProcess Process => _server;

    internal ApiClient Client { get; }

    internal CreatedKey Key { get; }

    public void Dispose()
    {
        Client.Dispose();
        try
        {
            _server.Dispose();
        }
        finally
        {
            Files.Dispose();
        }
    }

    /// <summary>Sends a request and wants its answer to be 200.</summary>
    internal static void AssertAnswers(RawConnection connection)
    {
        connection.Send(Liveness);
        Assert.Equal(200, connection.Read().Status);
    }

    /// <summary>Connects and sends a request, one of which must fail. In TLS 1.3 a client learns of a refusal only when it reads.</summary>
    internal static void AssertRefused(ServerProcess server, SslClientAuthenticationOptions options) => Assert.True(
        Record.Exception(() =>
        {
            using RawConnection connection = new(server.Port, tls: options);
            AssertAnswers(connection);
        }) is AuthenticationException or IOException);

    /// <summary>Handshakes that ended in one way.</summary>
    internal static double Handshakes(ServerProcess server, string result) => ServerProcess.MetricIn(
        string.Join('\n', Array.FindAll(server.Metrics().Split('\n'), line => line.Contains($"result=\"{result}\"", StringComparison.Ordinal))),
        "unkey_tls_handshakes_total");
}
