using System;
using System.IO;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Tls;

/// <summary>New files are taken up while connections go on; files that cannot be used change nothing.</summary>
public sealed class ReloadTests : IDisposable
{
    private readonly CertificateFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ANewCertificateIsTakenUpAndOpenConnectionsGoOn(bool bySignal)
    {
        using ServerProcess server = _files.Start();
        using RawConnection open = server.Connect();
        string first = _files.Serial;
        Assert.Equal(first, SerialOf(open));
        double expiry = server.Metric("unkey_tls_certificate_expiry_timestamp_seconds");
        Assert.Equal(Math.Floor((DateTimeOffset.UtcNow + TimeSpan.FromDays(90)).ToUnixTimeSeconds() / 600.0), Math.Floor(expiry / 600), 1.0);

        _files.Renew(TimeSpan.FromDays(200));
        _files.NameSecrets(server);
        if (bySignal)
        {
            Signals.HangUp(server.ProcessId);
        }

        Poll.Until(() => NewSerial(server) == _files.Serial, "a new connection sees the new certificate");
        Assert.NotEqual(first, _files.Serial);
        TlsServer.AssertAnswers(open);
        Assert.True(server.Metric("unkey_tls_certificate_expiry_timestamp_seconds") > expiry + TimeSpan.FromDays(100).TotalSeconds);
        Assert.Equal(1, server.Metric("unkey_tls_reloads_total"));
        Assert.Equal(0, server.Metric("unkey_tls_reload_failures_total"));
    }

    [Fact]
    public void AHangUpWithoutAChangeLoadsTheSameAgain()
    {
        using ServerProcess server = _files.Start();
        Signals.HangUp(server.ProcessId);
        Poll.Until(() => server.Metric("unkey_tls_reloads_total") == 1, "the files are loaded again");
        Assert.Equal(_files.Serial, NewSerial(server));
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("missing")]
    [InlineData("other key")]
    public void FilesThatCannotBeUsedAreToldOnceAndTheOldCertificateStays(string fault)
    {
        using ServerProcess server = _files.Start();
        string good = File.ReadAllText(_files.Key);
        string first = _files.Serial;
        switch (fault)
        {
            case "garbage":
                File.WriteAllText(_files.Certificate, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
                break;
            case "missing":
                File.Delete(_files.Certificate);
                break;
            default:
                _files.Renew();
                File.WriteAllText(_files.Key, good);
                break;
        }

        Poll.Until(() => server.Metric("unkey_tls_reload_failures_total") == 1, "the failure is counted");
        Assert.Equal(first, NewSerial(server));
        Poll.Until(() => server.Output.Contains("tls-not-reloaded", StringComparison.Ordinal), "the failure is logged");
        string line = Assert.Single(server.OutputLines, line => line.Contains("tls-not-reloaded", StringComparison.Ordinal));
        Assert.Contains("\"level\":\"error\"", line, StringComparison.Ordinal);
        Assert.Contains(fault == "other key" ? "--tls-key" : "--tls-cert", line, StringComparison.Ordinal);
        Assert.Contains(Path.GetFileName(_files.Certificate), line, StringComparison.Ordinal);

        // And it heals by itself.
        _files.Renew();
        Poll.Until(() => NewSerial(server) == _files.Serial, "the repaired files are taken up");
        Assert.Equal(1, server.OutputLines.Count(line => line.Contains("tls-not-reloaded", StringComparison.Ordinal)));
    }

    private static string NewSerial(ServerProcess server)
    {
        using RawConnection connection = server.Connect();
        TlsServer.AssertAnswers(connection);
        return SerialOf(connection);
    }

    private static string SerialOf(RawConnection connection) => ((X509Certificate2)connection.Tls.RemoteCertificate!).SerialNumber;
}
