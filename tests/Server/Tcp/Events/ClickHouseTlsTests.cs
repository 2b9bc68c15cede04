using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Events;

/// <summary>ClickHouse behind TLS: the certificate must be trusted, and be that of the host.</summary>
public sealed class ClickHouseTlsTests : IDisposable
{
    private const string Database = "unkey_tls";

    private readonly string _directory = Directory.CreateTempSubdirectory("unkey-test-").FullName;
    private readonly ClickHouseServer _clickHouse;

    public ClickHouseTlsTests() => _clickHouse = new ClickHouseServer(Path.Combine(_directory, "clickhouse"));

    public void Dispose()
    {
        _clickHouse.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void EventsGoThroughTlsWhenTheCertificateIsTrusted()
    {
        string file = Path.Combine(_directory, "trusted.pem");
        using TlsProxy proxy = new("localhost", _clickHouse.Port, file);
        List<string> answered = [];
        using (ServerProcess server = ServerProcess.Start(Setup(proxy, file)))
        {
            answered.AddRange(Verify(server, 40));
            Poll.Until(() => server.Metric("unkey_events_delivered_total") == 40, "the events are delivered");
        }

        Assert.True(proxy.Handshakes > 0);
        Assert.Equal(
            answered.Order(StringComparer.Ordinal), _clickHouse.Texts(Database, "SELECT request_id FROM key_verifications_raw_v2").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("localhost", false)]
    [InlineData("another.example", true)]
    public void ACertificateThatIsNotTrustedOrOfAnotherHostGetsNoEventAndTheLogSaysSo(string name, bool isTrusted)
    {
        string file = Path.Combine(_directory, "certificate.pem");
        using TlsProxy proxy = new(name, _clickHouse.Port, file);
        ServerSetup setup = Setup(proxy, isTrusted ? file : null);
        using (ServerProcess server = ServerProcess.Start(setup))
        {
            Verify(server, 10);
            Poll.Until(() => server.Metric("unkey_events_sink_up") == 0, "the sink is down");
            Poll.Until(() => server.Metric("unkey_event_ring_bytes") == 0, "the events are in the spool");
            Poll.Until(() => server.Output.Contains("Events wait", StringComparison.Ordinal), "the log says why");
            Assert.Equal(0, server.Metric("unkey_events_delivered_total"));
            string line = Assert.Single(server.Output.Split('\n'), static line => line.Contains("Events wait", StringComparison.Ordinal));
            Assert.Contains("certificate", line, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("a_password_of_the_tests", server.Output, StringComparison.Ordinal);
        }

        Assert.Empty(_clickHouse.Texts(Database, $"SELECT name FROM system.tables WHERE database = '{Database}'"));
    }

    private static List<string> Verify(ServerProcess server, int count)
    {
        using ApiClient client = server.Client();
        string key = client.CreateKey(client.CreateApi()).Key;
        return [.. Enumerable.Range(0, count).Select(_ => client.Verify(key).RequestId)];
    }

    private ServerSetup Setup(TlsProxy proxy, string? trusted) => new()
    {
        DataDirectory = Path.Combine(_directory, "data"),
        Options =
        [
            "--clickhouse", $"https://writer:a_password_of_the_tests@localhost:{proxy.Port}/{Database}", "--event-batch-age", "50ms", "--event-batch-size", "100",
        ],
        Environment = trusted is null ? [] : [("SSL_CERT_FILE", trusted)],
    };
}
