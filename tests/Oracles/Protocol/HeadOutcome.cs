using System;
using System.Buffers;
using System.Globalization;
using System.Text;
using Unkey.Protocol;

namespace Unkey.Tests.Oracles;

/// <summary>What a parser made of some bytes, as text that can be compared.</summary>
internal static class HeadOutcome
{
    public static string Describe(ParseStatus status, RejectReason reason, RequestHead head)
    {
        if (status != ParseStatus.Done)
        {
            return status == ParseStatus.Rejected ? $"Rejected {reason}" : "NeedMoreData";
        }

        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture,
            $"Done {head.ByteCount} method={Text(head.MethodName)}/{head.Method} target={Text(head.Target)}");
        text.Append(CultureInfo.InvariantCulture,
            $" path={Text(head.Path)} query={Text(head.Query)} 1.1={head.IsHttp11} keep={head.KeepAlive}");
        text.Append(CultureInfo.InvariantCulture, $" length={head.ContentLength} chunked={head.IsChunked} expect={head.ExpectContinue}");
        text.Append(CultureInfo.InvariantCulture,
            $" auth={head.HasAuthorization}:{Text(head.Authorization)} type={head.HasContentType}:{Text(head.ContentType)}");
        text.Append(CultureInfo.InvariantCulture, $" accept={Text(head.Accept)} xff={Text(head.XForwardedFor)} host={Text(head.Host)}");
        text.Append(CultureInfo.InvariantCulture, $" time={Text(head.TestTime)} agent={Text(head.UserAgent)} metrics={Text(head.Metrics)}");
        for (int i = 0; i < head.FieldCount; i++)
        {
            head.GetField(i, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value);
            text.Append(CultureInfo.InvariantCulture, $"\n{Text(name)}={Text(value)}");
        }

        return text.ToString();
    }

    /// <summary>One look at all bytes, from the start of a request.</summary>
    public static string Parse(HttpParser parser, in ReadOnlySequence<byte> input)
    {
        HeadScan scan = default;
        ParseStatus status = parser.ParseHead(input, ref scan, out RejectReason reason);
        return Describe(status, reason, parser.Head);
    }

    /// <summary>More and more of the bytes, <paramref name="step"/> further each time, with the progress kept.</summary>
    public static string Trickle(HttpParser parser, byte[] bytes, Func<int> step)
    {
        HeadScan scan = default;
        for (int length = 0; ;)
        {
            ParseStatus status = parser.ParseHead(new ReadOnlySequence<byte>(bytes, 0, length), ref scan, out RejectReason reason);
            if (status != ParseStatus.NeedMoreData || length == bytes.Length)
            {
                return Describe(status, reason, parser.Head);
            }

            length = Math.Min(bytes.Length, length + step());
        }
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
