using System.Linq;
using System.Text;
using System.Text.Json;
using Unkey.Server.ControlPlane.Schema;
using Xunit;

namespace Unkey.Server.Tests.ControlPlane;

public sealed class SchemaValidatorTests
{
    private static readonly SchemaNode s_schema = SchemaNode.Closed(
        SchemaProperty.Required("name", SchemaNode.Text(3, 5)),
        SchemaProperty.Optional("id", SchemaNode.Text(1, 10, StringPattern.Identifier)),
        SchemaProperty.Optional("count", SchemaNode.Integer(0, 100)),
        SchemaProperty.Optional("big", SchemaNode.Integer()),
        SchemaProperty.Optional("flag", SchemaNode.Boolean),
        SchemaProperty.Optional("nullable", SchemaNode.Text(1).OrNull()),
        SchemaProperty.Optional("interval", SchemaNode.OneOf("daily", "monthly")),
        SchemaProperty.Optional("meta", SchemaNode.AnyObject(2)),
        SchemaProperty.Optional("slugs", SchemaNode.ListOf(SchemaNode.Text(1, 4, StringPattern.Slug), 1, 3)),
        SchemaProperty.Optional("inner", SchemaNode.Closed(SchemaProperty.Required("cost", SchemaNode.Integer(0)))),
        SchemaProperty.Optional("open", SchemaNode.Open(SchemaProperty.Required("name", SchemaNode.Text(1)))));

    [Theory]
    [InlineData("""{"name":"abc"}""")]
    [InlineData("""{"name":"abcde","id":"a_1","count":100,"flag":false,"nullable":null,"interval":"daily"}""")]
    [InlineData("""{"name":"abc","meta":{"a":{"deep":[1,{}]},"b":null}}""")]
    [InlineData("""{"name":"abc","slugs":["a.*","b:c"],"inner":{"cost":0},"open":{"name":"x","other":1}}""")]
    [InlineData("""{"name":"x","name":"abc"}""")] // Of repeated members the last counts.
    [InlineData("""{"name":"\ud83d\ude00\ud83d\ude00\ud83d\ude00"}""")] // Three code points in six UTF-16 units.
    [InlineData("""{"name":"abc","meta":{"a":1,"a":2,"b":3}}""")] // Two distinct members.
    [InlineData("""{"name":"abc","big":9223372036854775807,"count":-0}""")]
    public void ValidBodiesHaveNoViolation(string json)
    {
        SchemaReport report = Validate(json);
        Assert.Empty(report.Violations);
        Assert.False(report.HasUnbindableInteger);
    }

    [Theory]
    [InlineData("""{}""", "/required", "missing property 'name'")]
    [InlineData("""{"name":"ab"}""", "/properties/name/minLength", "minLength: got 2, want 3")]
    [InlineData("""{"name":"abcdef"}""", "/properties/name/maxLength", "maxLength: got 6, want 5")]
    [InlineData("""{"name":7}""", "/properties/name/type", "got number, want string")]
    [InlineData("""{"name":null}""", "/properties/name/type", "got null, want string")]
    [InlineData("""{"name":"abc","id":"a-b"}""", "/properties/id/pattern", "pattern: value does not match ^[a-zA-Z0-9_]+$")]
    [InlineData("""{"name":"abc","id":"a\n"}""", "/properties/id/pattern", "pattern: value does not match ^[a-zA-Z0-9_]+$")]
    [InlineData("""{"name":"abc","count":-1}""", "/properties/count/minimum", "minimum: got -1, want 0")]
    [InlineData("""{"name":"abc","count":101}""", "/properties/count/maximum", "maximum: got 101, want 100")]
    [InlineData("""{"name":"abc","count":1.5}""", "/properties/count/type", "got number, want integer")]
    [InlineData("""{"name":"abc","count":"5"}""", "/properties/count/type", "got string, want integer")]
    [InlineData("""{"name":"abc","count":1e30}""", "/properties/count/maximum", "maximum: got 1E+30, want 100")]
    [InlineData("""{"name":"abc","flag":null}""", "/properties/flag/type", "got null, want boolean")]
    [InlineData("""{"name":"abc","nullable":1}""", "/properties/nullable/type", "got number, want null or string")]
    [InlineData("""{"name":"abc","interval":"Daily"}""", "/properties/interval/enum", "value must be one of 'daily', 'monthly'")]
    [InlineData("""{"name":"abc","meta":{"a":1,"b":2,"c":3}}""", "/properties/meta/maxProperties", "maxProperties: got 3, want 2")]
    [InlineData("""{"name":"abc","meta":[]}""", "/properties/meta/type", "got array, want object")]
    [InlineData("""{"name":"abc","slugs":[]}""", "/properties/slugs/minItems", "minItems: got 0, want 1")]
    [InlineData("""{"name":"abc","slugs":["a","b","c","d"]}""", "/properties/slugs/maxItems", "maxItems: got 4, want 3")]
    [InlineData("""{"name":"abc","slugs":["a/b"]}""", "/properties/slugs/items/pattern", @"pattern: value does not match ^[a-zA-Z0-9_:\-\.\*]+$")]
    [InlineData("""{"name":"abc","inner":{}}""", "/properties/inner/required", "missing property 'cost'")]
    [InlineData("""{"name":"abc","inner":{"cost":-1}}""", "/properties/inner/properties/cost/minimum", "minimum: got -1, want 0")]
    [InlineData("""{"name":"abc","inner":{"cost":1,"x":2}}""", "/properties/inner/additionalProperties", "additional property 'x' not allowed")]
    [InlineData("""{"name":"abc","foo":1}""", "/additionalProperties", "additional property 'foo' not allowed")]
    [InlineData("""{"name":"abc","Flag":true}""", "/additionalProperties", "additional property 'Flag' not allowed")]
    [InlineData("""[]""", "/type", "got array, want object")]
    [InlineData("""null""", "/type", "got null, want object")]
    public void AViolationNamesItsKeywordAndTheNumbers(string json, string location, string message)
    {
        SchemaViolation violation = Assert.Single(Validate(json).Violations);
        Assert.Equal(location, violation.Location);
        Assert.Equal(message, violation.Message);
        Assert.Null(violation.Fix);
    }

    [Fact]
    public void EveryViolationIsReported()
    {
        SchemaReport report = Validate("""{"id":"","count":-5,"slugs":["","a b"],"zzz":0}""");
        Assert.Equal(
            [
                "/properties/id/minLength",
                "/properties/id/pattern",
                "/properties/count/minimum",
                "/properties/slugs/items/minLength",
                "/properties/slugs/items/pattern",
                "/properties/slugs/items/pattern",
                "/required",
                "/additionalProperties",
            ],
            report.Violations.Select(violation => violation.Location));
    }

    [Theory]
    [InlineData("5.0")]
    [InlineData("1e1")]
    [InlineData("50E-1")]
    public void AnIntegralNumberInAnotherSpellingPassesTheSchemaButDoesNotBind(string number)
    {
        SchemaReport report = Validate($$"""{"name":"abc","count":{{number}}}""");
        Assert.Empty(report.Violations);
        Assert.True(report.HasUnbindableInteger);
    }

    [Theory]
    [InlineData("9223372036854775808")]
    [InlineData("-9223372036854775809")]
    [InlineData("1e400")]
    [InlineData("100000000000000000000000000000000000000")]
    public void ANumberBeyond64BitsPassesAnUnboundedSchemaButDoesNotBind(string number)
    {
        SchemaReport report = Validate($$"""{"name":"abc","big":{{number}}}""");
        Assert.Empty(report.Violations);
        Assert.True(report.HasUnbindableInteger);
    }

    [Fact]
    public void AnAnswerStaysSmallHoweverManyItemsAreWrong()
    {
        string items = string.Join(',', Enumerable.Repeat("7", 50_000));
        SchemaReport report = Validate($$"""{"name":"abc","slugs":[{{items}}]}""");
        Assert.InRange(report.Violations.Count, 100, 200);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{} {}")]
    [InlineData("{}x")]
    [InlineData("""{"a":1,}""")]
    [InlineData("""{'a':1}""")]
    [InlineData("""{"a":01}""")]
    [InlineData("""{"a":NaN}""")]
    [InlineData("// comment\n{}")]
    [InlineData("""{"a":"\ud800"}""")]
    [InlineData("""{"a":"\udc00\ud800"}""")]
    [InlineData("""{"a":"\ud800\ud800\udc00"}""")]
    [InlineData("""{"\udfff":1}""")]
    [InlineData("""{"deep":["\ud83dx"]}""")]
    [InlineData("{\"a\":\"\u0001\"}")]
    public void WhatIsNotStrictJsonIsRefusedWithItsPlace(string text)
    {
        Assert.False(JsonBody.TryParse(Encoding.UTF8.GetBytes(text), out _, out string? problem));
        Assert.NotEmpty(problem);
    }

    [Fact]
    public void BytesThatAreNotUtf8AreRefused()
    {
        Assert.False(JsonBody.TryParse(new byte[] { (byte)'"', 0xC3, 0x28, (byte)'"' }, out _, out string? problem));
        Assert.Contains("UTF-8", problem);
    }

    [Fact]
    public void NestingIsBounded()
    {
        string Nested(int depth) => new string('[', depth) + new string(']', depth);

        Assert.True(JsonBody.TryParse(Encoding.UTF8.GetBytes(Nested(JsonBody.DepthMax)), out JsonDocument? document, out _));
        document.Dispose();
        Assert.False(JsonBody.TryParse(Encoding.UTF8.GetBytes(Nested(JsonBody.DepthMax + 1)), out _, out _));
        Assert.False(JsonBody.TryParse(Encoding.UTF8.GetBytes(Nested(1_000_000)), out _, out _));
    }

    private static SchemaReport Validate(string json)
    {
        Assert.True(JsonBody.TryParse(Encoding.UTF8.GetBytes(json), out JsonDocument? document, out string? problem), problem);
        using (document)
        {
            return SchemaValidator.Validate(s_schema, document.RootElement);
        }
    }
}
