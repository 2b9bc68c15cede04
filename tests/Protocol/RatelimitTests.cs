using System;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;
using CsCheck;
using Xunit;

namespace Unkey.Protocol.Tests;

public sealed class RatelimitTests
{
    private const string Good = """{"namespace":"n","identifier":"i","limit":5,"duration":1000}""";

    [Fact]
    public void A_check_that_is_like_the_one_before_but_for_its_identifier_is_read_as_what_it_is()
    {
        var used = new RatelimitRequestReader();
        Gen<string> identifier = Gen.Frequency(
            (6, Gen.OneOf("u", "user_1", "user_22", "a much longer identifier than the others", new string('x', 512), new string('x', 513))),
            (2, Gen.OneOf("", "\u00e9", "\\n", "a\\u0041", "\u0001", "a\",\"limit\":7,\"x\":\"")));
        Gen<string> body = Gen.Select(Gen.OneOf("emails", "calls"), identifier, Gen.OneOf("5", "7", "0"), Gen.OneOf("", ",\"identifier\":\"again\"", ",\"cost\":2"))
            .Select(static (space, text, limit, more) => $"{{\"namespace\":\"{space}\",\"identifier\":\"{text}\",\"limit\":{limit},\"duration\":1000{more}}}");
        int accepted = 0;
        Gen.Select(body, Gen.Int[0, 400]).Sample(
            (text, place) =>
            {
                byte[] bytes = Encoding.UTF8.GetBytes(text);
                if (place < bytes.Length)
                {
                    bytes[place] = (byte)'"';
                }

                string expected = Read(new RatelimitRequestReader(), bytes);
                accepted += expected == "refused" ? 0 : 1;
                return Read(used, bytes) == expected;
            },
            iter: 60_000,
            threads: 1);
        Assert.InRange(accepted, 6_000, 54_000);
    }

    private static string Read(RatelimitRequestReader reader, byte[] body)
    {
        if (!reader.TryReadOne(body))
        {
            return "refused";
        }

        Assert.Equal(1, reader.Checks.Length);
        RatelimitCheck check = reader.Checks[0];
        string space = Encoding.UTF8.GetString(reader.Texts.Slice(check.NamespaceOffset, check.NamespaceLength));
        string identifier = Encoding.UTF8.GetString(reader.Texts.Slice(check.IdentifierOffset, check.IdentifierLength));
        return $"{space}|{identifier}|{check.Limit}|{check.DurationMs}|{check.Cost}";
    }

    [Theory]
    [InlineData(Good)]
    [InlineData("""{"cost":0,"duration":2592000000,"limit":9223372036854775807,"identifier":" ","namespace":"rlns_1"}""")]
    [InlineData("""{"n\u0061mespace":"\u00e9\ud83d\ude00","identifier":"i","limit":1,"duration":1000,"cost":-0}""")]
    [InlineData("""{"namespace":5,"namespace":"n","identifier":"i","limit":5,"duration":1000}""")]
    public void ValidChecksAreRead(string body)
    {
        var reader = new RatelimitRequestReader();
        Assert.True(reader.TryReadOne(Encoding.UTF8.GetBytes(body)));
        Assert.Equal(1, reader.Checks.Length);
        Assert.True(reader.TryReadMany(Encoding.UTF8.GetBytes($"[{body},{body}]")));
        Assert.Equal(2, reader.Checks.Length);
    }

    [Theory]
    [InlineData("""{"identifier":"i","limit":5,"duration":1000}""")]
    [InlineData("""{"namespace":"n","limit":5,"duration":1000}""")]
    [InlineData("""{"namespace":"n","identifier":"i","duration":1000}""")]
    [InlineData("""{"namespace":"n","identifier":"i","limit":5}""")]
    [InlineData("""{"namespace":"","identifier":"i","limit":5,"duration":1000}""")]
    [InlineData("""{"namespace":"n","identifier":"","limit":5,"duration":1000}""")]
    [InlineData("""{"namespace":"n","identifier":"i","limit":0,"duration":1000}""")]
    [InlineData("""{"namespace":"n","identifier":"i","limit":5,"duration":999}""")]
    [InlineData("""{"namespace":"n","identifier":"i","limit":5,"duration":2592000001}""")]
    [InlineData("""{"namespace":"n","identifier":"i","limit":5,"duration":1000,"cost":-1}""")]
    [InlineData("""{"namespace":"n","identifier":"i","limit":5.0,"duration":1000}""")]
    [InlineData("""{"namespace":"n","identifier":"i","limit":9223372036854775808,"duration":1000}""")]
    [InlineData("""{"namespace":"n","identifier":"i","limit":5,"duration":1000,"x":1}""")]
    [InlineData("""{"namespace":null,"identifier":"i","limit":5,"duration":1000}""")]
    [InlineData("""{"namespace":"n","namespace":5,"identifier":"i","limit":5,"duration":1000}""")]
    [InlineData("""{"namespace":"n","identifier":"i","limit":5,"duration":1000}}""")]
    [InlineData("null")]
    [InlineData("")]
    public void WhatTheContractRefusesIsNotRead(string body)
    {
        var reader = new RatelimitRequestReader();
        Assert.False(reader.TryReadOne(Encoding.UTF8.GetBytes(body)));
        Assert.False(reader.TryReadMany(Encoding.UTF8.GetBytes($"[{body}]")));
        Assert.False(reader.TryReadMany(Encoding.UTF8.GetBytes($"[{Good},{body}]")));
    }

    [Theory]
    [InlineData(Good, "n", "i")]
    [InlineData("""{"identifier":"i","limit":1,"duration":9223372036854775807,"cost":0}""", "default", "i")]
    [InlineData("""{"identifier":"i","limit":1,"duration":1000,"async":true,"meta":{"a":[1]},"resources":[{"type":"t","id":"1"}],"x":null}""", "default", "i")]
    [InlineData("""{"namespace":"a","namespace":"b","identifier":"\u00e9","limit":1,"duration":1000}""", "b", "\u00e9")]
    public void V1ChecksAreOpenAndHaveADefaultNamespace(string body, string space, string identifier)
    {
        var reader = new RatelimitRequestReader();
        Assert.True(reader.TryReadV1(Encoding.UTF8.GetBytes(body)));
        RatelimitCheck check = reader.Checks[0];
        Assert.Equal(space, Encoding.UTF8.GetString(reader.Texts.Slice(check.NamespaceOffset, check.NamespaceLength)));
        Assert.Equal(identifier, Encoding.UTF8.GetString(reader.Texts.Slice(check.IdentifierOffset, check.IdentifierLength)));
    }

    [Theory]
    [InlineData("""{"limit":5,"duration":1000}""")]
    [InlineData("""{"identifier":"","limit":5,"duration":1000}""")]
    [InlineData("""{"namespace":"","identifier":"i","limit":5,"duration":1000}""")]
    [InlineData("""{"namespace":null,"identifier":"i","limit":5,"duration":1000}""")]
    [InlineData("""{"identifier":"i","limit":0,"duration":1000}""")]
    [InlineData("""{"identifier":"i","limit":5,"duration":999}""")]
    [InlineData("""{"identifier":"i","limit":5,"duration":1000,"cost":-1}""")]
    [InlineData("""{"identifier":"i","limit":5,"duration":1000,"meta":}""")]
    [InlineData("""{"identifier":"i","limit":5,"duration":1000}}""")]
    [InlineData("""[{"identifier":"i","limit":5,"duration":1000}]""")]
    public void WhatV1RefusesIsNotRead(string body) => Assert.False(new RatelimitRequestReader().TryReadV1(Encoding.UTF8.GetBytes(body)));

    [Fact]
    public void AnIdentifierOfV1HasABoundAndItsTextsFit()
    {
        var reader = new RatelimitRequestReader();
        string longest = string.Concat(Repeat("\U0001F511", RatelimitRequestReader.V1IdentifierLengthMax));
        Assert.True(reader.TryReadV1(Body(longest)));
        Assert.Equal(longest, Encoding.UTF8.GetString(reader.Texts.Slice(reader.Checks[0].IdentifierOffset, reader.Checks[0].IdentifierLength)));
        Assert.False(reader.TryReadV1(Body(longest + "x")));

        static byte[] Body(string identifier) => Encoding.UTF8.GetBytes($$"""{"identifier":"{{identifier}}","limit":5,"duration":1000}""");
    }

    [Fact]
    public void ABatchHasOneToAHundredChecks()
    {
        var reader = new RatelimitRequestReader();
        Assert.False(reader.TryReadMany("[]"u8));
        Assert.False(reader.TryReadMany(Encoding.UTF8.GetBytes(Good)));
        Assert.False(reader.TryReadOne(Encoding.UTF8.GetBytes($"[{Good}]")));
        Assert.True(reader.TryReadMany(Encoding.UTF8.GetBytes("[" + string.Join(',', Repeat(Good, 100)) + "]")));
        Assert.False(reader.TryReadMany(Encoding.UTF8.GetBytes("[" + string.Join(',', Repeat(Good, 101)) + "]")));
    }

    [Fact]
    public void TextsAndNumbersComeBackAsTheyWereSent()
    {
        Gen<string> text = Gen.String[Gen.Char[' ', '\ud7ff'], 1, 40];
        Gen.Select(text, text, Gen.Long[1, long.MaxValue], Gen.Long[1000, 2_592_000_000], Gen.Long[0, long.MaxValue]).List[1, 8].Sample(expected =>
        {
            byte[] body = JsonSerializer.SerializeToUtf8Bytes(expected.ConvertAll(static e => new Dictionary<string, object>
            {
                ["namespace"] = e.Item1,
                ["identifier"] = e.Item2,
                ["limit"] = e.Item3,
                ["duration"] = e.Item4,
                ["cost"] = e.Item5,
            }));
            var reader = new RatelimitRequestReader();
            Assert.True(reader.TryReadMany(body));
            for (int i = 0; i < expected.Count; i++)
            {
                RatelimitCheck check = reader.Checks[i];
                Assert.Equal(expected[i].Item1, Encoding.UTF8.GetString(reader.Texts.Slice(check.NamespaceOffset, check.NamespaceLength)));
                Assert.Equal(expected[i].Item2, Encoding.UTF8.GetString(reader.Texts.Slice(check.IdentifierOffset, check.IdentifierLength)));
                Assert.Equal((expected[i].Item3, expected[i].Item4, expected[i].Item5), (check.Limit, check.DurationMs, check.Cost));
            }
        });
    }

    [Fact]
    public void AnswersAreTheContractsJson()
    {
        byte[] buffer = new byte[2048];
        var one = new ResponseWriter(buffer);
        RatelimitJson.WriteOne(ref one, "req_1"u8, success: false, 10, 0, 1_700_000_000_000, "rlor_1"u8);
        Assert.Equal(
            """{"meta":{"requestId":"req_1"},"data":{"success":false,"limit":10,"remaining":0,"reset":1700000000000,"overrideId":"rlor_1"}}""",
            Encoding.UTF8.GetString(buffer, 0, one.Written));

        var batch = new ResponseWriter(buffer);
        RatelimitJson.WriteBatchStart(ref batch, "req_1"u8, passed: true);
        RatelimitJson.WriteCheck(ref batch, "a\"b"u8, "i"u8, passed: true, 1, 2, 3, default, isFirst: true);
        RatelimitJson.WriteCheck(ref batch, "c"u8, "\u0001"u8, passed: false, 4, 0, 6, "rlor_2"u8, isFirst: false);
        RatelimitJson.WriteBatchEnd(ref batch);
        using JsonDocument document = JsonDocument.Parse(buffer.AsMemory(0, batch.Written));
        JsonElement limits = document.RootElement.GetProperty("data").GetProperty("limits");
        Assert.Equal(2, limits.GetArrayLength());
        Assert.Equal("a\"b", limits[0].GetProperty("namespace").GetString());
        Assert.False(limits[0].TryGetProperty("overrideId", out _));
        Assert.Equal("\u0001", limits[1].GetProperty("identifier").GetString());
        Assert.Equal("rlor_2", limits[1].GetProperty("overrideId").GetString());
    }

    private static IEnumerable<string> Repeat(string text, int count)
    {
        for (int i = 0; i < count; i++)
        {
            yield return text;
        }
    }
}
