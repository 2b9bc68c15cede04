using System;
using System.Linq;
using System.Text;
using CsCheck;
using Unkey.Tests.Oracles;
using Xunit;

namespace Unkey.Protocol.Tests;

public sealed class VerifyKeyRequestReaderTests
{
    private static readonly Gen<string> s_text = Gen.Frequency(
        (6, Gen.OneOf("\"abc\"", "\"abcd\"", "\"a.b AND c\"", "\"\\u0061bc\"", "\"\\ud83d\\ude00bc\"", "\"ab\"", "\"\"", "\"\\n\"",
            Long(255), Long(256), Long(257), Long(512), Long(513),
            Long(1000), Long(1001), Wide(512), Wide(513), Escaped(255), Escaped(512), Escaped(513), Pairs(255), Pairs(256))),
        (2, JsonGenerator.StringLiteral),
        (1, JsonGenerator.Value));

    private static readonly Gen<string> s_integer = Gen.Frequency((5, JsonGenerator.Number), (5, Gen.OneOf("0", "1", "60000")), (1,
        JsonGenerator.Value));

    private static readonly Gen<string> s_limit = Gen.Frequency(
        (5, Gen.OneOf(
            Member("name", s_text), Member("name", Gen.Const("\"requests\"")), Member("cost", s_integer), Member("limit", s_integer),
                Member("duration", s_integer),
            Member("other", JsonGenerator.Value)).List[0, 5].Select(members => "{" + string.Join(',', members) + "}")),
        (1, JsonGenerator.Value));

    private static readonly Gen<string> s_request = Gen.Frequency(
        (30, Gen.OneOf(
            Member("key", Gen.Const("\"sk_1234\"")),
            Member("key", s_text),
            Member("permissions", s_text),
            Member("migrationId", s_text),
            Member("tags", Gen.Frequency((5, s_text.List[0, 4]), (1, Gen.Const("\"t\"").List[19, 21])).Select(tags => "["
                + string.Join(',', tags) + "]")),
            Member("credits", Gen.Frequency((5, Member("cost", s_integer).List[0, 2]), (1, Member("x",
                s_integer).List[1])).Select(members =>
                "{" + string.Join(',', members) + "}")),
            Member("ratelimits", s_limit.List[0, 3].Select(limits => "[" + string.Join(", ", limits) + "]")))
            .List[0, 5].Select(members => "{\"key\":\"k\"" + string.Concat(members.Select(member => "," + member)) + "}")),
        (2, JsonGenerator.Value),
        (1, Member("keys", JsonGenerator.Value).Select(member => "{\"key\":\"k\"," + member + "}")));

    private readonly VerifyKeyRequestReader _reader = new();

    [Fact]
    public void A_full_request_is_read_in_any_order()
    {
        string[] members =
        [
            "\"key\":\"sk_1\\u0041\"", "\"permissions\":\"a AND b\"", "\"credits\":{\"cost\":7}", "\"tags\":[\"t1\",\"\\u00e9\"]",
                "\"migrationId\":\"m\"",
            "\"ratelimits\":[{\"name\":\"requests\"},{\"cost\":2,\"name\":\"tok\\u0065ns\",\"duration\":60000,\"limit\":10,\"more\":[{}]}]",
        ];
        string expected = Describe("{" + string.Join(',', members) + "}");
        Assert.Equal("key=sk_1A permissions=a AND b cost=True:7 tags=[t1|\u00e9] migration=m limits=[requests:1:-:-|tokens:2:10:60000]",
            expected);
        for (int turn = 0; turn < members.Length; turn++)
        {
            members = [.. members[1..], members[0]];
            Assert.Equal(expected, Describe(" {" + string.Join(" , ", members) + "}\n"));
        }
    }

    [Theory]
    [InlineData("{\"key\":\"x\"}", true)]
    [InlineData("{\"k\\u0065y\":\"x\"}", true)]
    [InlineData("{\"key\":\"nope\",\"key\":\"x\"}", true)]
    [InlineData("{\"key\":5,\"key\":\"x\"}", true)]
    [InlineData("{\"key\":\"x\",\"key\":5}", false)]
    [InlineData("{\"key\":\"x\",\"credits\":{},\"credits\":{\"cost\":1}}", true)]
    [InlineData("{\"key\":\"x\",\"credits\":{\"cost\":1},\"credits\":{}}", false)]
    [InlineData("{\"key\":\"x\",\"credits\":{\"cost\":1,\"y\":2}}", false)]
    [InlineData("{\"key\":\"x\",\"credits\":{\"cost\":0}}", true)]
    [InlineData("{\"key\":\"x\",\"credits\":{\"cost\":-0}}", true)]
    [InlineData("{\"key\":\"x\",\"credits\":{\"cost\":-1}}", false)]
    [InlineData("{\"key\":\"x\",\"credits\":{\"cost\":5.0}}", false)]
    [InlineData("{\"key\":\"x\",\"credits\":{\"cost\":1e2}}", false)]
    [InlineData("{\"key\":\"x\",\"credits\":{\"cost\":1e400}}", false)]
    [InlineData("{\"key\":\"x\",\"credits\":{\"cost\":1000000000000}}", true)]
    [InlineData("{\"key\":\"x\",\"credits\":{\"cost\":1000000000001}}", false)]
    [InlineData("{\"key\":\"x\",\"credits\":{\"cost\":9223372036854775808}}", false)]
    [InlineData("{\"key\":\"x\",\"credits\":{\"cost\":18446744073709551617}}", false)]
    [InlineData("{\"key\":\"x\",\"credits\":null}", false)]
    [InlineData("{\"key\":\"x\",\"permissions\":null}", false)]
    [InlineData("{\"key\":\"x\",\"tags\":null}", false)]
    [InlineData("{\"key\":\"x\",\"ratelimits\":null}", false)]
    [InlineData("{\"key\":\"x\",\"migrationId\":null}", false)]
    [InlineData("{\"key\":\"x\",\"migrationId\":\"\"}", true)]
    [InlineData("{\"key\":\"x\",\"permissions\":\"\"}", false)]
    [InlineData("{\"key\":\"\"}", false)]
    [InlineData("{\"key\":\"\\u0000\"}", true)]
    [InlineData("{\"key\":null}", false)]
    [InlineData("{\"key\":123}", false)]
    [InlineData("{\"Key\":\"x\"}", false)]
    [InlineData("{\"key\":\"x\",\"unknown\":1}", false)]
    [InlineData("{\"key\":\"x\",\"name\":\"abc\"}", false)]
    [InlineData("{\"key\":\"x\",\"cost\":1}", false)]
    [InlineData("{\"key\":\"x\",\"ratelimits\":[]}", true)]
    [InlineData("{\"key\":\"x\",\"ratelimits\":[{}]}", false)]
    [InlineData("{\"key\":\"x\",\"ratelimits\":[{\"name\":\"ab\"}]}", false)]
    [InlineData("{\"key\":\"x\",\"ratelimits\":[{\"name\":\"abc\",\"cost\":0}]}", true)]
    [InlineData("{\"key\":\"x\",\"ratelimits\":[{\"name\":\"abc\",\"cost\":-1}]}", false)]
    [InlineData("{\"key\":\"x\",\"ratelimits\":[{\"name\":\"abc\",\"cost\":9223372036854775807}]}", true)]
    [InlineData("{\"key\":\"x\",\"ratelimits\":[{\"name\":\"abc\",\"limit\":9223372036854775808}]}", false)]
    [InlineData("{\"key\":\"x\",\"ratelimits\":[{\"name\":\"abc\",\"limit\":null}]}", false)]
    [InlineData("{\"key\":\"x\",\"ratelimits\":[{\"name\":\"abc\",\"foo\":1e400}]}", true)]
    [InlineData("{\"key\":\"x\",\"ratelimits\":[{\"name\":\"abc\",\"foo\":01}]}", false)]
    [InlineData("{\"key\":\"x\",\"ratelimits\":[\"abc\"]}", false)]
    [InlineData("{\"key\":\"x\",\"ratelimits\":{}}", false)]
    [InlineData("{\"key\":\"x\",\"tags\":[]}", true)]
    [InlineData("{\"key\":\"x\",\"tags\":[\"\"]}", false)]
    [InlineData("{\"key\":\"x\",\"tags\":[1]}", false)]
    [InlineData("{\"key\":\"x\",}", false)]
    [InlineData("{\"key\":\"x\"} {}", false)]
    [InlineData("{\"key\":\"\\ud800\"}", false)]
    [InlineData("{\"key\":\"a\nb\"}", false)]
    [InlineData("\ufeff{\"key\":\"x\"}", false)]
    [InlineData("[]", false)]
    [InlineData("null", false)]
    [InlineData("{}", false)]
    [InlineData("", false)]
    public void The_contract_decides(string body, bool accepted)
    {
        Assert.Equal(accepted, Describe(body) != "refused");
        Assert.Equal(VerifyKeyOutcome.Reference(Encoding.UTF8.GetBytes(body)), Describe(body));
    }

    [Fact]
    public void Lengths_count_code_points()
    {
        foreach ((int length, bool accepted) in new[] { (1, true), (512, true), (513, false) })
        {
            Assert.Equal(accepted, Describe($"{{\"key\":{Long(length)}}}") != "refused");
            Assert.Equal(accepted, Describe(Encoding.Latin1.GetBytes($"{{\"key\":{Wide(length)}}}")) != "refused");
            Assert.Equal(accepted, Describe($"{{\"key\":{Pairs(length)}}}") != "refused");
            Assert.Equal(accepted, Describe($"{{\"key\":\"x\",\"tags\":[{Pairs(length)}]}}") != "refused");
        }
    }

    [Fact]
    public void Twenty_tags_are_allowed_and_one_more_is_not()
    {
        Assert.NotEqual("refused", Describe($"{{\"key\":\"x\",\"tags\":[{string.Join(',', Enumerable.Repeat("\" \u00e9 \"", 20))}]}}"));
        Assert.Equal("refused", Describe($"{{\"key\":\"x\",\"tags\":[{string.Join(',', Enumerable.Repeat("\"t\"", 21))}]}}"));
    }

    [Fact]
    public void Deep_nesting_is_refused_and_costs_no_stack()
    {
        Assert.Equal("refused", Describe("{\"key\":" + new string('[', 100_000)));
        Assert.Equal("refused", Describe("{\"key\":\"x\",\"ratelimits\":[{\"name\":\"abc\",\"x\":" + new string('[', 100_000)));
        string deep = new string('[', 61) + new string(']', 61);
        Assert.NotEqual("refused", Describe("{\"key\":\"x\",\"ratelimits\":[{\"name\":\"abc\",\"x\":" + deep + "}]}"));
        Assert.Equal("refused", Describe("{\"key\":\"x\",\"ratelimits\":[{\"name\":\"abc\",\"x\":[" + deep + "]}]}"));
    }

    [Fact]
    public void A_request_with_thousands_of_limits_is_read_and_leaves_nothing_behind()
    {
        string limits = string.Join(',', Enumerable.Range(0, 5_000).Select(i => $"{{\"name\":\"l\\u0069mit {i}\"}}"));
        string described = Describe($"{{\"key\":\"x\",\"ratelimits\":[{limits}]}}");
        Assert.Equal(5_000, described.Count(c => c == '|') + 1);
        Assert.Contains("|limit 4999:1:-:-]", described, StringComparison.Ordinal);
        Assert.Equal("key=y permissions= cost=False:0 tags=[] migration= limits=[]", Describe("{\"key\":\"y\"}"));
    }

    [Fact]
    public void A_string_without_escapes_is_not_copied()
    {
        byte[] body = Encoding.ASCII.GetBytes("{\"key\":\"sk_1234\"}");
        Assert.True(_reader.TryRead(body, out VerifyKeyRequest request));
        body[10] = (byte)'X';
        Assert.Equal("skX1234", Encoding.ASCII.GetString(request.Key));
    }

    [Fact]
    public void The_reader_agrees_with_System_Text_Json_and_the_contract()
    {
        int accepted = 0;
        JsonGenerator.Mutated(s_request).Sample(
            body =>
            {
                string expected = VerifyKeyOutcome.Reference(body);
                accepted += expected == "refused" ? 0 : 1;
                return expected == Describe(body);
            },
            iter: 60_000,
            threads: 1,
            print: Encoding.Latin1.GetString);
        Assert.InRange(accepted, 6_000, 54_000);
    }

    [Fact]
    public void A_body_that_differs_from_a_remembered_one_in_a_byte_is_read_as_what_it_is()
    {
        int alike = 0;
        Gen<byte> telling = Gen.OneOf("\"\\{}[],: x\u007f\u0080\u001f".ToCharArray()).Select(static c => (byte)c);
        Gen.Select(s_request.Where(static text => text.Length > 0), Gen.Int[0, 10_000], Gen.OneOf(telling, Gen.Byte)).Sample(
            (text, place, value) =>
            {
                byte[] body = Encoding.Latin1.GetBytes(text);
                byte[] other = [.. body];
                other[place % other.Length] = value;
                bool agrees = VerifyKeyOutcome.Reference(body) == Describe(body) && VerifyKeyOutcome.Reference(other) == Describe(other)
                    && VerifyKeyOutcome.Reference(body) == Describe(body);
                alike += agrees && VerifyKeyOutcome.Reference(other) != "refused" ? 1 : 0;
                return agrees;
            },
            iter: 60_000,
            threads: 1);
        Assert.InRange(alike, 1_000, 54_000);
    }

    [Fact]
    public void Of_a_remembered_body_the_key_is_not_kept()
    {
        foreach (string text in (string[])["{\"key\":\"sk_secret_1\",\"tags\":[\"a\"]}", "{\"key\":\"sk_secret_1\",\"key\":\"sk_secret_2\"}", "{\"tags\":[],\"key\":\"sk_secr\\u0065t_1\"}"])
        {
            byte[] body = Encoding.ASCII.GetBytes(text);
            VerifyKeyMembers members = new();
            Assert.True(members.TryRead(body));
            members.Forget();
            Assert.Equal(-1, members.Remembered.IndexOf("secr"u8));
        }
    }

    [Fact]
    public void Bodies_of_as_many_lengths_as_there_is_room_for_are_remembered()
    {
        VerifyKeyMembers members = new();
        Assert.False(members.IsAlike(default));
        Assert.True(members.TryRead("{\"key\":\"sk_1\",\"ratelimits\":[{\"name\":\"abc\"}]}"u8));
        Assert.True(members.IsAlike("{\"key\":\"ab\u007f2\",\"ratelimits\":[{\"name\":\"abc\"}]}"u8));
        Assert.False(members.IsAlike("{\"key\":\"sk_1\",\"ratelimits\":[{\"name\":\"abd\"}]}"u8));
        Assert.False(members.IsAlike("{\"key\":\"sk\\n\",\"ratelimits\":[{\"name\":\"abc\"}]}"u8));
        Assert.False(members.TryRead("{\"key\":1,\"ratelimits\":[{\"name\":\"abc\"}]}"u8));
        Assert.False(members.IsAlike("{\"key\":1,\"ratelimits\":[{\"name\":\"abc\"}]}"u8));
    }

    [Fact]
    public void A_twin_that_takes_the_first_of_repeated_members_is_found_out()
    {
        Assert.Throws<CsCheckException>(() => JsonGenerator.Mutated(s_request).Sample(
            body => VerifyKeyOutcome.Reference(body, firstWins: true) == Describe(body),
            iter: 60_000,
            threads: 1));
    }

    private static string Long(int length) => "\"" + new string('a', length) + "\"";

    /// <summary>Code points of four bytes, as Latin-1.</summary>
    private static string Wide(int length) => "\"" + string.Concat(Enumerable.Repeat("\u00f0\u009f\u0098\u0080", length)) + "\"";

    private static string Escaped(int length) => "\"" + string.Concat(Enumerable.Repeat("\\u00e9", length)) + "\"";

    private static string Pairs(int length) => "\"" + string.Concat(Enumerable.Repeat("\\ud83d\\ude00", length)) + "\"";

    private static Gen<string> Member(string name, Gen<string> value) => Gen.Select(
        Gen.Frequency((12, Gen.Const(name)), (1, Gen.Const($"\\u{(int)name[0]:x4}{name[1..]}")), (1, Gen.Const(name + "x"))),
        value,
        (written, text) => $"\"{written}\":{text}");

    private string Describe(string body) => Describe(Encoding.UTF8.GetBytes(body));

    private string Describe(byte[] body) => VerifyKeyOutcome.Read(_reader, body);
}
