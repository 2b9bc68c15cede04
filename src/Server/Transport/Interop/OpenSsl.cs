using System;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Unkey.Server.Transport.Interop;

/// <summary>The calls of OpenSSL 3 that the server's own TLS needs, in native spelling. Every argument is blittable.</summary>
/// <remarks>
/// The fully static build links the symbols into the binary under the import's name and never consults the resolver; elsewhere
/// <see cref="TryLoad"/> must have found the libraries. A call that fails leaves its reason in a queue of the calling thread.
/// Source: the manual pages of OpenSSL 3.0 with the names of the functions.
/// </remarks>
internal static unsafe partial class OpenSsl
{
    internal const int TLS1_2_VERSION = 0x0303;
    internal const int SSL_CTRL_MODE = 33;
    internal const int SSL_CTRL_SET_SESS_CACHE_MODE = 44;
    internal const int SSL_CTRL_CHAIN_CERT = 89;
    internal const int SSL_CTRL_SET_MIN_PROTO_VERSION = 123;
    internal const int SSL_SESS_CACHE_OFF = 0;
    internal const int SSL_VERIFY_PEER = 1;
    internal const int SSL_VERIFY_FAIL_IF_NO_PEER_CERT = 2;
    internal const int SSL_TLSEXT_ERR_OK = 0;
    internal const int SSL_TLSEXT_ERR_ALERT_FATAL = 2;
    internal const int SSL_ERROR_WANT_READ = 2;
    internal const int SSL_ERROR_ZERO_RETURN = 6;
    internal const nint SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER = 0x02;
    internal const nint SSL_MODE_RELEASE_BUFFERS = 0x10;
    internal const ulong SSL_OP_CLEANSE_PLAINTEXT = 1UL << 1;
    internal const ulong SSL_OP_NO_TICKET = 1UL << 14;
    internal const ulong SSL_OP_NO_COMPRESSION = 1UL << 17;
    internal const ulong SSL_OP_NO_RENEGOTIATION = 1UL << 30;
    internal const int ERR_LIB_X509 = 11;
    internal const int X509_R_KEY_VALUES_MISMATCH = 116;

    private const string Ssl = "libssl";
    private const string Crypto = "libcrypto";

    // As the framework initialises it: with the system's configuration, and without a clean-up at exit, which would run under other threads.
    private const ulong InitOptions = 0x0000_0002 | 0x0000_0040 | 0x0008_0000 | 0x0020_0000;

    private static readonly Lazy<bool> s_isLoaded = new(Load);

    /// <summary>Makes the library ready; any thread, as often as one likes.</summary>
    /// <returns>Whether OpenSSL 3 is there.</returns>
    internal static bool TryLoad() => s_isLoaded.Value;

    private static bool Load()
    {
        try
        {
            NativeLibrary.SetDllImportResolver(typeof(OpenSsl).Assembly, Resolve);
            return OPENSSL_init_ssl(InitOptions, null) == 1;
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name is not (Ssl or Crypto))
        {
            return 0;
        }

        // Both from the same place: objects of one are handed to the other.
        string[] candidates = OperatingSystem.IsMacOS() ? [$"{name}.3.dylib"] : [$"{name}.so.3", $"{name}.so"];
        foreach (string candidate in candidates)
        {
            if (NativeLibrary.TryLoad(candidate, out nint handle))
            {
                return handle;
            }
        }

        return 0;
    }

    [LibraryImport(Ssl)]
    private static partial int OPENSSL_init_ssl(ulong options, void* settings);

    [LibraryImport(Ssl)]
    internal static partial nint TLS_server_method();

    [LibraryImport(Ssl)]
    internal static partial nint SSL_CTX_new(nint method);

    [LibraryImport(Ssl)]
    internal static partial void SSL_CTX_free(nint context);

    [LibraryImport(Ssl)]
    internal static partial nint SSL_CTX_ctrl(nint context, int command, nint number, nint pointer);

    [LibraryImport(Ssl)]
    internal static partial ulong SSL_CTX_set_options(nint context, ulong options);

    [LibraryImport(Ssl)]
    internal static partial int SSL_CTX_set_cipher_list(nint context, byte* ciphers);

    [LibraryImport(Ssl)]
    internal static partial int SSL_CTX_set_num_tickets(nint context, nuint count);

    [LibraryImport(Ssl)]
    internal static partial int SSL_CTX_set_session_id_context(nint context, byte* id, uint length);

    [LibraryImport(Ssl)]
    internal static partial void SSL_CTX_set_alpn_select_cb(
        nint context, delegate* unmanaged[Cdecl]<nint, byte**, byte*, byte*, uint, void*, int> callback, void* argument);

    [LibraryImport(Ssl)]
    internal static partial void SSL_CTX_set_verify(nint context, int mode, void* callback);

    [LibraryImport(Ssl)]
    internal static partial nint SSL_CTX_get_cert_store(nint context);

    [LibraryImport(Ssl)]
    internal static partial int SSL_CTX_add_client_CA(nint context, nint certificate);

    [LibraryImport(Ssl)]
    internal static partial int SSL_CTX_use_certificate(nint context, nint certificate);

    [LibraryImport(Ssl)]
    internal static partial int SSL_CTX_use_PrivateKey(nint context, nint key);

    [LibraryImport(Ssl)]
    internal static partial int SSL_CTX_check_private_key(nint context);

    [LibraryImport(Ssl)]
    internal static partial nint SSL_new(nint context);

    [LibraryImport(Ssl)]
    internal static partial void SSL_free(nint ssl);

    [LibraryImport(Ssl)]
    internal static partial void SSL_set_bio(nint ssl, nint read, nint write);

    [LibraryImport(Ssl)]
    internal static partial void SSL_set_accept_state(nint ssl);

    [LibraryImport(Ssl)]
    internal static partial int SSL_read(nint ssl, byte* buffer, int length);

    [LibraryImport(Ssl)]
    internal static partial int SSL_write(nint ssl, byte* buffer, int length);

    [LibraryImport(Ssl)]
    internal static partial int SSL_shutdown(nint ssl);

    [LibraryImport(Ssl), SuppressGCTransition]
    internal static partial int SSL_get_error(nint ssl, int result);

    [LibraryImport(Ssl), SuppressGCTransition]
    internal static partial int SSL_pending(nint ssl);

    [LibraryImport(Ssl), SuppressGCTransition]
    internal static partial int SSL_is_init_finished(nint ssl);

    [LibraryImport(Crypto)]
    internal static partial nint BIO_s_mem();

    [LibraryImport(Crypto)]
    internal static partial nint BIO_new(nint method);

    [LibraryImport(Crypto)]
    internal static partial nint BIO_new_mem_buf(byte* bytes, int length);

    [LibraryImport(Crypto)]
    internal static partial int BIO_free(nint bio);

    [LibraryImport(Crypto)]
    internal static partial int BIO_read(nint bio, byte* buffer, int length);

    [LibraryImport(Crypto)]
    internal static partial int BIO_write(nint bio, byte* bytes, int length);

    [LibraryImport(Crypto), SuppressGCTransition]
    internal static partial nuint BIO_ctrl_pending(nint bio);

    [LibraryImport(Crypto)]
    internal static partial nint PEM_read_bio_X509(
        nint bio, nint* certificate, delegate* unmanaged[Cdecl]<byte*, int, int, void*, int> password, void* argument);

    [LibraryImport(Crypto)]
    internal static partial nint PEM_read_bio_PrivateKey(
        nint bio, nint* key, delegate* unmanaged[Cdecl]<byte*, int, int, void*, int> password, void* argument);

    [LibraryImport(Crypto)]
    internal static partial int X509_STORE_add_cert(nint store, nint certificate);

    [LibraryImport(Crypto)]
    internal static partial void X509_free(nint certificate);

    [LibraryImport(Crypto)]
    internal static partial void EVP_PKEY_free(nint key);

    [LibraryImport(Crypto)]
    internal static partial nuint ERR_peek_error();

    [LibraryImport(Crypto)]
    internal static partial byte* ERR_reason_error_string(nuint error);

    [LibraryImport(Crypto)]
    internal static partial void ERR_clear_error();
}
