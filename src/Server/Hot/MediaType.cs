using System;
using Unkey.Protocol;

namespace Unkey.Server.Hot;

/// <summary>Looks at Content-Type values.</summary>
internal static class MediaType
{
    /// <summary>Whether a value is <c>application/json</c>, with or without parameters (RFC 9110, 8.3.1). No allocation.</summary>
    [HotPath]
    internal static bool IsJson(ReadOnlySpan<byte> contentType)
    {
        ReadOnlySpan<byte> json = "application/json"u8;
        if (contentType.SequenceEqual(json))
        {
            return true;
        }

        if (contentType.Length < json.Length || !Ascii.EqualsIgnoreCase(contentType[..json.Length], json))
        {
            return false;
        }

        ReadOnlySpan<byte> rest = contentType[json.Length..].TrimStart(" \t"u8);
        return rest.IsEmpty || rest[0] == (byte)';';
    }
}
