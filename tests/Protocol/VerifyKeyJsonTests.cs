using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Text.Json;
using CsCheck;
using Xunit;

namespace Unkey.Protocol.Tests;

public sealed class VerifyKeyJsonTests
{
    private static readonly Gen<string> s_text = Gen.OneOf(
        Gen.OneOf("requests", "", "\"", "\\", "\u0000", "\u001f\u007f", "\r\n\t\b\f", "</script>", "\u2028\u2029", "\u00e9\u20ac",
            "\ud83d\ude00", "{\"a\":1}", "a\",\"valid\":true,\"x\":\""),
        Gen.String[Gen.Char, 0, 20].Where(text => !text.Any(char.IsSurrogate)));

    private static readonly Gen<string> s_id = s_text.Select(text => "id_" + text);

    [Fact]
    public void Wire_names_are_those_of_the_contract()
    {
        string[] names = [.. Enum.GetValues<VerifyKeyCode>().Select(code => Encoding.ASCII.GetString(VerifyKeyJson.WireName(code)))];
        Assert.Equal(
            ["VALID", "NOT_FOUND", "FORBIDDEN", "INSUFFICIENT_PERMISSIONS", "USAGE_EXCEEDED", "RATE_LIMITED", "DISABLED", "EXPIRED"],
                names);
    }

    [Fact]
    public void A_key_that_is_not_found_gets_the_minimal_body() => Assert.Equal(
        "{\"meta\":{\"requestId\":\"req_abc\"},\"data\":{\"valid\":false,\"code\":\"NOT_FOUND\"}}",
        Write(static (ref ResponseWriter writer) => VerifyKeyJson.WriteNotFound(ref writer, "req_abc"u8)));

    [Fact]
    public void A_full_answer_has_the_layout_of_the_contract()
    {
        byte[] key = VerifyKeyFragments.Key("key_1", true, "n", "{\"a\":[1]}"u8, 1734000060000, ["a.b", "c.d"], ["r"]);
        byte[] identity = VerifyKeyFragments.Identity("id_1", "user_1", "{\"b\":2}"u8);
        byte[] definition = VerifyKeyFragments.LimitDefinition("rl_1", "requests", 10, 60000, true);
        byte[] evaluated = VerifyKeyFragments.EvaluatedLimit("rl_1", "requests", 10, 60000, true);
        string body = Write((ref ResponseWriter writer) =>
        {
            VerifyKeyJson.WriteStart(ref writer, "req_abc"u8, VerifyKeyCode.RateLimited, key);
            VerifyKeyJson.WriteCredits(ref writer, 0);
            VerifyKeyJson.BeginIdentity(ref writer, identity);
            VerifyKeyJson.WriteIdentityLimit(ref writer, definition, isFirst: true);
            VerifyKeyJson.WriteIdentityLimit(ref writer, definition, isFirst: false);
            VerifyKeyJson.EndIdentity(ref writer, hasLimits: true);
            VerifyKeyJson.WriteLimit(ref writer, evaluated, 9, 1734000060000, exceeded: false, isFirst: true);
            VerifyKeyJson.WriteAdHocLimit(ref writer, "ad hoc"u8, 5, 1000, 0, 1734000001000, exceeded: true, isFirst: false);
            VerifyKeyJson.EndLimits(ref writer);
            VerifyKeyJson.WriteEnd(ref writer);
        });
        Assert.Equal(
            "{\"meta\":{\"requestId\":\"req_abc\"},\"data\":{\"valid\":false,\"code\":\"RATE_LIMITED\","
            + "\"keyId\":\"key_1\",\"enabled\":true,\"name\":\"n\","
            + "\"meta\":{\"a\":[1]},\"expires\":1734000060000,\"permissions\":[\"a.b\",\"c.d\"],\"roles\":[\"r\"],\"credits\":0,"
            + "\"identity\":{\"id\":\"id_1\",\"externalId\":\"user_1\",\"meta\":{\"b\":2},\"ratelimits\":["
            + "{\"id\":\"rl_1\",\"name\":\"requests\",\"limit\":10,\"duration\":60000,\"autoApply\":true},"
            + "{\"id\":\"rl_1\",\"name\":\"requests\",\"limit\":10,\"duration\":60000,\"autoApply\":true}]},"
            + "\"ratelimits\":[{\"id\":\"rl_1\",\"name\":\"requests\",\"limit\":10,\"duration\":60000,\"autoApply\":true,"
            + "\"remaining\":9,\"reset\":1734000060000,\"exceeded\":false},"
            + "{\"id\":\"\",\"name\":\"ad hoc\",\"limit\":5,\"duration\":1000,\"autoApply\":false,"
            + "\"remaining\":0,\"reset\":1734000001000,\"exceeded\":true}]}}",
            body);
    }

    [Theory]
    [InlineData(null, "")]
    [InlineData("", "{}")]
    [InlineData("", " { } ")]
    public void What_is_empty_is_left_out(string? name, string meta)
    {
        Assert.Equal("\"keyId\":\"k\",\"enabled\":false", Encoding.UTF8.GetString(VerifyKeyFragments.Key("k", false, name,
            Encoding.UTF8.GetBytes(meta), null, [], [])));
        Assert.Equal("\"id\":\"i\",\"externalId\":\"\"", Encoding.UTF8.GetString(VerifyKeyFragments.Identity("i", string.Empty,
            Encoding.UTF8.GetBytes(meta))));
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("n", 1_734_000_060_000L)]
    [InlineData("quote \" and \\ and \u0001", -1L)]
    [InlineData("Schlüssel 🔑", long.MaxValue)]
    public void A_plain_key_reads_the_same_from_UTF8(string name, long? expires)
    {
        Span<byte> bytes = stackalloc byte[512];
        foreach (bool enabled in (bool[])[true, false])
        {
            byte[] expected = VerifyKeyFragments.Key("key_A1b-2", enabled, name, default, expires, [], []);
            int written = VerifyKeyFragments.PlainKey("key_A1b-2"u8, enabled, Encoding.UTF8.GetBytes(name), expires, bytes, out int keyIdOffset);
            Assert.Equal(Encoding.UTF8.GetString(expected), Encoding.UTF8.GetString(bytes[..written]));
            Assert.Equal(expected.AsSpan().IndexOf("key_A1b-2"u8), keyIdOffset);
        }
    }

    [Fact]
    public void A_plain_key_that_needs_more_is_left_to_the_other_way()
    {
        Span<byte> bytes = stackalloc byte[512];
        Assert.Equal(0, VerifyKeyFragments.PlainKey("key \"1"u8, true, default, null, bytes, out _));
        Assert.Equal(0, VerifyKeyFragments.PlainKey(default, true, default, null, bytes, out _));
        Assert.Equal(0, VerifyKeyFragments.PlainKey("key_1"u8, true, [0xC3, 0x28], null, bytes, out _));
        Assert.Equal(0, VerifyKeyFragments.PlainKey("key_1"u8, true, new byte[100], null, bytes, out _));
        Assert.Equal(0, VerifyKeyFragments.PlainKey("key_1"u8, true, default, null, bytes[..90], out _));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("{},\"valid\":true")]
    [InlineData("{\"a\":}")]
    [InlineData("{} {}")]
    public void Meta_that_would_break_every_answer_is_refused(string meta) =>
        Assert.Throws<ArgumentException>(() => VerifyKeyFragments.Identity("i", "e", Encoding.UTF8.GetBytes(meta)));

    [Fact]
    public void Whatever_the_texts_are_the_answer_is_JSON_with_these_texts()
    {
        Gen.Select(
            Gen.Select(s_id, s_text, s_text.List[0, 4], s_text.List[0, 3]),
            Gen.Select(Gen.Enum<VerifyKeyCode>(), Gen.Bool, Gen.Long),
            Gen.Select(s_text, s_text.List[0, 3]),
            (key, state, identity) => (key, state, identity)).Sample(
            sample =>
            {
                (string id, string name, List<string> permissions, List<string> roles) = sample.key;
                (VerifyKeyCode code, bool enabled, long credits) = sample.state;
                (string externalId, List<string> limits) = sample.identity;
                byte[] meta = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { [name] = externalId });
                byte[] keyFragment = VerifyKeyFragments.Key(id, enabled, name, meta, credits, permissions, roles);
                byte[] identityFragment = VerifyKeyFragments.Identity(id, externalId, meta);
                string body = Write((ref ResponseWriter writer) =>
                {
                    VerifyKeyJson.WriteStart(ref writer, "req_abc"u8, code, keyFragment);
                    VerifyKeyJson.WriteCredits(ref writer, credits);
                    VerifyKeyJson.BeginIdentity(ref writer, identityFragment);
                    for (int i = 0; i < limits.Count; i++)
                    {
                        VerifyKeyJson.WriteIdentityLimit(ref writer, VerifyKeyFragments.LimitDefinition(id, limits[i], credits, i,
                            enabled), i == 0);
                    }

                    VerifyKeyJson.EndIdentity(ref writer, limits.Count > 0);
                    for (int i = 0; i < limits.Count; i++)
                    {
                        VerifyKeyJson.WriteAdHocLimit(ref writer, Encoding.UTF8.GetBytes(limits[i]), credits, i, -credits, i, enabled,
                            i == 0);
                        VerifyKeyJson.WriteLimit(ref writer, VerifyKeyFragments.EvaluatedLimit(id, limits[i], credits, i, enabled), i, i,
                            enabled, isFirst: false);
                    }

                    if (limits.Count > 0)
                    {
                        VerifyKeyJson.EndLimits(ref writer);
                    }

                    VerifyKeyJson.WriteEnd(ref writer);
                });
                using var document = JsonDocument.Parse(body);
                JsonElement data = document.RootElement.GetProperty("data");
                Assert.Equal(code == VerifyKeyCode.Valid, data.GetProperty("valid").GetBoolean());
                Assert.Equal(Encoding.ASCII.GetString(VerifyKeyJson.WireName(code)), data.GetProperty("code").GetString());
                Assert.Equal(id, data.GetProperty("keyId").GetString());
                Assert.Equal(enabled, data.GetProperty("enabled").GetBoolean());
                Assert.Equal(credits, data.GetProperty("credits").GetInt64());
                Assert.Equal(credits, data.GetProperty("expires").GetInt64());
                Assert.Equal(name.Length > 0 ? name : null, Optional(data, "name")?.GetString());
                Assert.Equal(externalId, data.GetProperty("meta").GetProperty(name).GetString());
                Assert.Equal(permissions, Strings(data, "permissions"));
                Assert.Equal(roles, Strings(data, "roles"));
                JsonElement written = data.GetProperty("identity");
                Assert.Equal((id, externalId), (written.GetProperty("id").GetString(), written.GetProperty("externalId").GetString()));
                Assert.Equal(limits, Objects(written, "ratelimits").Select(limit => limit.GetProperty("name").GetString()));
                Assert.Equal(limits.SelectMany(limit => new[] { limit, limit }), Objects(data, "ratelimits").Select(limit =>
                    limit.GetProperty("name").GetString()));
                Assert.All(Objects(data, "ratelimits"), limit => Assert.Equal(8, limit.EnumerateObject().Count()));
            },
            iter: 2_000,
            threads: 1);
    }

    private delegate void Body(ref ResponseWriter writer);

    private static string Write(Body write)
    {
        byte[] buffer = new byte[64 * 1024];
        var writer = new ResponseWriter(buffer);
        write(ref writer);
        Assert.False(writer.Overflowed);
        return Encoding.UTF8.GetString(buffer, 0, writer.Written);
    }

    private static JsonElement? Optional(JsonElement data, string name) => data.TryGetProperty(name, out JsonElement value) ? value : null;

    private static JsonElement[] Objects(JsonElement data, string name) => Optional(data, name)?.EnumerateArray().ToArray() ?? [];

    private static IEnumerable<string?> Strings(JsonElement data, string name) => Objects(data, name).Select(value => value.GetString());
}
