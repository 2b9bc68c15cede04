using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Unkey.Server.Hosting;
using Unkey.Server.Transport.Interop;

namespace Unkey.Server.Transport.Tls;

/// <summary>The server's side of TLS with one certificate: an <c>SSL_CTX</c>. Immutable once loaded; any thread.</summary>
/// <remarks>
/// Every session holds the native object by itself, so this may go while connections made with it live on. It is freed by the collector, when the
/// last reactor has taken the next one; nobody disposes it.
/// </remarks>
internal sealed unsafe class TlsContext : SafeHandleZeroOrMinusOneIsInvalid
{
    private static ReadOnlySpan<byte> Protocol => "http/1.1"u8;

    // TLS 1.2: forward secrecy and authenticated encryption alone. TLS 1.3 has nothing else.
    private static ReadOnlySpan<byte> Ciphers => "ECDHE+AESGCM:ECDHE+CHACHA20\0"u8;

    private static ReadOnlySpan<byte> SessionIdContext => "unkey"u8;

    private TlsContext(nint handle)
        : base(ownsHandle: true) => SetHandle(handle);

    /// <summary>When the certificate expires.</summary>
    internal DateTimeOffset ExpiresAt { get; private init; }

    /// <summary>Makes a context of the files.</summary>
    /// <param name="files">What they hold; still the caller's.</param>
    /// <exception cref="TlsException">They cannot be used; the message names the file and the remedy.</exception>
    internal static TlsContext Load(TlsFiles files)
    {
        if (!OpenSsl.TryLoad())
        {
            throw new TlsException("--tls-cert: OpenSSL 3 (libssl and libcrypto) is not on this machine; install it, or let a proxy in front do the TLS");
        }

        OpenSsl.ERR_clear_error();
        nint handle = OpenSsl.SSL_CTX_new(OpenSsl.TLS_server_method());
        if (handle == 0)
        {
            throw new TlsException("--tls-cert: TLS cannot be set up: " + TakeReason());
        }

        TlsContext context = new(handle) { ExpiresAt = Expiry(files) };
        try
        {
            Configure(handle, asksForClient: files.ClientCa is not null);
            UseCertificates(handle, files);
            UseKey(handle, files);
            if (files.ClientCa is not null)
            {
                UseClientCa(handle, files);
            }

            return context;
        }
        catch (TlsException)
        {
            context.Dispose();
            throw;
        }
    }

    /// <summary>A session of a client that has just connected.</summary>
    /// <returns>An <c>SSL</c>, or 0 when there is no memory for it.</returns>
    internal nint NewSession()
    {
        nint ssl = OpenSsl.SSL_new(handle);
        GC.KeepAlive(this);
        return ssl;
    }

    /// <summary>The reason of the calling thread's last failure, and forgets it.</summary>
    /// <returns>A constant text of the library.</returns>
    internal static string TakeReason()
    {
        byte* reason = OpenSsl.ERR_reason_error_string(OpenSsl.ERR_peek_error());
        OpenSsl.ERR_clear_error();
        return reason is null ? "no reason given" : Marshal.PtrToStringUTF8((nint)reason) ?? "no reason given";
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        OpenSsl.SSL_CTX_free(handle);
        return true;
    }

    private static void Configure(nint context, bool asksForClient)
    {
        // A resumed session shows no certificate again; where clients must have one, each connection proves it.
        // And keys that were opened do not stay behind in the library's buffers, as they do not in ours.
        ulong options = OpenSsl.SSL_OP_CLEANSE_PLAINTEXT | OpenSsl.SSL_OP_NO_COMPRESSION | OpenSsl.SSL_OP_NO_RENEGOTIATION
            | (asksForClient ? OpenSsl.SSL_OP_NO_TICKET : 0);
        _ = OpenSsl.SSL_CTX_set_options(context, options);
        _ = OpenSsl.SSL_CTX_ctrl(context, OpenSsl.SSL_CTRL_MODE, OpenSsl.SSL_MODE_RELEASE_BUFFERS | OpenSsl.SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER, 0);
        _ = OpenSsl.SSL_CTX_ctrl(context, OpenSsl.SSL_CTRL_SET_SESS_CACHE_MODE, OpenSsl.SSL_SESS_CACHE_OFF, 0);
        if (asksForClient)
        {
            _ = OpenSsl.SSL_CTX_set_num_tickets(context, 0);
        }

        // SAFETY: constants, the first with its zero; both calls copy.
        fixed (byte* ciphers = Ciphers)
        fixed (byte* id = SessionIdContext)
        {
            if (OpenSsl.SSL_CTX_ctrl(context, OpenSsl.SSL_CTRL_SET_MIN_PROTO_VERSION, OpenSsl.TLS1_2_VERSION, 0) != 1
                || OpenSsl.SSL_CTX_set_cipher_list(context, ciphers) != 1
                || OpenSsl.SSL_CTX_set_session_id_context(context, id, (uint)SessionIdContext.Length) != 1)
            {
                throw new TlsException("--tls-cert: TLS cannot be set up: " + TakeReason());
            }
        }

        OpenSsl.SSL_CTX_set_alpn_select_cb(context, &SelectProtocol, null);
    }

    private static DateTimeOffset Expiry(TlsFiles files)
    {
        const string Remedy = "give a PEM file with the server's certificate first and those of its issuers behind it";
        try
        {
            // The first block of a certificate; a key that stands before it in the same file is passed over.
            char[] text = Encoding.Latin1.GetChars(files.Certificate);
            try
            {
                using X509Certificate2 certificate = X509Certificate2.CreateFromPem(text);
                return certificate.NotAfter.ToUniversalTime();
            }
            finally
            {
                text.AsSpan().Clear();
            }
        }
        catch (CryptographicException e)
        {
            throw new TlsException(TlsFiles.Describe("--tls-cert", files.Names.Certificate, "holds no certificate that can be read; " + Remedy), e);
        }
    }

    private static void UseCertificates(nint context, TlsFiles files)
    {
        int index = 0;
        ForEachCertificate(files.Certificate, certificate =>
        {
            if (index++ > 0)
            {
                // Takes the certificate over when it succeeds.
                return OpenSsl.SSL_CTX_ctrl(context, OpenSsl.SSL_CTRL_CHAIN_CERT, 0, certificate) == 1;
            }

            bool isUsed = OpenSsl.SSL_CTX_use_certificate(context, certificate) == 1;
            OpenSsl.X509_free(certificate);
            return isUsed;
        });
        string? problem = OpenSsl.ERR_peek_error() == 0 ? null : TakeReason();
        if (problem is not null || index == 0)
        {
            throw new TlsException(TlsFiles.Describe(
                "--tls-cert", files.Names.Certificate, $"holds a certificate that cannot be used ({problem ?? "no certificate"}); have it issued anew"));
        }
    }

    private static void UseKey(nint context, TlsFiles files)
    {
        ReadOnlySpan<byte> pem = files.Key;
        string Problem(string problem) => TlsFiles.Describe("--tls-key", files.Names.Key, problem);
        if (pem.IndexOf("PRIVATE KEY-----"u8) < 0)
        {
            throw new TlsException(Problem("holds no private key in PEM; give the file with the key of the certificate in --tls-cert"));
        }

        if (pem.IndexOf("BEGIN ENCRYPTED PRIVATE KEY"u8) >= 0 || pem.IndexOf("Proc-Type: 4,ENCRYPTED"u8) >= 0)
        {
            throw new TlsException(Problem("is encrypted, and there is nobody to ask for its password; decrypt it with 'openssl pkey -in FILE -out NEWFILE'"
                + " and keep the new file readable by the server's user alone"));
        }

        nint key;

        // SAFETY: the library reads the bytes while the key is parsed.
        fixed (byte* bytes = pem)
        {
            nint bio = OpenSsl.BIO_new_mem_buf(bytes, pem.Length);
            key = OpenSsl.PEM_read_bio_PrivateKey(bio, null, &RefusePassword, null);
            _ = OpenSsl.BIO_free(bio);
        }

        if (key == 0)
        {
            throw new TlsException(Problem($"holds a private key that cannot be read ({TakeReason()}); give it in PEM"));
        }

        bool isUsed = OpenSsl.SSL_CTX_use_PrivateKey(context, key) == 1;
        OpenSsl.EVP_PKEY_free(key);

        // A key of another kind is taken as that of a certificate still to come; the check then finds none.
        if (!isUsed || OpenSsl.SSL_CTX_check_private_key(context) != 1)
        {
            nuint error = OpenSsl.ERR_peek_error();
            bool isOther = isUsed || ((int)((error >> 23) & 0xFF) == OpenSsl.ERR_LIB_X509 && (int)(error & 0x7F_FFFF) == OpenSsl.X509_R_KEY_VALUES_MISMATCH);
            string reason = TakeReason();
            throw new TlsException(Problem(isOther
                ? $"is not the key of the first certificate in '{TextSafety.Escape(files.Names.Certificate)}'; give the two that were made together"
                : $"holds a private key that cannot be used ({reason}); have the certificate issued for another key"));
        }
    }

    private static void UseClientCa(nint context, TlsFiles files)
    {
        nint store = OpenSsl.SSL_CTX_get_cert_store(context);
        int count = 0;
        ForEachCertificate(files.ClientCa!, certificate =>
        {
            count++;
            bool isUsed = OpenSsl.X509_STORE_add_cert(store, certificate) == 1 && OpenSsl.SSL_CTX_add_client_CA(context, certificate) == 1;
            OpenSsl.X509_free(certificate);
            return isUsed;
        });
        string? problem = OpenSsl.ERR_peek_error() == 0 ? null : TakeReason();
        if (problem is not null || count == 0)
        {
            throw new TlsException(TlsFiles.Describe(
                "--tls-client-ca",
                files.Names.ClientCa!,
                $"holds no certificate that can be used{(problem is null ? "" : $" ({problem})")}; give a PEM file with the authorities that sign client certificates"));
        }

        OpenSsl.SSL_CTX_set_verify(context, OpenSsl.SSL_VERIFY_PEER | OpenSsl.SSL_VERIFY_FAIL_IF_NO_PEER_CERT, null);
    }

    // Every certificate of a PEM text, until one is refused. An error is left in the queue; the end of the text is none.
    private static void ForEachCertificate(byte[] pem, Func<nint, bool> use)
    {
        const int PemNoStartLine = 108;

        // SAFETY: the library reads the bytes until the object is freed below.
        fixed (byte* bytes = pem)
        {
            nint bio = OpenSsl.BIO_new_mem_buf(bytes, pem.Length);
            nint certificate;
            do
            {
                certificate = OpenSsl.PEM_read_bio_X509(bio, null, &RefusePassword, null);
                if (certificate == 0 && (int)(OpenSsl.ERR_peek_error() & 0x7F_FFFF) == PemNoStartLine)
                {
                    OpenSsl.ERR_clear_error();
                }
            }
            while (certificate != 0 && use(certificate));
            _ = OpenSsl.BIO_free(bio);
        }
    }

    // RFC 7301: of what the client offers, http/1.1; a client that offers other protocols alone is refused.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int SelectProtocol(nint ssl, byte** selected, byte* selectedLength, byte* offered, uint offeredLength, void* argument)
    {
        // SAFETY: the library gives a list of length-prefixed names of offeredLength bytes together, which it has checked.
        ReadOnlySpan<byte> rest = new(offered, (int)offeredLength);
        while (!rest.IsEmpty && rest.Length > rest[0])
        {
            if (rest.Slice(1, rest[0]).SequenceEqual(Protocol))
            {
                *selected = offered + (offeredLength - (uint)rest.Length) + 1;
                *selectedLength = rest[0];
                return OpenSsl.SSL_TLSEXT_ERR_OK;
            }

            rest = rest[(1 + rest[0])..];
        }

        return OpenSsl.SSL_TLSEXT_ERR_ALERT_FATAL;
    }

    // Without a function of its own the library would ask on the terminal.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int RefusePassword(byte* buffer, int size, int isForWriting, void* argument) => -1;
}
