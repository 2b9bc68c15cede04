using System.Collections.Generic;
using System.Text;

namespace Unkey.Server.Tests.Tcp.Harness;

/// <summary>A request of the API in pieces that a test may change one by one; a <see langword="null"/> field is not sent.</summary>
internal sealed record ApiRequest(string Operation, string Body)
{
    /// <summary>Bytes that are sent instead of <see cref="Body"/>, which then only says what they are.</summary>
    public byte[]? Bytes { get; init; }

    public string Method { get; init; } = "POST";

    /// <summary>Version of the API.</summary>
    public string Version { get; init; } = "v2";

    public string? Authorization { get; init; }

    public string? ContentType { get; init; } = "application/json";

    public string? Accept { get; init; }

    public IReadOnlyList<string> MoreFields { get; init; } = [];

    /// <summary>The request as it goes on the wire.</summary>
    public byte[] ToBytes()
    {
        byte[] body = Bytes ?? Encoding.UTF8.GetBytes(Body);
        StringBuilder head = new();
        head.Append(Method).Append(" /").Append(Version).Append('/').Append(Operation).Append(" HTTP/1.1\r\nHost: localhost\r\n");
        Add("Authorization", Authorization);
        Add("Content-Type", ContentType);
        Add("Accept", Accept);
        foreach (string field in MoreFields)
        {
            head.Append(field).Append("\r\n");
        }

        head.Append("Content-Length: ").Append(body.Length).Append("\r\n\r\n");
        return [.. Encoding.Latin1.GetBytes(head.ToString()), .. body];

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                head.Append(name).Append(": ").Append(value).Append("\r\n");
            }
        }
    }
}
