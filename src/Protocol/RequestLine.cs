using System;

namespace Unkey.Protocol;

/// <summary>The method, and the reasons why a request line is refused. Any thread; nothing allocates or throws.</summary>
internal static class RequestLine
{
    /// <summary>Length of a valid method that is followed by a space, or 0.</summary>
    [HotPath]
    public static int MethodLength(ReadOnlySpan<byte> line, out HttpMethod method)
    {
        if (line.StartsWith("POST "u8))
        {
            method = HttpMethod.Post;
            return 4;
        }

        if (line.StartsWith("GET "u8))
        {
            method = HttpMethod.Get;
            return 3;
        }

        int length = line.IndexOfAnyExcept(Ascii.Token);
        method = HttpMethod.Other;
        if (length is <= 0 or > HttpParser.MethodBytesMax || line[length] != (byte)' '
            || line[..length].ContainsAnyInRange((byte)'a', (byte)'z'))
        {
            return 0;
        }

        ReadOnlySpan<byte> name = line[..length];
        method = name.SequenceEqual("HEAD"u8) ? HttpMethod.Head
            : name.SequenceEqual("OPTIONS"u8) ? HttpMethod.Options
            : name.SequenceEqual("CONNECT"u8) ? HttpMethod.Connect
            : name.SequenceEqual("TRACE"u8) ? HttpMethod.Trace
            : HttpMethod.Other;
        return length;
    }

    /// <summary>Says what is wrong with a line that is no valid request line, or that more of it is needed.</summary>
    public static ParseStatus Judge(ReadOnlySpan<byte> line, int bytesMax, out RejectReason reason)
    {
        ParseStatus status = FieldLine.Judge(line, bytesMax, RejectReason.InvalidRequestLine, out reason);
        if (reason == RejectReason.InvalidRequestLine)
        {
            reason = Classify(line[..line.IndexOf((byte)'\r')]);
        }
        else if (reason == RejectReason.FieldLineTooLong)
        {
            int space = line.IndexOf((byte)' ');
            reason = space is < 0 or > HttpParser.MethodBytesMax ? RejectReason.MethodTooLong : RejectReason.TargetTooLong;
        }

        return status;
    }

    private static RejectReason Classify(ReadOnlySpan<byte> line)
    {
        int methodEnd = line.IndexOf((byte)' ');
        if (methodEnd < 0)
        {
            return line.Length > HttpParser.MethodBytesMax && !line.ContainsAnyExcept(Ascii.Token)
                ? RejectReason.MethodTooLong
                : RejectReason.InvalidRequestLine;
        }

        ReadOnlySpan<byte> method = line[..methodEnd];
        if (method.IsEmpty || method.ContainsAnyExcept(Ascii.Token) || method.ContainsAnyInRange((byte)'a', (byte)'z'))
        {
            return RejectReason.InvalidMethod;
        }

        if (method.Length > HttpParser.MethodBytesMax)
        {
            return RejectReason.MethodTooLong;
        }

        ReadOnlySpan<byte> rest = line[(methodEnd + 1)..];
        int targetEnd = rest.IndexOf((byte)' ');
        if (targetEnd < 0)
        {
            // RFC: 9112 3, HTTP/0.9 had no version; it is not served.
            return RejectReason.InvalidRequestLine;
        }

        if (targetEnd == 0 || rest[..targetEnd].ContainsAnyExceptInRange((byte)0x21, (byte)0x7E))
        {
            return RejectReason.InvalidTarget;
        }

        ReadOnlySpan<byte> version = rest[(targetEnd + 1)..];
        return version.Length == 8 && version.StartsWith("HTTP/"u8) && version[6] == (byte)'.'
            && version[5] is >= (byte)'0' and <= (byte)'9' && version[7] is >= (byte)'0' and <= (byte)'9'
            ? RejectReason.UnsupportedVersion
            : RejectReason.InvalidVersion;
    }
}
