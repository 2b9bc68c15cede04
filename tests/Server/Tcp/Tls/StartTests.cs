using System;
using System.IO;
using System.Security.Cryptography;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Tls;

/// <summary>Files that TLS cannot be served with: one line that names the option, the file and the remedy, and no start.</summary>
public sealed class StartTests : IDisposable
{
    private readonly CertificateFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("--tls-cert", "missing.pem", "does not exist")]
    [InlineData("--tls-cert", "", "cannot be read")]
    [InlineData("--tls-cert", "key.pem", "holds no certificate")]
    [InlineData("--tls-cert", "broken.pem", "holds no certificate")]
    [InlineData("--tls-cert", "broken-issuer.pem", "holds a certificate that cannot be used")]
    [InlineData("--tls-key", "missing.pem", "does not exist")]
    [InlineData("--tls-key", "", "cannot be read")]
    [InlineData("--tls-key", "cert.pem", "holds no private key")]
    [InlineData("--tls-key", "encrypted.pem", "openssl pkey")]
    [InlineData("--tls-key", "other.pem", "is not the key of the first certificate")]
    [InlineData("--tls-key", "rsa.pem", "is not the key of the first certificate")]
    [InlineData("--tls-key", "broken-key.pem", "cannot be read")]
    [InlineData("--tls-client-ca", "missing.pem", "does not exist")]
    [InlineData("--tls-client-ca", "key.pem", "holds no certificate")]
    public void IsToldInOneLine(string option, string name, string problem)
    {
        using ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using RSA rsa = RSA.Create(2048);
        string certificate = File.ReadAllText(_files.Certificate);
        Write("other.pem", other.ExportPkcs8PrivateKeyPem());
        Write("rsa.pem", rsa.ExportRSAPrivateKeyPem());
        Write("encrypted.pem", other.ExportEncryptedPkcs8PrivateKeyPem("password", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));
        Write("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        Write("broken-issuer.pem", certificate + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        Write("broken-key.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
        string path = name.Length == 0 ? Path.GetDirectoryName(_files.Key)! : _files.PathOf(name);
        string data = _files.PathOf("data");
        string[] options = option == "--tls-client-ca" ? [.. _files.Options, option, path]
            : option == "--tls-cert" ? [option, path, "--tls-key", _files.Key]
            : ["--tls-cert", _files.Certificate, option, path];
        CommandRun run = CommandRun.Of(["serve", "--listen", "127.0.0.1:0", "--admin", "off", "--data", data, .. options]);
        Assert.Equal(1, run.ExitCode);
        string line = Assert.Single(run.Errors.TrimEnd().Split('\n'));
        Assert.Contains(option, line, StringComparison.Ordinal);
        Assert.Contains(path, line, StringComparison.Ordinal);
        Assert.Contains(problem, line, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", line, StringComparison.Ordinal);
    }

    [Fact]
    public void AKeyInTheSameFileAndAKeyOfAnOlderFormAreTaken()
    {
        // With the key before the certificates, and in the form that openssl ecparam writes.
        using ECDsa key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(_files.Key));
        string both = _files.PathOf("both.pem");
        File.WriteAllText(both, key.ExportECPrivateKeyPem() + "\n" + File.ReadAllText(_files.Certificate));
        using ServerProcess server = ServerProcess.Start(new ServerSetup { Options = ["--tls-cert", both, "--tls-key", both], Tls = _files.Client() });
        server.AwaitOutput("https");
    }

    [Theory]
    [InlineData(13, true)]
    [InlineData(15, false)]
    public void ACertificateThatExpiresSoonIsWarnedAbout(int days, bool isWarned)
    {
        _files.Renew(TimeSpan.FromDays(days));
        using ServerProcess server = _files.Start();
        Assert.Equal(isWarned, server.Output.Contains("tls-expires", StringComparison.Ordinal));
        server.AwaitOutput("tls-certificate");
    }

    [Fact]
    public void HealthAsksTheAdminListener()
    {
        using ServerProcess server = _files.Start();
        (string, string)[] environment = [("UNKEY_TLS_CERT", _files.Certificate), ("UNKEY_ADMIN", $"0.0.0.0:{server.AdminPort}")];
        CommandRun run = CommandRun.Of(["health"], environment);
        Assert.True(run.ExitCode == 0, run.Errors);
        Assert.NotEqual(0, CommandRun.Of(["health"], environment[0], ("UNKEY_ADMIN", "off")).ExitCode);
    }

    private void Write(string name, string text) => File.WriteAllText(_files.PathOf(name), text);
}
