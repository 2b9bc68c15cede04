using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Text.Json;
using Unkey.Tests.Support;

namespace Unkey.Fuzz.Targets;

/// <summary>The raw requests of the HTTP cases as seeds. Constant.</summary>
internal static class HttpSeeds
{
    private const int LengthMax = 2048;

    /// <summary>Words of HTTP.</summary>
    public static IReadOnlyList<string> Words { get; } =
    [
        "\r\n", "\r\n\r\n", "\n", "\r", " HTTP/1.1", " HTTP/1.0", "GET ", "POST ", "OPTIONS * ", "CONNECT a:1 ", "http://a/", "Host: ", "Content-Length: ",
        "Transfer-Encoding: chunked", "Connection: close", "Connection: keep-alive", "Expect: 100-continue", "Authorization: Bearer ", "Content-Type: ",
        "X-Forwarded-For: ", "X-Test-Time: ", "9223372036854775807", "chunked, ", "gzip", "\t", "[::1]:8080", "%41", "0\r\n\r\n", "ffffffff\r\n", ";a=\"b\"",
    ];

    /// <summary>Cases without the tokens that only the runner understands; their text is Latin-1.</summary>
    public static IEnumerable<byte[]> Requests()
    {
        foreach (string line in File.ReadLines(Path.Combine(RepositoryPaths.Root, "tests", "http-cases", "cases.jsonl")))
        {
            using JsonDocument document = JsonDocument.Parse(line);
            string raw = document.RootElement.GetProperty("raw").GetString()!
                .Replace("{ROOT_KEY}", "unkey_root", System.StringComparison.Ordinal).Replace("{KEY}", "sk_1", System.StringComparison.Ordinal)
                .Replace("{CL}", "20", System.StringComparison.Ordinal).Replace("{BODY}", "", System.StringComparison.Ordinal)
                .Replace("{END}", "", System.StringComparison.Ordinal);
            if (raw.Length <= LengthMax && !raw.Contains("{REP:", System.StringComparison.Ordinal))
            {
                yield return Encoding.Latin1.GetBytes(raw);
            }
        }
    }

    /// <summary>What stands behind the head of the cases with a body.</summary>
    public static IEnumerable<byte[]> Bodies()
    {
        foreach (byte[] request in Requests())
        {
            int end = Encoding.Latin1.GetString(request).IndexOf("\r\n\r\n", System.StringComparison.Ordinal);
            if (end >= 0 && end + 4 < request.Length)
            {
                yield return request[(end + 4)..];
            }
        }
    }
}
