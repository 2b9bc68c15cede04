using System.Buffers;
using System.Collections.Generic;
using System.Linq;
using Unkey.Protocol;
using Unkey.Tests.Oracles;

namespace Unkey.Fuzz.Targets;

/// <summary>Chunked bodies. The lowest bit of the first byte chooses between the default bounds and narrow ones.</summary>
/// <param name="isFlawed">Compares with a reference that skips extensions unread, which has to be found.</param>
internal sealed class ChunkedTarget(bool isFlawed = false) : FuzzTarget
{
    private static readonly HttpLimits s_tight = new()
    {
        FieldLineBytesMax = 24,
        HeadBytesMax = 60,
        FieldsMax = 3,
        ChunkOverheadBytesMax = 64,
        BodyBytesMax = 40,
    };

    /// <inheritdoc/>
    public override string Name => isFlawed ? "flawed-chunked" : "chunked";

    /// <inheritdoc/>
    public override string Promise => isFlawed
        ? "must be found: a reference that skips chunk extensions unread"
        : "chunked bodies against recursive descent; the same at every split, in every read, before a guard page";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Words => HttpSeeds.Words;

    /// <inheritdoc/>
    public override IEnumerable<byte[]> Seeds()
    {
        byte[][] bodies =
        [
            "0\r\n\r\n"u8.ToArray(), "5\r\nhello\r\n0\r\n\r\n"u8.ToArray(), "d;a=b;c=\"d e\";f\r\n{\"key\":\"abc\"}\r\n0;x\r\n\r\n"u8.ToArray(),
            "2; a\t=\t\"\\\"\tx\" ;b\r\n\r\n\r\n0\r\nX-T: v\r\nHost: a\r\n\r\nGET"u8.ToArray(), "0000000A\r\n0123456789\r\n1\r\nx\r\n00\r\nA:\r\n\r\n"u8.ToArray(),
        ];
        return (isFlawed ? bodies[..2] : bodies.Concat(HttpSeeds.Bodies())).SelectMany(static body => (byte[][])[[0, .. body], [1, .. body]]);
    }

    /// <inheritdoc/>
    public override void Run(byte[] input)
    {
        HttpLimits limits = input.Length > 0 && (input[0] & 1) != 0 ? s_tight : HttpLimits.Default;
        byte[] bytes = input.Length > 0 ? input[1..] : input;
        string whole = ChunkedOutcome.Decode(new ReadOnlySequence<byte>(bytes), limits);
        Same(new ReferenceChunkedDecoder(limits, bytes, skipsExtensions: isFlawed).Decode(), ChunkedOutcome.WithStatus(whole), "against the reference");
        Layouts.Each(bytes, (where, sequence) => Same(whole, ChunkedOutcome.Decode(sequence, limits), where));
        Same(whole, ChunkedOutcome.Feed(bytes, limits, static () => 1), "a byte a read");
        Same(whole, ChunkedOutcome.Feed(bytes, limits, static () => 7), "seven bytes a read");
    }
}
