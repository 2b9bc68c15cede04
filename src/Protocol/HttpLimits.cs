namespace Unkey.Protocol;

/// <summary>How much a client may send before it is refused. Immutable, shared by every parser of the process.</summary>
/// <remarks>Every bound is checked while the bytes come in, so that no bound can be passed by never ending a line.
/// Source of the orders of magnitude: the limits that nginx, Kestrel and Node ship with.</remarks>
public sealed record HttpLimits
{
    /// <summary>The limits that hold when nothing else is configured.</summary>
    public static HttpLimits Default { get; } = new();

    /// <summary>Longest request line in bytes, without its CRLF. 64 or more. Passing it is a 414, or a 400 when the method is what is
    /// long.</summary>
    public int RequestLineBytesMax { get; init; } = 8 * 1024;

    /// <summary>Longest field line, trailer line or chunk line in bytes, without its CRLF. 64 or more. Passing it is a 431.</summary>
    public int FieldLineBytesMax { get; init; } = 8 * 1024;

    /// <summary>Longest head (request line, fields, empty line) in bytes, empty lines before it included; also the bound of
    /// all trailers of a body together. 128 or more. Passing it is a 431.</summary>
    public int HeadBytesMax { get; init; } = 32 * 1024;

    /// <summary>Most field lines in one head, and most trailer lines after one body. 1 or more. Passing it is a 431.</summary>
    public int FieldsMax { get; init; } = 100;

    /// <summary>Bytes of chunk framing (sizes, extensions, line ends, trailers) that a body may have more than it has data.
    /// 64 or more. Passing it is a 400.</summary>
    /// <remarks>It bounds the ratio and not the sum, because an honest client that streams 10 MiB in chunks of 1 KiB
    /// needs 70 KiB of framing, while 1-byte chunks with fat extensions are an attack (CVE-2023-39326).</remarks>
    public int ChunkOverheadBytesMax { get; init; } = 16 * 1024;

    /// <summary>Longest body in bytes; zero or less means no limit. Passing it is a 413.</summary>
    public long BodyBytesMax { get; init; } = 10 * 1024 * 1024;
}
