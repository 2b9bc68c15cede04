using System.Linq;
using System.Text;
using CsCheck;
using Unkey.Tests.Oracles;
using Xunit;

namespace Unkey.Protocol.Tests;

public sealed class V1PermissionQueryTests
{
    private static readonly Gen<string> s_leaf = Gen.Frequency(
        (8, Gen.OneOf("\"a\"", "\"b.read\"", "\"and\"", "\"\"", "\"x y\"", "\"\\u00e9\\n\"", "\"\\u0061\"")),
        (1, JsonGenerator.Value));

    private static readonly Gen<string> s_query = Gen.Recursive<string>((depth, self) => depth > 5
        ? s_leaf
        : Gen.Frequency(
            (2, s_leaf),
            (3, Gen.Select(
                Gen.Frequency((10, Gen.OneOf("\"and\"", "\"or\"", "\"\\u0061nd\"")), (1, Gen.OneOf("\"x\"", "\"And\""))),
                Gen.Frequency((8, self), (1, Gen.Const("null"))).List[0, 3],
                (name, items) => $"{name}:[{string.Join(',', items)}]").List[1, 2].Select(members => "{" + string.Join(" , ", members) + "}"))));

    private readonly V1PermissionQuery _query = new();

    [Theory]
    [InlineData("\"a\"", "'a'")]
    [InlineData("null", "")]
    [InlineData("\"\"", "''")]
    [InlineData("{\"and\":[\"a\"]}", "('a')")]
    [InlineData("{\"and\":[\"p1\",{\"or\":[\"p2\",\"p6\",{\"and\":[\"p4\",\"p2\"]}]}]}", "('p1'AND('p2'OR'p6'OR('p4'AND'p2')))")]
    [InlineData("{\"or\":[null,\"a\",null,\"b\"]}", "('a'OR'b')")]
    [InlineData("{\"x\":{\"and\":1},\"or\":[\"a\"],\"y\":[]}", "('a')")]
    [InlineData("{\"or\":[\"a\"],\"or\":[\"b\"]}", "('b')")]
    [InlineData("{\"or\":5,\"or\":[\"b\"]}", "('b')")]
    [InlineData("{\"\\u0061nd\":[\"(\\u00e9) AND\\n\"]}", "('(\u00e9) AND\n')")]
    public void AQueryIsTranslated(string json, string expected) => Assert.Equal(expected, Translate(json));

    [Theory]
    [InlineData("5")]
    [InlineData("true")]
    [InlineData("[]")]
    [InlineData("[\"a\"]")]
    [InlineData("{}")]
    [InlineData("{\"and\":[]}")]
    [InlineData("{\"or\":[]}")]
    [InlineData("{\"and\":[null]}")]
    [InlineData("{\"and\":\"a\"}")]
    [InlineData("{\"and\":null}")]
    [InlineData("{\"and\":{\"or\":[\"a\"]}}")]
    [InlineData("{\"and\":[\"a\"],\"or\":[\"b\"]}")]
    [InlineData("{\"or\":[\"a\",{\"and\":[]}]}")]
    [InlineData("{\"or\":[\"a\",5]}")]
    [InlineData("{\"not\":[\"a\"]}")]
    [InlineData("{\"AND\":[\"a\"]}")]
    [InlineData("{\"or\":[\"b\"],\"or\":5}")]
    public void WhatIsNoQueryIsRefused(string json) => Assert.Equal("refused", Translate(json));

    [Theory]
    [InlineData("{\"and\":[\"a\"]")]
    [InlineData("{\"and\":[\"a\",]}")]
    [InlineData("{\"and\":[\"a\" \"b\"]}")]
    [InlineData("{\"and\":[\"\\ud800\"]}")]
    [InlineData("{\"and\":")]
    [InlineData("{\"x\":nul}")]
    [InlineData("")]
    public void WhatIsNoJsonEndsTheReading(string json) => Assert.Equal("broken", Translate(json));

    [Fact]
    public void DepthIsBoundedByThatOfTheBody()
    {
        Assert.Equal(new string('(', 32) + "'a'" + new string(')', 32), Translate(Nested(32)));
        Assert.Equal("broken", Translate(Nested(33)));
        Assert.Equal("broken", Translate(Nested(100_000)));
    }

    [Fact]
    public void SizeIsBoundedAndTheReaderGoesOnAfterwards()
    {
        // Around a permission stand two quotes, around the group two parentheses.
        const int Room = V1PermissionQuery.BytesMax - 4;
        Assert.Equal("('" + new string('x', Room) + "')", Translate($"{{\"and\":[\"{new string('x', Room)}\"]}}"));
        Assert.Equal("refused", Translate($"{{\"and\":[\"{new string('x', Room + 1)}\"]}}"));
        Assert.Equal("refused", Translate($"{{\"and\":[{string.Join(',', Enumerable.Repeat("\"\\u00e9\"", 10_000))}]}}"));

        // Only the last of repeated members is judged, for its length too.
        Assert.Equal("('a')", Translate($"{{\"and\":[\"{new string('x', Room + 1)}\"],\"and\":[\"a\"]}}"));
        Assert.Equal("'a'", Translate("\"a\""));
    }

    [Fact]
    public void TheTranslationAgreesWithARecursiveReference()
    {
        int accepted = 0;
        JsonGenerator.Mutated(s_query).Sample(
            json =>
            {
                string expected = V1PermissionOutcome.Reference(json);
                accepted += expected == "refused" ? 0 : 1;
                string actual = Translate(json);
                return (actual == "broken" ? "refused" : actual) == expected;
            },
            iter: 60_000,
            threads: 1,
            print: Encoding.Latin1.GetString);
        Assert.InRange(accepted, 6_000, 54_000);
    }

    private static string Nested(int depth) => string.Concat(Enumerable.Repeat("{\"or\":[", depth)) + "\"a\"" + string.Concat(Enumerable.Repeat("]}", depth));

    private string Translate(string json) => Translate(Encoding.UTF8.GetBytes(json));

    private string Translate(byte[] json) => V1PermissionOutcome.Translate(_query, json);
}
