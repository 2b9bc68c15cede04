namespace Unkey.Server.Transport.Tls;

/// <summary>Where the parts of TLS lie. Immutable.</summary>
/// <param name="Certificate">PEM: the server's certificate, then those that lead to its root.</param>
/// <param name="Key">PEM: the private key of the first certificate; may be the same file.</param>
/// <param name="ClientCa">PEM: authorities of which one must have signed a client's certificate; <see langword="null"/> asks clients for none.</param>
public sealed record TlsFileNames(string Certificate, string Key, string? ClientCa);
