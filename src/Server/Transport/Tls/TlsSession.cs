using System;
using Unkey.Server.Transport.Interop;

namespace Unkey.Server.Transport.Tls;

/// <summary>What came of bytes that a client sent.</summary>
internal enum TlsStatus
{
    /// <summary>They were taken in; more may come.</summary>
    Open,

    /// <summary>The client says that it will send nothing more (close_notify).</summary>
    Ended,

    /// <summary>They break the protocol, or the certificate is refused; what waits in the wire is the alert that says so.</summary>
    Failed,
}

/// <summary>The TLS of one connection: what the socket gave goes in, what it is to send comes out. It touches no socket.</summary>
/// <remarks>
/// One reactor thread. The native half is made with the first byte of the client, so that a connection that says nothing costs next to nothing.
/// Both sides are memory for the library: it never waits, and the reactor's deadlines and bounds hold as they do without TLS.
/// </remarks>
internal sealed unsafe class TlsSession(BufferPool pool)
{
    /// <summary>Sealed bytes that wait for the socket, above which nothing more is sealed: about a record.</summary>
    internal const int WireBytesMax = 16 * 1024;

    private const int RecordBytesMax = 16 * 1024;

    private nint _ssl;
    private nint _in;
    private nint _out;
    private bool _hasFailed;
    private bool _saidClose;

    /// <summary>Sealed bytes that wait to be sent.</summary>
    internal ConnectionOutput Wire { get; } = new(pool);

    /// <summary>True once the client has sent something that may be TLS.</summary>
    internal bool IsStarted => _ssl != 0;

    /// <summary>True once the handshake is complete.</summary>
    internal bool IsEstablished { get; private set; }

    /// <summary>True while a step of the handshake waits for its turn.</summary>
    internal bool IsWaiting { get; set; }

    /// <summary>Makes the native half.</summary>
    /// <param name="context">The certificate of this moment.</param>
    /// <returns>False when there is no memory for it.</returns>
    internal bool Start(TlsContext context)
    {
        nint ssl = context.NewSession();
        _in = OpenSsl.BIO_new(OpenSsl.BIO_s_mem());
        _out = OpenSsl.BIO_new(OpenSsl.BIO_s_mem());
        if (ssl == 0 || _in == 0 || _out == 0)
        {
            _ = OpenSsl.BIO_free(_in);
            _ = OpenSsl.BIO_free(_out);
            OpenSsl.SSL_free(ssl);
            OpenSsl.ERR_clear_error();
            return false;
        }

        OpenSsl.SSL_set_bio(ssl, _in, _out); // Takes both over.
        OpenSsl.SSL_set_accept_state(ssl);
        _ssl = ssl;
        return true;
    }

    /// <summary>Takes in what the socket gave: goes on with the handshake, and opens what is complete of the client's data.</summary>
    /// <param name="received">Bytes of the wire.</param>
    /// <param name="input">Receives the data in the clear; at most as much as came in now and one record before.</param>
    [HotPath]
    internal TlsStatus Open(ReadOnlySpan<byte> received, ConnectionInput input)
    {
        int taken;

        // SAFETY: the library copies exactly the span.
        fixed (byte* bytes = received)
        {
            taken = OpenSsl.BIO_write(_in, bytes, received.Length);
        }

        TlsStatus status = taken == received.Length ? OpenAll(input) : TlsStatus.Failed;
        if (!IsEstablished)
        {
            IsEstablished = OpenSsl.SSL_is_init_finished(_ssl) == 1;
        }

        _hasFailed |= status == TlsStatus.Failed;
        MoveToWire();
        return status;
    }

    /// <summary>Seals what waits in <paramref name="output"/>, as far as the wire has room for it.</summary>
    /// <param name="output">Answers in the clear; what was sealed is taken from it.</param>
    /// <param name="isLast">Whether nothing will follow: then the client is told so (close_notify) behind the last byte.</param>
    /// <returns>False when the session cannot go on.</returns>
    [HotPath]
    internal bool Seal(ConnectionOutput output, bool isLast)
    {
        // BOUND: each turn takes bytes from the output.
        while (output.Unsent > 0 && Wire.Unsent < WireBytesMax)
        {
            ReadOnlySpan<byte> first = output.FirstUnsent().Span;
            int sealedBytes;

            // SAFETY: the library reads exactly the given part of the span.
            fixed (byte* bytes = first)
            {
                sealedBytes = OpenSsl.SSL_write(_ssl, bytes, Math.Min(first.Length, RecordBytesMax));
            }

            if (sealedBytes <= 0)
            {
                _hasFailed = true;
                OpenSsl.ERR_clear_error();
                return false;
            }

            output.Sent(sealedBytes);
            MoveToWire();
        }

        if (isLast && output.Unsent == 0)
        {
            SayClose();
        }

        return true;
    }

    /// <summary>Tells the client that nothing follows, once, and if it can still be told.</summary>
    internal void SayClose()
    {
        if (IsEstablished && !_hasFailed && !_saidClose)
        {
            _saidClose = true;
            if (OpenSsl.SSL_shutdown(_ssl) < 0)
            {
                OpenSsl.ERR_clear_error();
            }

            MoveToWire();
        }
    }

    /// <summary>Frees the native half and returns every block.</summary>
    internal void Release()
    {
        Wire.Complete();
        OpenSsl.SSL_free(_ssl); // And both memories with it.
        _ssl = 0;
    }

    [HotPath]
    private TlsStatus OpenAll(ConnectionInput input)
    {
        // BOUND: each turn opens bytes of what has come in, which is finite.
        while (true)
        {
            Span<byte> room = input.GetReceiveSpan();
            int opened;

            // SAFETY: the library writes at most the span's length.
            fixed (byte* bytes = room)
            {
                opened = OpenSsl.SSL_read(_ssl, bytes, room.Length);
            }

            if (opened > 0)
            {
                input.Received(opened);
                if (OpenSsl.BIO_ctrl_pending(_in) == 0 && OpenSsl.SSL_pending(_ssl) == 0)
                {
                    return TlsStatus.Open;
                }

                continue;
            }

            input.ReleaseIfEmpty();
            switch (OpenSsl.SSL_get_error(_ssl, opened))
            {
                case OpenSsl.SSL_ERROR_WANT_READ:
                    return TlsStatus.Open;
                case OpenSsl.SSL_ERROR_ZERO_RETURN:
                    return TlsStatus.Ended;
                default:
                    return TlsStatus.Failed; // The reason stays in the queue for whoever logs it.
            }
        }
    }

    [HotPath]
    private void MoveToWire()
    {
        // BOUND: each turn takes bytes from a finite memory.
        while (OpenSsl.BIO_ctrl_pending(_out) > 0)
        {
            Span<byte> room = Wire.GetSpan();
            int moved;

            // SAFETY: the library writes at most the span's length.
            fixed (byte* bytes = room)
            {
                moved = OpenSsl.BIO_read(_out, bytes, room.Length);
            }

            if (moved <= 0)
            {
                return;
            }

            Wire.Advance(moved);
        }
    }
}
