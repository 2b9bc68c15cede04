namespace Unkey.Server.Transport;

/// <summary>What a connection is doing; decides which deadline runs and whether bytes are wanted.</summary>
internal enum ConnectionPhase : byte
{
    /// <summary>Between requests: nothing of the next one has arrived.</summary>
    Idle,

    /// <summary>Part of a request head has arrived.</summary>
    Head,

    /// <summary>The head is complete, the body is not.</summary>
    Body,

    /// <summary>A cold request is with the thread pool; later requests wait behind it.</summary>
    Cold,

    /// <summary>Unsent answers wait for a slow reader; nothing more is parsed.</summary>
    Blocked,

    /// <summary>The last answer is written: it is sent, then the sending side is closed and what still arrives is dropped.</summary>
    Closing,

    /// <summary>TLS is being agreed on; nothing of a request has been seen.</summary>
    Handshake,

    /// <summary>Closed; the object only waits to be forgotten.</summary>
    Closed,
}
