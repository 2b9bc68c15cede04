using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Xunit;

namespace Unkey.Protocol.Tests;

public sealed class V1VerifyKeyRequestReaderTests
{
    private readonly V1VerifyKeyRequestReader _reader = new();

    [Fact]
    public void AFullRequestIsReadInAnyOrder()
    {
        string[] members =
        [
            "\"key\":\"sk_1\\u0041\"", "\"apiId\":\"api_1\"", "\"tags\":[\"t1\",\"\\u00e9\"]",
            "\"authorization\":{\"x\":1,\"permissions\":{\"or\":[\"a\",\"b\"]}}", "\"remaining\":{\"cost\":7,\"x\":[]}", "\"ratelimit\":{\"cost\":3}",
            "\"ratelimits\":[{\"name\":\"a\"},{\"cost\":2,\"name\":\"tok\\u0065ns\",\"duration\":60000,\"limit\":10,\"more\":[{}]}]", "\"unknown\":{\"a\":[1]}",
        ];
        string expected = Describe("{" + string.Join(',', members) + "}");
        Assert.Equal("key=sk_1A api=api_1 query=('a'OR'b') cost=7 applied=3 tags=[t1|\u00e9] limits=[a:1:-:-|tokens:2:10:60000]", expected);
        for (int turn = 0; turn < members.Length; turn++)
        {
            members = [.. members[1..], members[0]];
            Assert.Equal(expected, Describe(" {" + string.Join(" , ", members) + "}\n"));
        }
    }

    [Fact]
    public void OneRequestLeavesNothingToTheNext()
    {
        Describe("{\"key\":\"x\",\"apiId\":\"a\",\"tags\":[\"t\"],\"authorization\":{\"permissions\":\"p\"},\"remaining\":{\"cost\":1},\"ratelimit\":{\"cost\":1},\"ratelimits\":[{\"name\":\"n\"}]}");
        Assert.Equal("key=y api= query= cost= applied= tags=[] limits=[]", Describe("{\"key\":\"y\"}"));
    }

    [Theory]
    [InlineData("{\"key\":\"x\"}", true)]
    [InlineData("{\"k\\u0065y\":\"x\"}", true)]
    [InlineData("{\"key\":5,\"key\":\"x\"}", true)]
    [InlineData("{\"key\":\"x\",\"key\":5}", false)]
    [InlineData("{\"key\":\"\"}", false)]
    [InlineData("{\"key\":null}", false)]
    [InlineData("{}", false)]
    [InlineData("[]", false)]
    [InlineData("", false)]
    [InlineData("{\"key\":\"x\"} {}", false)]
    [InlineData("{\"key\":\"x\",\"unknown\":nul}", false)]
    [InlineData("{\"key\":\"x\",\"permissions\":5,\"credits\":{},\"migrationId\":null}", true)]
    [InlineData("{\"key\":\"x\",\"apiId\":null}", false)]
    [InlineData("{\"key\":\"x\",\"apiId\":5}", false)]
    [InlineData("{\"key\":\"x\",\"remaining\":{}}", true)]
    [InlineData("{\"key\":\"x\",\"remaining\":null}", false)]
    [InlineData("{\"key\":\"x\",\"remaining\":5}", false)]
    [InlineData("{\"key\":\"x\",\"remaining\":{\"cost\":0}}", true)]
    [InlineData("{\"key\":\"x\",\"remaining\":{\"cost\":-1}}", false)]
    [InlineData("{\"key\":\"x\",\"remaining\":{\"cost\":1.5}}", false)]
    [InlineData("{\"key\":\"x\",\"remaining\":{\"cost\":null}}", false)]
    [InlineData("{\"key\":\"x\",\"remaining\":{\"cost\":-1,\"cost\":1}}", true)]
    [InlineData("{\"key\":\"x\",\"remaining\":{\"cost\":9223372036854775807}}", true)]
    [InlineData("{\"key\":\"x\",\"ratelimit\":{\"cost\":-1}}", false)]
    [InlineData("{\"key\":\"x\",\"ratelimit\":[]}", false)]
    [InlineData("{\"key\":\"x\",\"authorization\":{}}", true)]
    [InlineData("{\"key\":\"x\",\"authorization\":null}", false)]
    [InlineData("{\"key\":\"x\",\"authorization\":\"a\"}", false)]
    [InlineData("{\"key\":\"x\",\"authorization\":{\"permissions\":null}}", true)]
    [InlineData("{\"key\":\"x\",\"authorization\":{\"permissions\":{\"and\":[]}}}", false)]
    [InlineData("{\"key\":\"x\",\"authorization\":{\"permissions\":5,\"permissions\":\"a\"}}", true)]
    [InlineData("{\"key\":\"x\",\"authorization\":{\"permissions\":5},\"authorization\":{}}", true)]
    [InlineData("{\"key\":\"x\",\"ratelimits\":[]}", true)]
    [InlineData("{\"key\":\"x\",\"ratelimits\":[{}]}", false)]
    [InlineData("{\"key\":\"x\",\"ratelimits\":[{\"name\":\"\"}]}", false)]
    [InlineData("{\"key\":\"x\",\"ratelimits\":[{\"name\":\"a\",\"cost\":-1}]}", false)]
    [InlineData("{\"key\":\"x\",\"ratelimits\":{}}", false)]
    [InlineData("{\"key\":\"x\",\"tags\":[\"\"]}", false)]
    [InlineData("{\"key\":\"x\",\"tags\":\"a\"}", false)]
    public void TheContractDecides(string body, bool accepted) => Assert.Equal(accepted, Describe(body) != "refused");

    [Fact]
    public void BoundsAreThoseOfV1()
    {
        Assert.NotEqual("refused", Describe($"{{\"key\":\"{new string('k', 100_000)}\"}}"));
        Assert.NotEqual("refused", Describe($"{{\"key\":\"{string.Concat(Enumerable.Repeat("\\u00e9", 100_000))}\"}}"));
        Assert.NotEqual("refused", Describe(Tags(10, 128)));
        Assert.Equal("refused", Describe(Tags(11, 1)));
        Assert.Equal("refused", Describe(Tags(1, 129)));
        Assert.NotEqual("refused", Describe(Limits(V1VerifyKeyRequestReader.LimitsMax)));
        Assert.Equal("refused", Describe(Limits(V1VerifyKeyRequestReader.LimitsMax + 1)));
        Assert.Equal("refused", Describe(Limits(5_000)));

        static string Tags(int count, int length) => $"{{\"key\":\"x\",\"tags\":[{string.Join(',', Enumerable.Repeat($"\"{new string('t', length)}\"", count))}]}}";

        static string Limits(int count) => $"{{\"key\":\"x\",\"ratelimits\":[{string.Join(',', Enumerable.Range(0, count).Select(i => $"{{\"name\":\"{i}\"}}"))}]}}";
    }

    private string Describe(string body)
    {
        if (!_reader.TryRead(Encoding.UTF8.GetBytes(body), out VerifyKeyRequest request))
        {
            return "refused";
        }

        var tags = new List<string>();
        for (int i = 0; i < request.TagCount; i++)
        {
            tags.Add(Encoding.UTF8.GetString(request.Tag(i)));
        }

        var limits = new List<string>();
        for (int i = 0; i < request.Limits.Length; i++)
        {
            VerifyKeyLimit limit = request.Limits[i];
            string capacity = limit.HasLimit ? limit.Limit.ToString(CultureInfo.InvariantCulture) : "-";
            string duration = limit.HasDuration ? limit.DurationMs.ToString(CultureInfo.InvariantCulture) : "-";
            limits.Add($"{Encoding.UTF8.GetString(request.LimitName(i))}:{limit.Cost}:{capacity}:{duration}");
        }

        string query = Encoding.UTF8.GetString(Array.ConvertAll(request.Permissions.ToArray(), static b => b == V1PermissionQuery.Quote ? (byte)'\'' : b));
        return $"key={Encoding.UTF8.GetString(request.Key)} api={Encoding.UTF8.GetString(request.ApiId)} query={query}"
            + $" cost={(request.HasCost ? request.Cost : null)} applied={request.AppliedCost} tags=[{string.Join('|', tags)}] limits=[{string.Join('|', limits)}]";
    }
}
