using System;
using System.Buffers;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Text;
using Unkey.Tests.Oracles;
using Unkey.Tests.Support;
using Xunit;

namespace Unkey.Protocol.Tests;

/// <summary>Every method marked as hot has a case here, and none of them allocates.</summary>
public sealed class AllocationTests
{
    private const int Calls = 10_000;
    private const int Rounds = 5;
    private const BindingFlags Everything =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<string, Action> s_cases = Cases();

    public static TheoryData<string> CaseNames => new(s_cases.Keys);

    [Fact]
    public void Every_hot_method_has_a_case()
    {
        string[] marked =
        [
            .. typeof(HttpParser).Assembly.GetTypes()
                .SelectMany(type => type.GetMethods(Everything))
                .Where(method => method.GetCustomAttributes().Any(attribute => attribute.GetType().Name == "HotPathAttribute"))
                .Select(method => $"{method.DeclaringType!.Name}.{method.Name}")
                .Distinct(),
        ];
        Assert.NotEmpty(marked);
        Assert.Empty(marked.Except(s_cases.Keys));
        Assert.Empty(s_cases.Keys.Except(marked));
    }

    [Theory]
    [MemberData(nameof(CaseNames))]
    public void A_hot_method_does_not_allocate(string name) => Assert.Equal(0, AllocatedBy(s_cases[name]));

    /// <summary>The control: without it an allocation counter that does not count would pass every case.</summary>
    [Fact]
    public void An_allocation_is_seen() => Assert.True(AllocatedBy(static () => _ = new byte[16]) >= Calls * 16);

    /// <summary>The least of a few rounds: an action that allocates does so in each, while the runtime may allocate in one, when it replaces code.</summary>
    private static long AllocatedBy(Action action)
    {
        long least = long.MaxValue;
        for (int round = 0; round < Rounds && least > 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Calls; i++)
            {
                action();
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }

    private static Dictionary<string, Action> Cases()
    {
        var parser = new HttpParser(HttpLimits.Default);
        byte[] headBytes = HttpParserData.Find("a typical verification").Bytes;
        var head = new ReadOnlySequence<byte>(headBytes);
        ReadOnlySequence<byte> split = Inputs.Split(headBytes, 100);
        var bad = new ReadOnlySequence<byte>(HttpParserData.Find("no colon").Bytes);
        HeadScan filled = default;
        _ = parser.ParseHead(head, ref filled, out _);
        byte[] line = Encoding.ASCII.GetBytes("Authorization: Bearer abcdefghijklmnopqrstuvwxyz\r\n");
        var reader = new VerifyKeyRequestReader();
        var members = new VerifyKeyMembers();
        byte[] alike = "{\"key\":\"sk_1\",\"permissions\":\"a AND b\"}"u8.ToArray();
        byte[] body = Encoding.UTF8.GetBytes("{\"key\":\"sk_\\u00e9\",\"permissions\":\"a AND b\",\"credits\":{\"cost\":1},"
            + "\"tags\":[\"a\",\"b\\n\"],"
            + "\"ratelimits\":[{\"name\":\"requests\",\"cost\":2,\"x\":[1]}],\"migrationId\":\"m\"}");
        var limitReader = new RatelimitRequestReader();
        byte[] check = Encoding.UTF8.GetBytes("{\"namespace\":\"n\",\"identifier\":\"\\u00e9\",\"limit\":5,\"duration\":1000,\"cost\":2}");
        byte[] checks = Encoding.UTF8.GetBytes($"[{Encoding.UTF8.GetString(check)},{Encoding.UTF8.GetString(check)}]");
        var v1Reader = new V1VerifyKeyRequestReader();
        byte[] v1Body = Encoding.UTF8.GetBytes("{\"key\":\"sk_\\u00e9\",\"apiId\":\"api_1\",\"tags\":[\"a\"],\"x\":[1],\"remaining\":{\"cost\":1},\"ratelimit\":{\"cost\":2},"
            + "\"authorization\":{\"permissions\":{\"and\":[\"a\",{\"or\":[\"b\\n\",null,\"c\"]}]}},\"ratelimits\":[{\"name\":\"default\"}]}");
        byte[] v1Check = Encoding.UTF8.GetBytes("{\"identifier\":\"\\u00e9\",\"limit\":5,\"duration\":1000,\"meta\":{\"a\":1}}");
        var texts = new TextScratch();
        var query = new V1PermissionQuery();
        var tags = new TagList(texts, 10, 128);
        var limits = new VerifyKeyLimitList(texts, 1, 255, 100);
        byte[] chunked = Encoding.ASCII.GetBytes("5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n");
        var sink = new FixedSink();
        byte[] response = new byte[2048];
        byte[] date = new byte[HttpDate.ByteCount];
        byte[] fragment = VerifyKeyFragments.Key("key_1", true, "n", default, null, ["a"], ["b"]);
        byte[] limit = VerifyKeyFragments.EvaluatedLimit("rl_1", "requests", 1, 1000, true);
        byte[] escaped = Encoding.ASCII.GetBytes("a\\u00e9\\ud83d\\ude00\\n");
        byte[] decoded = new byte[64];

        void Parse(ReadOnlySequence<byte> input)
        {
            HeadScan scan = default;
            _ = parser.ParseHead(input, ref scan, out _);
        }

        Action Writing(Writing write) => () =>
        {
            var writer = new ResponseWriter(response);
            write(ref writer);
        };

        return new Dictionary<string, Action>(StringComparer.Ordinal)
        {
            ["HttpParser.ParseHead"] = () =>
            {
                Parse(head);
                Parse(head);
                Parse(split);
                Parse(bad);
            },
            ["HttpParser.TryRepeat"] = () =>
            {
                Parse(head);
                Assert.True(parser.TryRepeat(headBytes) && !parser.TryRepeat(line));
            },
            ["RequestHead.Move"] = () => parser.Head.Move(headBytes),
            ["FixedTime.Equals"] = () => Assert.True(FixedTime.Equals(line, line) && !FixedTime.Equals("short"u8, "other"u8)),
            ["HeadRules.Finish"] = () => HeadRules.Finish(parser.Head),
            ["HeadRules.ReadConnection"] = static () =>
            {
                KnownFields known = default;
                HeadRules.ReadConnection("a, keep-alive ,close"u8, ref known);
            },
            ["HeadRules.SetOnce"] = static () =>
            {
                KnownFields known = default;
                HeadRules.SetOnce(ref known.Host, 1, ref known, RejectReason.DuplicateHost);
            },
            ["FieldLine.TryNote"] = static () =>
            {
                KnownFields known = default;
                _ = FieldLine.TryNote("Authorization"u8, "x"u8, 1, ref known);
            },
            ["RequestLine.MethodLength"] = static () => RequestLine.MethodLength("OPTIONS * HTTP/1.1"u8, out _),
            ["RequestTarget.TryParse"] = static () => RequestTarget.TryParse(HttpMethod.Get, "http://a:80/b?c"u8, out _),
            ["Authority.IsValid"] = static () => Authority.IsValid("[::1]:80"u8),
            ["ByteScan.IndexOfLineBreaking"] = () => ByteScan.IndexOfLineBreaking(line, out _),
            ["ByteScan.IsPlainAscii"] = () => Assert.True(ByteScan.IsPlainAscii("sk_1234567890abcdefghi"u8) && !ByteScan.IsPlainAscii("\""u8)),
            ["RememberedBody.IsAlike"] = () => Assert.True(members.TryRead(alike) && members.IsAlike(alike)),
            ["VerifyKeyMembers.TryRead"] = () => Assert.True(members.TryRead(body)),
            ["VerifyKeyMembers.IsAlike"] = () => Assert.True(members.TryRead(alike) && members.IsAlike(alike)),
            ["VerifyKeyMembers.Give"] = () =>
            {
                VerifyKeyRequest request = default;
                members.Give(body, ref request);
            },
            ["VerifyKeyMembers.Forget"] = members.Forget,
            ["ByteScan.IndexOfStringBreaking"] = () => ByteScan.IndexOfStringBreaking(line),
            ["Ascii.TryParseUnsigned"] = static () => Assert.True(Ascii.TryParseUnsigned("12345"u8, out _)),
            ["Ascii.TryWrite"] = () => Ascii.TryWrite(decoded, 12345, out _),
            ["ChunkedDecoder.Decode"] = () =>
            {
                ChunkedDecoder decoder = default;
                _ = decoder.Decode(new ReadOnlySequence<byte>(chunked), sink, HttpLimits.Default, out _, out _);
            },
            ["HttpDate.Write"] = () => HttpDate.Write(1_700_000_000_000, date),
            ["JsonScanner.Read"] = () => Scan(body),
            ["JsonScanner.TrySkip"] = () =>
            {
                var scanner = new JsonScanner(body);
                _ = scanner.TrySkip(scanner.Read());
            },
            ["JsonText.Unescape"] = () => JsonText.Unescape(escaped, decoded),
            ["VerifyKeyRequestReader.TryRead"] = () => Assert.True(reader.TryRead(body, out _)),
            ["VerifyKeyRequestReader.Forget"] = reader.Forget,
            ["RatelimitRequestReader.TryReadOne"] = () => Assert.True(limitReader.TryReadOne(check)),
            ["RatelimitRequestReader.TryReadMany"] = () => Assert.True(limitReader.TryReadMany(checks)),
            ["RatelimitRequestReader.TryReadV1"] = () => Assert.True(limitReader.TryReadV1(v1Check)),
            ["V1VerifyKeyRequestReader.TryRead"] = () => Assert.True(v1Reader.TryRead(v1Body, out _)),
            ["V1VerifyKeyRequestReader.Forget"] = v1Reader.Forget,
            ["V1PermissionQuery.TryRead"] = () =>
            {
                var scanner = new JsonScanner("{\"or\":[\"a\",{\"and\":[\"b\\u00e9\",\"c\"]}]}"u8);
                Assert.True(query.TryRead(ref scanner, out bool isValid) && isValid);
            },
            ["TagList.TryRead"] = () =>
            {
                var scanner = new JsonScanner("[\"a\",\"b\\n\"]"u8);
                texts.Reset();
                Assert.True(tags.TryRead(ref scanner, out bool isValid) && isValid);
            },
            ["VerifyKeyLimitList.TryRead"] = () =>
            {
                var scanner = new JsonScanner("[{\"name\":\"a\\n\",\"cost\":2},{\"name\":\"b\",\"limit\":1,\"duration\":1000}]"u8);
                texts.Reset();
                limits.Reset();
                Assert.True(limits.TryRead(ref scanner, out bool isValid) && isValid);
            },
            ["TextScratch.TryTake"] = () => TakeText(texts),
            ["TextScratch.Text"] = () => TakeText(texts),
            ["JsonMember.Name"] = () => ReadMember(check),
            ["JsonMember.TryReadInteger"] = static () =>
            {
                var scanner = new JsonScanner("5"u8);
                Assert.True(JsonMember.TryReadInteger(ref scanner, 1, 9, out _, out bool isValid) && isValid);
            },
            ["RatelimitJson.WriteOne"] = Writing(static (ref ResponseWriter writer) =>
                RatelimitJson.WriteOne(ref writer, "req_1"u8, success: true, 1, 2, 3, "rlor_1"u8)),
            ["RatelimitJson.WriteV1"] = Writing(static (ref ResponseWriter writer) => RatelimitJson.WriteV1(ref writer, success: false, 1, 2, 3)),
            ["V1VerifyKeyJson.WriteNotFound"] = Writing(static (ref ResponseWriter writer) => V1VerifyKeyJson.WriteNotFound(ref writer,
                "req_1"u8)),
            ["V1VerifyKeyJson.WriteStart"] = Writing((ref ResponseWriter writer) => V1VerifyKeyJson.WriteStart(ref writer, "req_1"u8,
                VerifyKeyCode.Valid, fragment, hasPermissions: false, hasRoles: true, default)),
            ["V1VerifyKeyJson.WriteRemaining"] = Writing(static (ref ResponseWriter writer) => V1VerifyKeyJson.WriteRemaining(ref writer, 5)),
            ["V1VerifyKeyJson.WriteIdentity"] = Writing((ref ResponseWriter writer) => V1VerifyKeyJson.WriteIdentity(ref writer, fragment,
                "a\"b"u8)),
            ["V1VerifyKeyJson.WriteRatelimit"] = Writing(static (ref ResponseWriter writer) => V1VerifyKeyJson.WriteRatelimit(ref writer, 1, 2, 3)),
            ["V1VerifyKeyJson.WriteEnd"] = Writing(static (ref ResponseWriter writer) => V1VerifyKeyJson.WriteEnd(ref writer)),
            ["RatelimitJson.WriteBatchStart"] = Writing(static (ref ResponseWriter writer) =>
                RatelimitJson.WriteBatchStart(ref writer, "req_1"u8, passed: false)),
            ["RatelimitJson.WriteCheck"] = Writing(static (ref ResponseWriter writer) =>
                RatelimitJson.WriteCheck(ref writer, "n"u8, "i\""u8, passed: true, 1, 2, 3, default, isFirst: false)),
            ["RatelimitJson.WriteBatchEnd"] = Writing(static (ref ResponseWriter writer) => RatelimitJson.WriteBatchEnd(ref writer)),
            ["ResponseWriter.WriteHead"] = Writing((ref ResponseWriter writer) => writer.WriteHead(200, ResponseWriter.ApplicationJson,
                date, ConnectionOption.None)),
            ["ResponseWriter.BeginHead"] = Writing((ref ResponseWriter writer) => writer.BeginHead(299, default, date, ConnectionOption.Close)),
            ["ResponseWriter.WriteField"] = Writing(static (ref ResponseWriter writer) =>
            {
                writer.WriteField("Allow"u8, "POST"u8);
                writer.WriteField("Retry-After"u8, 5);
            }),
            ["ResponseWriter.EndHead"] = Writing(static (ref ResponseWriter writer) => writer.EndHead()),
            ["ResponseWriter.Complete"] = Writing((ref ResponseWriter writer) =>
            {
                writer.WriteHead(200, default, date, ConnectionOption.None);
                writer.Complete(omitBody: true);
            }),
            ["ResponseWriter.Write"] = Writing(static (ref ResponseWriter writer) => writer.Write("abc"u8)),
            ["ResponseWriter.WriteByte"] = Writing(static (ref ResponseWriter writer) => writer.WriteByte(1)),
            ["ResponseWriter.WriteInt64"] = Writing(static (ref ResponseWriter writer) => writer.WriteInt64(long.MinValue)),
            ["ResponseWriter.WriteBoolean"] = Writing(static (ref ResponseWriter writer) => writer.WriteBoolean(true)),
            ["ResponseWriter.WriteJsonString"] = Writing(static (ref ResponseWriter writer) => writer.WriteJsonString("a\"b\u0001"u8)),
            ["VerifyKeyJson.WriteNotFound"] = Writing(static (ref ResponseWriter writer) => VerifyKeyJson.WriteNotFound(ref writer,
                "req_1"u8)),
            ["VerifyKeyJson.WriteStart"] = Writing((ref ResponseWriter writer) => VerifyKeyJson.WriteStart(ref writer, "req_1"u8,
                VerifyKeyCode.Expired, fragment)),
            ["VerifyKeyJson.WriteCredits"] = Writing(static (ref ResponseWriter writer) => VerifyKeyJson.WriteCredits(ref writer, 5)),
            ["VerifyKeyJson.BeginIdentity"] = Writing((ref ResponseWriter writer) => VerifyKeyJson.BeginIdentity(ref writer, fragment)),
            ["VerifyKeyJson.WriteIdentityLimit"] = Writing((ref ResponseWriter writer) => VerifyKeyJson.WriteIdentityLimit(ref writer,
                limit, isFirst: true)),
            ["VerifyKeyJson.EndIdentity"] = Writing(static (ref ResponseWriter writer) => VerifyKeyJson.EndIdentity(ref writer,
                hasLimits: true)),
            ["VerifyKeyJson.WriteLimit"] = Writing((ref ResponseWriter writer) => VerifyKeyJson.WriteLimit(ref writer, limit, 1, 2,
                exceeded: true, isFirst: true)),
            ["VerifyKeyJson.WriteAdHocLimit"] = Writing(static (ref ResponseWriter writer) =>
                VerifyKeyJson.WriteAdHocLimit(ref writer, "a\"b"u8, 1, 2, 3, 4, exceeded: false, isFirst: true)),
            ["VerifyKeyJson.EndLimits"] = Writing(static (ref ResponseWriter writer) => VerifyKeyJson.EndLimits(ref writer)),
            ["VerifyKeyJson.WriteEnd"] = Writing(static (ref ResponseWriter writer) => VerifyKeyJson.WriteEnd(ref writer)),
        };
    }

    private static void TakeText(TextScratch texts)
    {
        ReadOnlySpan<byte> body = "\"a\\u00e9\""u8;
        var scanner = new JsonScanner(body);
        texts.Reset();
        Assert.True(texts.TryTake(ref scanner, scanner.Read(), 1, 5, out TextRange text, out bool isValid) && isValid);
        Assert.True(texts.Text(body, text).SequenceEqual("a\u00e9"u8));
    }

    private static void ReadMember(byte[] body)
    {
        var scanner = new JsonScanner(body);
        _ = scanner.Read();
        _ = scanner.Read();
        Span<byte> scratch = stackalloc byte[JsonMember.NameBytesMax];
        Assert.True(JsonMember.Name(scanner, scratch).SequenceEqual("namespace"u8));
    }

    private delegate void Writing(ref ResponseWriter writer);

    private static void Scan(byte[] text)
    {
        var scanner = new JsonScanner(text);
        while (scanner.Read() is not (JsonToken.End or JsonToken.Invalid))
        {
        }
    }

    /// <summary>Forgets what is written.</summary>
    private sealed class FixedSink : IBufferWriter<byte>
    {
        private readonly byte[] _buffer = new byte[1024];

        public void Advance(int count)
        {
        }

        public Memory<byte> GetMemory(int sizeHint = 0) => _buffer;

        public Span<byte> GetSpan(int sizeHint = 0) => _buffer;
    }
}
