using System.Text;

namespace Unkey.Perf;

/// <summary>The bytes that the load generator sends, and variations of them.</summary>
internal static class SampleRequests
{
    internal const string Key = "7KeYwVuTsRqPoNmLkJiHgF";

    internal const string RootKey = "unkey_bench_3ZyXwVuTsRqPoNmLkJiHgF";

    internal const string Query = "documents.read AND documents.write";

    internal static byte[] VerifyBody { get; } = Encoding.UTF8.GetBytes(
        $"{{\"key\":\"{Key}\",\"permissions\":\"{Query}\",\"tags\":[\"path=/v1/documents\"]}}");

    internal static byte[] VerifyHead { get; } = Encoding.UTF8.GetBytes(
        $"POST /v2/keys.verifyKey HTTP/1.1\r\nHost: 127.0.0.1:28300\r\nAuthorization: Bearer {RootKey}\r\n" +
        $"Content-Type: application/json\r\nAccept: application/json\r\nContent-Length: {VerifyBody.Length}\r\n\r\n");

    /// <summary>Head and body.</summary>
    internal static byte[] Verify { get; } = [.. VerifyHead, .. VerifyBody];

    /// <summary>What a browser behind two proxies sends: 30 fields, about 2.5 KB.</summary>
    internal static byte[] LargeHead { get; } = MakeLargeHead();

    private static byte[] MakeLargeHead()
    {
        StringBuilder head = new("POST /v2/keys.verifyKey HTTP/1.1\r\nHost: keys.internal.example.com\r\n");
        head.Append("Authorization: Bearer ").Append(RootKey).Append("\r\nContent-Type: application/json\r\nContent-Length: 42\r\n");
        for (int i = 0; i < 26; i++)
        {
            head.Append("X-Forwarded-Detail-").Append((char)('a' + i)).Append(": ").Append('v', 60 + i).Append("\r\n");
        }

        return Encoding.UTF8.GetBytes(head.Append("\r\n").ToString());
    }
}
