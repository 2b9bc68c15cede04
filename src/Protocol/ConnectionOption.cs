namespace Unkey.Protocol;

/// <summary>What an answer says of the connection that it is sent on (RFC 9112 9.3).</summary>
public enum ConnectionOption : byte
{
    /// <summary>Nothing: in HTTP/1.1 it lives on without a word.</summary>
    None,

    /// <summary><c>Connection: keep-alive</c>: an HTTP/1.0 client has asked for it, and has to be told that it gets it.</summary>
    KeepAlive,

    /// <summary><c>Connection: close</c>: it ends behind this answer.</summary>
    Close,
}
