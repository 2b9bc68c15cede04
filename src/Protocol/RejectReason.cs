namespace Unkey.Protocol;

/// <summary>Every reason for which a request is refused by the protocol itself. A closed set, so that it can label a metric.</summary>
public enum RejectReason
{
    /// <summary>Not refused.</summary>
    None,

    /// <summary>A LF without a CR before it (400).</summary>
    BareLineFeed,

    /// <summary>A CR without a LF after it (400).</summary>
    BareCarriageReturn,

    /// <summary>A NUL or another control byte (400).</summary>
    ControlByte,

    /// <summary>More empty lines before the request line than are skipped (400).</summary>
    TooManyEmptyLines,

    /// <summary>The request line is not <c>method SP target SP version</c> (400).</summary>
    InvalidRequestLine,

    /// <summary>The method is no token, or has lower-case letters (400).</summary>
    InvalidMethod,

    /// <summary>The method is longer than any registered one (400).</summary>
    MethodTooLong,

    /// <summary>The target is empty, has bytes outside visible ASCII, a fragment, or a form that its method does not have (400).</summary>
    InvalidTarget,

    /// <summary>The request line is too long because of its target (414).</summary>
    TargetTooLong,

    /// <summary>The version is not <c>HTTP/digit.digit</c> (400).</summary>
    InvalidVersion,

    /// <summary>The version is well formed and neither 1.0 nor 1.1 (505).</summary>
    UnsupportedVersion,

    /// <summary>A field name is empty or no token, or a field line has no colon (400).</summary>
    InvalidFieldName,

    /// <summary>White space between a field name and its colon (400).</summary>
    WhitespaceBeforeColon,

    /// <summary>A field line that begins with white space: a folded line (400).</summary>
    FoldedLine,

    /// <summary>One field line is too long (431).</summary>
    FieldLineTooLong,

    /// <summary>There are too many fields (431).</summary>
    TooManyFields,

    /// <summary>The head is too long as a whole (431).</summary>
    HeadTooLong,

    /// <summary>HTTP/1.1 without a Host field (400).</summary>
    MissingHost,

    /// <summary>More than one Host field (400).</summary>
    DuplicateHost,

    /// <summary>The Host field is empty or no valid authority (400).</summary>
    InvalidHost,

    /// <summary>A field that may be there once is there twice: Authorization or Content-Type (400).</summary>
    DuplicateField,

    /// <summary>More than one Content-Length field, equal or not (400).</summary>
    DuplicateContentLength,

    /// <summary>Content-Length is not one decimal number that fits 63 bits (400).</summary>
    InvalidContentLength,

    /// <summary>Content-Length and Transfer-Encoding together (400).</summary>
    ConflictingFraming,

    /// <summary>Transfer-Encoding is repeated, a list, in HTTP/1.0 or no coding at all (400).</summary>
    InvalidTransferEncoding,

    /// <summary>Transfer-Encoding names one well-formed coding other than chunked (501).</summary>
    UnknownTransferCoding,

    /// <summary>Connection is no list of tokens (400).</summary>
    InvalidConnection,

    /// <summary>An expectation other than 100-continue (417).</summary>
    UnknownExpectation,

    /// <summary>A chunk size is empty, no hexadecimal number, longer than 8 digits, or not followed by <c>;</c> or CRLF (400).</summary>
    InvalidChunkSize,

    /// <summary>A chunk extension breaks the grammar (400).</summary>
    InvalidChunkExtension,

    /// <summary>The data of a chunk is not followed by CRLF (400).</summary>
    InvalidChunkEnd,

    /// <summary>Too much framing for the data that it carries, or one chunk line is too long (400).</summary>
    ChunkOverheadTooLarge,

    /// <summary>The body is longer than allowed (413).</summary>
    BodyTooLarge,

    /// <summary>The head or body did not come in time (408). Never set by a parser; here because the set is closed.</summary>
    Timeout,

    /// <summary>HTTP without TLS on a port that speaks TLS (400). Never set by a parser; here because the set is closed.</summary>
    PlainHttp,
}
