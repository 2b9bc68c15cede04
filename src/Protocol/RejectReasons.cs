using System;

namespace Unkey.Protocol;

/// <summary>The status code and the fixed text of each <see cref="RejectReason"/>. Any thread; nothing allocates or throws.</summary>
public static class RejectReasons
{
    /// <summary>The status code of the answer.</summary>
    /// <param name="reason">Why the request is refused.</param>
    /// <returns>400, 408, 413, 414, 417, 431, 501 or 505.</returns>
    public static int StatusCode(RejectReason reason) => reason switch
    {
        RejectReason.Timeout => 408,
        RejectReason.BodyTooLarge => 413,
        RejectReason.TargetTooLong => 414,
        RejectReason.UnknownExpectation => 417,
        RejectReason.FieldLineTooLong or RejectReason.TooManyFields or RejectReason.HeadTooLong => 431,
        RejectReason.UnknownTransferCoding => 501,
        RejectReason.UnsupportedVersion => 505,
        _ => 400,
    };

    /// <summary>A sentence for the person who debugs the client. It never repeats a byte of the request.</summary>
    /// <param name="reason">Why the request is refused.</param>
    /// <returns>ASCII text that needs no escaping in JSON.</returns>
    public static ReadOnlySpan<byte> Text(RejectReason reason) => reason switch
    {
        RejectReason.BareLineFeed => "a line feed without a carriage return"u8,
        RejectReason.BareCarriageReturn => "a carriage return without a line feed"u8,
        RejectReason.ControlByte => "a control byte in the header"u8,
        RejectReason.TooManyEmptyLines => "too many empty lines before the request line"u8,
        RejectReason.InvalidRequestLine => "the request line is malformed"u8,
        RejectReason.InvalidMethod => "the method is malformed"u8,
        RejectReason.MethodTooLong => "the method is too long"u8,
        RejectReason.InvalidTarget => "the request target is malformed"u8,
        RejectReason.TargetTooLong => "the request target is too long"u8,
        RejectReason.InvalidVersion => "the protocol version is malformed"u8,
        RejectReason.UnsupportedVersion => "the protocol version is not supported"u8,
        RejectReason.InvalidFieldName => "a header field name is malformed"u8,
        RejectReason.WhitespaceBeforeColon => "white space between a header field name and its colon"u8,
        RejectReason.FoldedLine => "a folded header line"u8,
        RejectReason.FieldLineTooLong => "a header field is too long"u8,
        RejectReason.TooManyFields => "too many header fields"u8,
        RejectReason.HeadTooLong => "the header is too long"u8,
        RejectReason.MissingHost => "the Host header is missing"u8,
        RejectReason.DuplicateHost => "more than one Host header"u8,
        RejectReason.InvalidHost => "the Host header is malformed"u8,
        RejectReason.DuplicateField => "a header that may appear once appears twice"u8,
        RejectReason.DuplicateContentLength => "more than one Content-Length header"u8,
        RejectReason.InvalidContentLength => "the Content-Length header is malformed"u8,
        RejectReason.ConflictingFraming => "Content-Length together with Transfer-Encoding"u8,
        RejectReason.InvalidTransferEncoding => "the Transfer-Encoding header is malformed"u8,
        RejectReason.UnknownTransferCoding => "the transfer coding is not implemented"u8,
        RejectReason.InvalidConnection => "the Connection header is malformed"u8,
        RejectReason.UnknownExpectation => "the expectation cannot be met"u8,
        RejectReason.InvalidChunkSize => "a chunk size is malformed"u8,
        RejectReason.InvalidChunkExtension => "a chunk extension is malformed"u8,
        RejectReason.InvalidChunkEnd => "chunk data without a line end"u8,
        RejectReason.ChunkOverheadTooLarge => "too much chunk framing for its data"u8,
        RejectReason.BodyTooLarge => "the request body is too large"u8,
        RejectReason.Timeout => "the request did not arrive in time"u8,
        RejectReason.PlainHttp => "plain HTTP was sent to a port that speaks TLS; use https"u8,
        _ => "the request is malformed"u8,
    };
}
