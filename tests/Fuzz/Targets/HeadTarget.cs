using System;
using System.Buffers;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Unkey.Protocol;
using Unkey.Tests.Oracles;

namespace Unkey.Fuzz.Targets;

/// <summary>Request heads. The lowest bit of the first byte chooses between the default bounds and narrow ones.</summary>
/// <param name="isFlawed">Compares with a reference that takes a bare line feed, which has to be found.</param>
internal sealed class HeadTarget(bool isFlawed = false) : FuzzTarget
{
    private static readonly HttpLimits s_tight = new() { RequestLineBytesMax = 64, FieldLineBytesMax = 64, HeadBytesMax = 160, FieldsMax = 5 };

    /// <inheritdoc/>
    public override string Name => isFlawed ? "flawed-head" : "head";

    /// <inheritdoc/>
    public override string Promise => isFlawed
        ? "must be found: a reference that takes a bare line feed"
        : "request heads against a reference of regular expressions; the same at every split, in every read, before a guard page";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Words => HttpSeeds.Words;

    /// <inheritdoc/>
    public override IEnumerable<byte[]> Seeds()
    {
        if (isFlawed)
        {
            return [[0, .. "GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8]];
        }

        IEnumerable<byte[]> rows = HttpParserData.Rows.Where(static row => row.Text.Length < 600).Select(static row => row.Bytes);
        return rows.Concat(HttpSeeds.Requests()).SelectMany(static head => (byte[][])[[0, .. head], [1, .. head]]);
    }

    /// <inheritdoc/>
    public override void Run(byte[] input)
    {
        HttpLimits limits = input.Length > 0 && (input[0] & 1) != 0 ? s_tight : HttpLimits.Default;
        byte[] bytes = input.Length > 0 ? input[1..] : input;
        HttpParser parser = new(limits);
        HeadScan scan = default;
        ParseStatus status = parser.ParseHead(new ReadOnlySequence<byte>(bytes), ref scan, out RejectReason reason);
        string whole = HeadOutcome.Describe(status, reason, parser.Head);
        string comparable = status == ParseStatus.Rejected
            ? string.Create(CultureInfo.InvariantCulture, $"Rejected {RejectReasons.StatusCode(reason)}")
            : whole;
        int length = status == ParseStatus.Done ? parser.Head.ByteCount : 0;
        Same(new ReferenceParser(limits, acceptsBareLineFeed: isFlawed).Parse(bytes), comparable, "against the reference");
        Layouts.Each(bytes, (where, sequence) => Same(whole, HeadOutcome.Parse(parser, sequence), where));
        Same(whole, HeadOutcome.Trickle(parser, bytes, static () => 1), "a byte a read");
        Same(whole, HeadOutcome.Trickle(parser, bytes, static () => 7), "seven bytes a read");
        if (status == ParseStatus.Done)
        {
            // What follows belongs to the body or to the next request, and has no say.
            Same(whole, HeadOutcome.Parse(parser, new ReadOnlySequence<byte>(bytes, 0, length)), "without what follows");
            Demand(bytes.AsSpan(0, length).EndsWith("\r\n\r\n"u8), "the head ends without an empty line: " + Encoding.Latin1.GetString(bytes, 0, length));
        }
    }
}
