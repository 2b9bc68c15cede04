using System;
using System.IO;
using System.Security.Cryptography;
using Unkey.Server.Hosting;

namespace Unkey.Server.Transport.Tls;

/// <summary>What the files of TLS hold at one moment. Holds a private key: dispose it soon. One thread.</summary>
internal sealed class TlsFiles : IDisposable
{
    // A chain of certificates takes some kilobytes, a bundle of every public authority a quarter of a megabyte.
    private const int FileBytesMax = 4 * 1024 * 1024;

    private TlsFiles(TlsFileNames names)
    {
        Names = names;
        Certificate = Read("--tls-cert", names.Certificate);
        Key = Read("--tls-key", names.Key);
        ClientCa = names.ClientCa is null ? null : Read("--tls-client-ca", names.ClientCa);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (byte[] part in (ReadOnlySpan<byte[]>)[Certificate, Key, ClientCa ?? []])
        {
            hash.AppendData(BitConverter.GetBytes(part.Length));
            hash.AppendData(part);
        }

        Digest = Convert.ToHexString(hash.GetHashAndReset());
    }

    /// <summary>Where they lie.</summary>
    internal TlsFileNames Names { get; }

    /// <summary>The certificates.</summary>
    internal byte[] Certificate { get; }

    /// <summary>The private key.</summary>
    internal byte[] Key { get; }

    /// <summary>Authorities of client certificates, or <see langword="null"/>.</summary>
    internal byte[]? ClientCa { get; }

    /// <summary>Differs when a byte of any file does. Says nothing about the key.</summary>
    internal string Digest { get; }

    /// <summary>Reads the files.</summary>
    /// <param name="names">Where they lie.</param>
    /// <exception cref="TlsException">One cannot be read.</exception>
    internal static TlsFiles Read(TlsFileNames names) => new(names);

    /// <summary>A line about a file.</summary>
    /// <param name="option">The option that names it.</param>
    /// <param name="path">The file.</param>
    /// <param name="problem">What is wrong with it, and the remedy.</param>
    internal static string Describe(string option, string path, string problem) => $"{option}: '{TextSafety.Escape(path)}' {problem}";

    /// <inheritdoc/>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(Key);
        CryptographicOperations.ZeroMemory(Certificate); // May be the same file, with the key in it.
    }

    private static byte[] Read(string option, string path)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            if (file.Length > FileBytesMax)
            {
                throw new TlsException(Describe(option, path, $"has more than {FileBytesMax} bytes, which no PEM file of certificates needs; give another file"));
            }

            byte[] bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new TlsException(Describe(option, path, "does not exist; give the path of a PEM file"), e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new TlsException(Describe(option, path, "cannot be read: permission denied, or a directory; give a PEM file that the server's user may read"), e);
        }
        catch (Exception e) when (e is IOException or ArgumentException or NotSupportedException)
        {
            throw new TlsException(Describe(option, path, $"cannot be read: {TextSafety.Escape(e.Message)}; give a PEM file that the server's user may read"), e);
        }
    }
}
