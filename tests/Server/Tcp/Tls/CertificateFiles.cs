using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Unkey.Server.Tests.Tcp.Harness;

namespace Unkey.Server.Tests.Tcp.Tls;

/// <summary>An authority of a test with the files of a server's certificate, and certificates for clients. Not thread-safe.</summary>
internal sealed class CertificateFiles : IDisposable
{
    private const string ForServers = "1.3.6.1.5.5.7.3.1";
    private const string ForClients = "1.3.6.1.5.5.7.3.2";

    private readonly string _directory = Directory.CreateTempSubdirectory("unkey-tls-").FullName;
    private readonly List<string> _keyLines = [];
    private readonly X509Certificate2 _root = Authority("CN=root of a test", null);

    public CertificateFiles() => Renew();

    /// <summary>The server's chain.</summary>
    public string Certificate => Path.Combine(_directory, "cert.pem");

    /// <summary>The server's key.</summary>
    public string Key => Path.Combine(_directory, "key.pem");

    /// <summary>The authority alone.</summary>
    public string Ca => Path.Combine(_directory, "ca.pem");

    /// <summary>Serial number of the certificate in the files.</summary>
    public string Serial { get; private set; } = "";

    /// <summary>Options of a server that uses the files.</summary>
    public string[] Options => ["--tls-cert", Certificate, "--tls-key", Key];

    /// <summary>A file of the directory.</summary>
    public string PathOf(string name) => Path.Combine(_directory, name);

    /// <summary>A server with the files; the lines of its keys must never be printed or stored.</summary>
    public ServerProcess Start(params string[] options)
    {
        ServerProcess server = ServerProcess.Start(new ServerSetup { Options = [.. Options, .. options], Tls = Client() });
        NameSecrets(server);
        return server;
    }

    /// <summary>Names the keys that were made so far as secrets of a server.</summary>
    public void NameSecrets(ServerProcess server) => _keyLines.ForEach(server.AddSecret);

    /// <summary>How a client connects that trusts the authority.</summary>
    public SslClientAuthenticationOptions Client(SslProtocols protocols = SslProtocols.None) => new()
    {
        TargetHost = "localhost",
        EnabledSslProtocols = protocols,
        CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            CustomTrustStore = { _root },
        },
    };

    /// <summary>The same with a certificate of its own.</summary>
    public SslClientAuthenticationOptions Client(X509Certificate2 certificate)
    {
        SslClientAuthenticationOptions options = Client();
        options.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true);
        return options;
    }

    /// <summary>Puts another certificate of the same authority into the files, with a new key.</summary>
    public void Renew(TimeSpan? valid = null)
    {
        // By way of an authority between, which the file must bring along.
        using X509Certificate2 between = Authority("CN=authority between", _root);
        using X509Certificate2 server = Issue(between, "CN=localhost", ForServers, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow + (valid ?? TimeSpan.FromDays(90)));
        Serial = server.SerialNumber;
        string key = server.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem();
        _keyLines.Add(key.Split('\n')[1]);

        // Moved into place, as certbot and Kubernetes do; between the two moves the files do not fit together.
        Write(Key, key + "\n");
        Write(Certificate, $"{server.ExportCertificatePem()}\n{between.ExportCertificatePem()}\n");
        Write(Ca, _root.ExportCertificatePem() + "\n");
    }

    /// <summary>A certificate for a client.</summary>
    public X509Certificate2 ClientCertificate(bool isForClients = true, bool isExpired = false) => Issue(
        _root,
        "CN=client of a test",
        isForClients ? ForClients : ForServers,
        DateTimeOffset.UtcNow.AddDays(-2),
        DateTimeOffset.UtcNow.AddDays(isExpired ? -1 : 1));

    public void Dispose()
    {
        _root.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static void Write(string path, string text)
    {
        File.WriteAllText(path + ".new", text);
        File.Move(path + ".new", path, overwrite: true);
    }

    private static X509Certificate2 Authority(string name, X509Certificate2? issuer)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        if (issuer is null)
        {
            return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-10), DateTimeOffset.UtcNow.AddDays(400));
        }

        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, true, false));
        using X509Certificate2 signed = request.Create(issuer, DateTimeOffset.UtcNow.AddDays(-5), DateTimeOffset.UtcNow.AddDays(395), Serials());
        return signed.CopyWithPrivateKey(key);
    }

    private static X509Certificate2 Issue(X509Certificate2 issuer, string name, string usage, DateTimeOffset from, DateTimeOffset to)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(name, key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, true, false));
        using X509Certificate2 signed = request.Create(issuer, from, to, Serials());
        return signed.CopyWithPrivateKey(key);
    }

    private static byte[] Serials() => [0x01, .. RandomNumberGenerator.GetBytes(12)];
}
