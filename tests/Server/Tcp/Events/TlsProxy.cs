using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;

namespace Unkey.Server.Tests.Tcp.Events;

/// <summary>Ends TLS with a certificate of its own and passes the bytes on to a plain server.</summary>
internal sealed class TlsProxy : IDisposable
{
    private readonly X509Certificate2 _certificate;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _target;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly List<TcpClient> _clients = [];
    private readonly Task _accepting;
    private int _handshakes;

    /// <param name="name">The host name that the certificate is for.</param>
    /// <param name="target">Port of the plain server on the loopback.</param>
    /// <param name="certificateFile">Where the certificate is written, as PEM.</param>
    public TlsProxy(string name, int target, string certificateFile)
    {
        _target = target;
        _certificate = Certificate(name);
        File.WriteAllText(certificateFile, _certificate.ExportCertificatePem());
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Handshakes that succeeded.</summary>
    public int Handshakes => Volatile.Read(ref _handshakes);

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Stop();
        lock (_lock)
        {
            _clients.ForEach(static client => client.Dispose());
        }

        _accepting.GetAwaiter().GetResult();
        _certificate.Dispose();
        _stop.Dispose();
    }

    private static X509Certificate2 Certificate(string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=" + name, key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private async Task AcceptAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
                lock (_lock)
                {
                    _clients.Add(client);
                }

                connections.Add(ServeAsync(client));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            await using SslStream secure = new(client.GetStream());
            await secure.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _stop.Token);
            Interlocked.Increment(ref _handshakes);
            using TcpClient plain = new();
            await plain.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
            NetworkStream stream = plain.GetStream();
            await Task.WhenAny(secure.CopyToAsync(stream, _stop.Token), stream.CopyToAsync(secure, _stop.Token));
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException or ObjectDisposedException
            or System.Security.Authentication.AuthenticationException)
        {
            // The other side has left, or does not trust the certificate.
        }
        finally
        {
            client.Dispose();
        }
    }
}
