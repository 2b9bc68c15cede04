using System.Collections.Generic;
using System.Linq;
using System.Text;
using Unkey.Protocol;

namespace Unkey.Tests.Oracles;

/// <summary>Request heads with what must become of them. The text is Latin-1: one character a byte.</summary>
internal static class HttpParserData
{
    /// <summary>One input and what must become of it.</summary>
    public sealed record Row(string Name, string Text, ParseStatus Status, RejectReason Reason)
    {
        public byte[] Bytes => Encoding.Latin1.GetBytes(Text);
    }

    public static IReadOnlyList<Row> Rows { get; } = Valid().Concat(Incomplete()).Concat(Rejected()).ToList();

    public static Row Find(string name) => Rows.Single(row => row.Name == name);

    /// <summary>A whole request whose one field line, after Host, is given.</summary>
    public static string With(string field, string version = "1.1", string method = "POST") =>
        $"{method} /v2/keys.verifyKey HTTP/{version}\r\nHost: a\r\n{field}\r\n\r\n";

    private static string Get(string target) => $"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n";

    private static string Line(string requestLine) => $"{requestLine}\r\nHost: a\r\n\r\n";

    private static string Repeat(string text, int count) => new StringBuilder(text.Length * count).Insert(0, text, count).ToString();

    private static IEnumerable<Row> Valid()
    {
        static Row Ok(string name, string text) => new(name, text, ParseStatus.Done, RejectReason.None);

        yield return Ok("plain GET", Get("/v2/liveness"));
        yield return Ok("plain POST", With("Content-Length: 5") + "hello");
        yield return Ok("a typical verification", "POST /v2/keys.verifyKey HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nAuthorization: Bearer "
            + "unkey_3ZzmY7XkQvT1p2aBcDeFgHiJ\r\nContent-Type: application/json\r\nAccept: application/json\r\nUser-Agent: "
            + "speakeasy-sdk/typescript 2.0.0\r\nConnection: keep-alive\r\nContent-Length: 62\r\n\r\n"
            + "{\"key\":\"sk_3ZzmY7XkQvT1p2aBcDeFgHiJ\"}");
        yield return Ok("pipelined behind", Get("/a") + Get("/b"));
        yield return Ok("one empty line before", "\r\n" + Get("/"));
        yield return Ok("two empty lines before", "\r\n\r\n" + Get("/"));
        yield return Ok("legal oddities",
            "GET /v2/liveness HTTP/1.1\r\nhOsT:a\r\ncookie: \r\nX-Empty:\r\nX-Tab:\t b \t\r\nX_Under: 1\r\n\r\n");
        yield return Ok("every token byte in a name", With("!#$%&'*+-.^_`|~09azAZ: x"));
        yield return Ok("obs-text in a value", With("X-A: \u0080\u00ff"));
        yield return Ok("tab within a value", With("X-A: a\tb"));
        yield return Ok("blanks only value", With("X-A:  \t  "));
        yield return Ok("colons in a value", With("X-A: a:b:c"));
        yield return Ok("long name", With(Repeat("X", 300) + ": 1"));
        yield return Ok("names of known lengths that are other names",
            With("Hosu: 1\r\nAccepu: 1\r\nAuthorizatiom: 1\r\nContent-Lengti: 1\r\nConnectiom: x y\r\n"
            + "Transfer-Encodinh: x\r\nExpecu: y\r\nX-Test-Timf: 1\r\nContent-Typf: 1"));
        yield return Ok("all fields that are read",
            With("Authorization: Bearer x\r\nContent-Type: application/json\r\nAccept: */*\r\nUser-Agent: u\r\n"
            + "X-Forwarded-For: 1.2.3.4\r\nX-Test-Time: 5\r\nX-Unkey-Metrics: disabled\r\nContent-Length: 0"));
        yield return Ok("HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n");
        yield return Ok("HTTP/1.0 with Host", "GET / HTTP/1.0\r\nHost: a\r\n\r\n");
        yield return Ok("HTTP/1.0 keep-alive", With("Connection: Keep-Alive", "1.0", "GET"));
        yield return Ok("HTTP/1.0 keep-alive and close", With("Connection: keep-alive\r\nConnection: close", "1.0", "GET"));
        yield return Ok("HTTP/1.0 with an expectation that is ignored", With("Expect: 100-continue\r\nContent-Length: 3", "1.0"));
        yield return Ok("Connection close", With("Connection: close"));
        yield return Ok("Connection list", With("Connection: , foo ,\tCLOSE,,"));
        yield return Ok("Connection empty", With("Connection:"));
        yield return Ok("Connection twice", With("Connection: keep-alive\r\nConnection: Close"));
        yield return Ok("Expect", With("Expect: 100-Continue\r\nContent-Length: 3"));
        yield return Ok("Expect without a body", With("Expect: 100-continue"));
        yield return Ok("chunked", With("Transfer-Encoding: chunked"));
        yield return Ok("chunked in capitals", With("transfer-encoding: \t CHUNKED  "));
        yield return Ok("longest length", With("Content-Length: 9223372036854775807"));
        yield return Ok("length with leading zeros", With("Content-Length: 0000000000000000000000000007"));
        yield return Ok("methods of every kind", Line("PROPPATCH /x HTTP/1.1"));
        yield return Ok("longest method", Line(Repeat("M", 32) + " /x HTTP/1.1"));
        yield return Ok("method with odd token bytes", Line("M-SEARCH!2 /x HTTP/1.1"));
        yield return Ok("method that begins like another", Line("POSTS /x HTTP/1.1"));
        yield return Ok("HEAD", Line("HEAD / HTTP/1.1"));
        yield return Ok("TRACE", Line("TRACE / HTTP/1.1"));
        yield return Ok("OPTIONS *", Line("OPTIONS * HTTP/1.1"));
        yield return Ok("CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n");
        yield return Ok("absolute form", Get("http://a/v2/liveness"));
        yield return Ok("absolute form with port and query", Get("HTTPS://A.example:8080/x?y=z"));
        yield return Ok("absolute form without path", Get("http://a"));
        yield return Ok("absolute form with query only", Get("http://a?b"));
        yield return Ok("query", Get("/a?b=c?d"));
        yield return Ok("empty query", Get("/a?"));
        yield return Ok("double slash path", Get("//a/../b"));
        yield return Ok("every target byte", Get("/!\"$%&'()*+,-.09:;<=>@AZ[\\]^_`az{|}~"));
        yield return Ok("IPv6 host", "GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n");
        yield return Ok("IPv6 host without port", "GET / HTTP/1.1\r\nHost: [fe80::1.2.3.4]\r\n\r\n");
        yield return Ok("host with escapes", "GET / HTTP/1.1\r\nHost: a%2Db:1\r\n\r\n");
        yield return Ok("host with an empty port", "GET / HTTP/1.1\r\nHost: a:\r\n\r\n");
        yield return Ok("longest request line", Get("/" + Repeat("a", 8192 - 14)));
        yield return Ok("longest field line", With("X: " + Repeat("a", 8192 - 3)));
        yield return Ok("most fields", With(Repeat("X: 1\r\n", 98) + "X: 2"));
        yield return Ok("longest head", LongestHead(0));
    }

    private static IEnumerable<Row> Incomplete()
    {
        static Row Need(string name, string text) => new(name, text, ParseStatus.NeedMoreData, RejectReason.None);

        yield return Need("nothing", string.Empty);
        yield return Need("a CR", "\r");
        yield return Need("an empty line", "\r\n");
        yield return Need("two empty lines and a CR", "\r\n\r\n\r");
        yield return Need("part of a method", "PO");
        yield return Need("request line without LF", "GET / HTTP/1.1\r");
        yield return Need("request line", "GET / HTTP/1.1\r\n");
        yield return Need("part of a name", "GET / HTTP/1.1\r\nHo");
        yield return Need("part of a value", "GET / HTTP/1.1\r\nHost: a");
        yield return Need("part of the last line end", "GET / HTTP/1.1\r\nHost: a\r\n\r");
        yield return Need("a fault of meaning before the end", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n");
        yield return Need("a bad name in a line without end", "GET / HTTP/1.1\r\nX A: b");
        yield return Need("a method that may yet be refused", Repeat("A", 8192));
        yield return Need("a field line as long as may be", "GET / HTTP/1.1\r\n" + Repeat("a", 8192));
    }

    private static IEnumerable<Row> Rejected()
    {
        static Row Bad(string name, RejectReason reason, string text) => new(name, text, ParseStatus.Rejected, reason);

        // Framing first: what two servers read differently is how requests are smuggled.
        yield return Bad("length and coding", RejectReason.ConflictingFraming, With("Content-Length: 5\r\nTransfer-Encoding: chunked"));
        yield return Bad("coding and length", RejectReason.ConflictingFraming, With("Transfer-Encoding: chunked\r\nContent-Length: 6"));
        yield return Bad("length and unknown coding", RejectReason.ConflictingFraming,
            With("Content-Length: 5\r\nTransfer-Encoding: gzip"));
        yield return Bad("two lengths", RejectReason.DuplicateContentLength, With("Content-Length: 0\r\nContent-Length: 46"));
        yield return Bad("two equal lengths", RejectReason.DuplicateContentLength, With("Content-Length: 27\r\nContent-Length: 27"));
        foreach (string length in new[]
        {
            "5, 6", "5,5", "+5", "-1", "-0", "0x5", "5 5", "", "18446744073709551621", "9223372036854775808", "5;", "5.0", "1e2", "\u00b2",
            "_5", "\"5\"",
        })
        {
            yield return Bad($"length '{length}'", RejectReason.InvalidContentLength, With("Content-Length: " + length));
        }

        yield return Bad("length after a space and colon", RejectReason.WhitespaceBeforeColon, With("Content-Length : 46"));
        foreach (string coding in new[]
        {
            "chunked, identity", "gzip, chunked", ", chunked", "chunked,", "\"chunked\"", "chunked;q=1", "", "chunked chunked",
            "chunked\u0080",
        })
        {
            yield return Bad($"coding '{coding}'", RejectReason.InvalidTransferEncoding, With("Transfer-Encoding: " + coding));
        }

        yield return Bad("two codings", RejectReason.InvalidTransferEncoding,
            With("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"));
        yield return Bad("two equal codings", RejectReason.InvalidTransferEncoding,
            With("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"));
        yield return Bad("coding in HTTP/1.0", RejectReason.InvalidTransferEncoding,
            With("Transfer-Encoding: chunked\r\nConnection: keep-alive", "1.0"));
        yield return Bad("unknown coding in HTTP/1.0", RejectReason.InvalidTransferEncoding, With("Transfer-Encoding: gzip", "1.0"));
        yield return Bad("unknown coding", RejectReason.UnknownTransferCoding, With("Transfer-Encoding: xchunked"));
        yield return Bad("identity coding", RejectReason.UnknownTransferCoding, With("Transfer-Encoding: identity"));
        yield return Bad("vertical tab before a coding", RejectReason.ControlByte, With("Transfer-Encoding: \u000bchunked"));
        yield return Bad("NUL after a coding", RejectReason.ControlByte, With("Transfer-Encoding: chunked\0"));

        // Line ends.
        yield return Bad("bare LF throughout", RejectReason.BareLineFeed, "GET / HTTP/1.1\nHost: a\n\n");
        yield return Bad("one bare LF between fields", RejectReason.BareLineFeed, With("X-A: b\nX-B: c"));
        yield return Bad("bare LF in a name", RejectReason.BareLineFeed, With("X-A\nX-B: c"));
        yield return Bad("bare LF after the head", RejectReason.BareLineFeed, "GET / HTTP/1.1\r\nHost: a\r\n\n");
        yield return Bad("LF first", RejectReason.BareLineFeed, "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
        yield return Bad("bare CR after the version", RejectReason.BareCarriageReturn, "GET / HTTP/1.1\rX: y\r\nHost: a\r\n\r\n");
        yield return Bad("bare CR in a value", RejectReason.BareCarriageReturn, With("X-A: b\rX-B: c"));
        yield return Bad("bare CR in a name", RejectReason.BareCarriageReturn, With("X-\rA: b"));
        yield return Bad("CR for a hyphen of a known name", RejectReason.BareCarriageReturn, With("Content\rLength: 5"));
        yield return Bad("CR X for the end", RejectReason.BareCarriageReturn,
            "GET / HTTP/1.1\r\nHost: a\r\n\rZGET /evil: HTTP/1.1\r\nHost: a\r\n\r\n");
        yield return Bad("CR CR LF", RejectReason.BareCarriageReturn, "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n");
        yield return Bad("CR X first", RejectReason.BareCarriageReturn, "\rXGET / HTTP/1.1\r\nHost: a\r\n\r\n");
        yield return Bad("three empty lines before", RejectReason.TooManyEmptyLines, "\r\n\r\n\r\n" + Get("/"));

        // Field syntax.
        yield return Bad("space before the colon", RejectReason.WhitespaceBeforeColon, With("X-A : b"));
        yield return Bad("tab before the colon", RejectReason.WhitespaceBeforeColon, With("X-A\t: b"));
        yield return Bad("space in a name", RejectReason.WhitespaceBeforeColon, With("X A: b"));
        yield return Bad("space before the colon of Host", RejectReason.WhitespaceBeforeColon, "GET / HTTP/1.1\r\nHost : a\r\n\r\n");
        yield return Bad("no colon", RejectReason.InvalidFieldName, With("NoColonHere"));
        yield return Bad("no colon, short", RejectReason.InvalidFieldName, With("N\r\nX: y"));
        yield return Bad("no colon in the last line", RejectReason.InvalidFieldName, "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n");
        yield return Bad("empty name", RejectReason.InvalidFieldName, With(": empty"));
        yield return Bad("colon only", RejectReason.InvalidFieldName, With(":"));
        yield return Bad("folded line", RejectReason.FoldedLine, With("X-A: b\r\n folded"));
        yield return Bad("folded line with a colon", RejectReason.FoldedLine, With("X-A: b\r\n\tfolded: c"));
        yield return Bad("white space before the first field", RejectReason.FoldedLine, "GET / HTTP/1.1\r\n Host: a\r\nX: y\r\n\r\n");
        yield return Bad("delimiter in a name", RejectReason.InvalidFieldName, With("X(A): b"));
        yield return Bad("delimiter in a long name", RejectReason.InvalidFieldName, With("X-Something-Rather-Long(A): b"));
        yield return Bad("obs-text in a name", RejectReason.InvalidFieldName, With("X-\u00ef\u00bb\u00bfA: b"));
        yield return Bad("NUL in a value", RejectReason.ControlByte, With("X-A: b\0c"));
        yield return Bad("NUL in a name", RejectReason.ControlByte, With("X-\0A: c"));
        yield return Bad("escape in a value", RejectReason.ControlByte, With("X-A: \u001b[31mred\u0007"));
        yield return Bad("DEL in a value", RejectReason.ControlByte, With("X-A: a\u007f"));
        yield return Bad("form feed far behind in a value", RejectReason.ControlByte, With("X-A: " + Repeat("a", 100) + "\f"));

        // Host and the fields that may be there once.
        yield return Bad("no Host", RejectReason.MissingHost, "GET / HTTP/1.1\r\nAccept: */*\r\n\r\n");
        yield return Bad("no field at all", RejectReason.MissingHost, "GET / HTTP/1.1\r\n\r\n");
        yield return Bad("two Hosts", RejectReason.DuplicateHost, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
        yield return Bad("two equal Hosts", RejectReason.DuplicateHost, "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n");
        yield return Bad("two Hosts in HTTP/1.0", RejectReason.DuplicateHost, "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n");
        foreach (string host in new[]
        {
            "", "a b", "a,b", "a/b", "a@b", ":80", "a:b", "a:123456", "a:-1", "[::1", "[]", "[::1]x", "[::1]:x", "[g::1]", "a%2", "a%zz",
                "a%", "\u00e9", "a#", "a?",
        })
        {
            yield return Bad($"Host '{host}'", RejectReason.InvalidHost, $"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
        }

        yield return Bad("bad Host in HTTP/1.0", RejectReason.InvalidHost, "GET / HTTP/1.0\r\nHost: a b\r\n\r\n");
        yield return Bad("two Authorizations", RejectReason.DuplicateField, With("Authorization: Bearer a\r\nAuthorization: Bearer a"));
        yield return Bad("two Content-Types", RejectReason.DuplicateField, With("Content-Type: a/b\r\nContent-Type: a/b"));
        yield return Bad("Connection no token", RejectReason.InvalidConnection, With("Connection: close, a b"));
        yield return Bad("Connection quoted", RejectReason.InvalidConnection, With("Connection: \"close\""));
        yield return Bad("other expectation", RejectReason.UnknownExpectation, With("Expect: 200-ok"));
        yield return Bad("list of expectations", RejectReason.UnknownExpectation, With("Expect: 100-continue, x"));
        yield return Bad("empty expectation", RejectReason.UnknownExpectation, With("Expect:"));
        yield return Bad("framing before expectation", RejectReason.ConflictingFraming,
            With("Expect: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked"));

        // Request line.
        yield return Bad("two spaces", RejectReason.InvalidTarget, Line("GET  / HTTP/1.1"));
        yield return Bad("tabs", RejectReason.InvalidRequestLine, Line("GET\t/\tHTTP/1.1"));
        yield return Bad("space after the version", RejectReason.InvalidVersion, Line("GET / HTTP/1.1 "));
        yield return Bad("space before the method", RejectReason.InvalidMethod, Line(" GET / HTTP/1.1"));
        yield return Bad("two spaces before the version", RejectReason.InvalidVersion, Line("GET /  HTTP/1.1"));
        yield return Bad("HTTP/0.9", RejectReason.InvalidRequestLine, Line("GET /"));
        yield return Bad("method only", RejectReason.InvalidRequestLine, Line("GET"));
        yield return Bad("lower-case method", RejectReason.InvalidMethod, Line("get / HTTP/1.1"));
        yield return Bad("method with a delimiter", RejectReason.InvalidMethod, Line("G(T / HTTP/1.1"));
        yield return Bad("method too long", RejectReason.MethodTooLong, Line(Repeat("M", 33) + " / HTTP/1.1"));
        yield return Bad("method only and too long", RejectReason.MethodTooLong, Line(Repeat("M", 33)));
        yield return Bad("method longer than a line", RejectReason.MethodTooLong, Repeat("A", 20000) + " / HTTP/1.1\r\nHost: a\r\n\r\n");
        yield return Bad("target too long", RejectReason.TargetTooLong, Get("/" + Repeat("a", 8192 - 13)));
        yield return Bad("target without end", RejectReason.TargetTooLong, "GET /" + Repeat("a", 70000));
        yield return Bad("lower-case http", RejectReason.InvalidVersion, Line("GET / http/1.1"));
        yield return Bad("HTTP/3.0", RejectReason.UnsupportedVersion, Line("GET / HTTP/3.0"));
        yield return Bad("HTTP/1.2", RejectReason.UnsupportedVersion, Line("GET / HTTP/1.2"));
        yield return Bad("HTTP/0.9 written out", RejectReason.UnsupportedVersion, Line("GET / HTTP/0.9"));
        yield return Bad("HTTP/2 preface", RejectReason.UnsupportedVersion, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        yield return Bad("HTTP/1.10", RejectReason.InvalidVersion, Line("GET / HTTP/1.10"));
        yield return Bad("HTTP/11", RejectReason.InvalidVersion, Line("GET / HTTP/11"));
        yield return Bad("HTTP/1,1", RejectReason.InvalidVersion, Line("GET / HTTP/1,1"));
        yield return Bad("no version", RejectReason.InvalidVersion, Line("GET / "));
        yield return Bad("NUL in the target", RejectReason.ControlByte, Get("/a\0b"));
        yield return Bad("DEL in the target", RejectReason.ControlByte, Get("/a\u007f"));
        yield return Bad("non-ASCII target", RejectReason.InvalidTarget, Get("/v2/live\u00c3\u00a9ness"));
        yield return Bad("tab in the target", RejectReason.InvalidTarget, Get("/a\tb"));
        yield return Bad("fragment", RejectReason.InvalidTarget, Get("/a#b"));
        yield return Bad("fragment in a query", RejectReason.InvalidTarget, Get("/a?b#c"));
        yield return Bad("fragment in absolute form", RejectReason.InvalidTarget, Get("http://a#b"));
        yield return Bad("GET *", RejectReason.InvalidTarget, Get("*"));
        yield return Bad("OPTIONS **", RejectReason.InvalidTarget, Line("OPTIONS ** HTTP/1.1"));
        yield return Bad("relative target", RejectReason.InvalidTarget, Get("v2/liveness"));
        yield return Bad("other scheme", RejectReason.InvalidTarget, Get("ftp://a/b"));
        yield return Bad("absolute form without a host", RejectReason.InvalidTarget, Get("http:///b"));
        yield return Bad("scheme only", RejectReason.InvalidTarget, Get("http://"));
        yield return Bad("user in absolute form", RejectReason.InvalidTarget, Get("http://u@a/"));
        yield return Bad("authority form for GET", RejectReason.InvalidTarget, Get("a:443"));
        yield return Bad("path for CONNECT", RejectReason.InvalidTarget, Line("CONNECT / HTTP/1.1"));
        yield return Bad("no port for CONNECT", RejectReason.InvalidTarget, Line("CONNECT a HTTP/1.1"));
        yield return Bad("empty port for CONNECT", RejectReason.InvalidTarget, Line("CONNECT a: HTTP/1.1"));
        yield return Bad("TLS on the plain port", RejectReason.ControlByte,
            "\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003\0\r\n\r\n");

        // Limits.
        yield return Bad("field line too long", RejectReason.FieldLineTooLong, With("X: " + Repeat("a", 8192 - 2)));
        yield return Bad("field line without end", RejectReason.FieldLineTooLong, "GET / HTTP/1.1\r\nX-Endless: " + Repeat("a", 40000));
        yield return Bad("name without end", RejectReason.FieldLineTooLong, "GET / HTTP/1.1\r\n" + Repeat("X", 40000) + ": 1\r\n\r\n");
        yield return Bad("too many fields", RejectReason.TooManyFields, With(Repeat("X: 1\r\n", 99) + "X: 2"));
        yield return Bad("too many fields without end", RejectReason.TooManyFields, "GET / HTTP/1.1\r\n" + Repeat("X: 1\r\n", 101));
        yield return Bad("head too long", RejectReason.HeadTooLong, LongestHead(1));
        yield return Bad("head too long without end", RejectReason.HeadTooLong, "GET / HTTP/1.1\r\n" + Repeat("X: " + Repeat("a", 8000)
            + "\r\n", 5));
    }

    private static string LongestHead(int extra)
    {
        string start = "GET / HTTP/1.1\r\nHost: a\r\n" + Repeat("X: " + Repeat("a", 8000) + "\r\n", 4);
        return start + "Y: " + Repeat("b", 32768 - start.Length - 7 + extra) + "\r\n\r\n";
    }
}
