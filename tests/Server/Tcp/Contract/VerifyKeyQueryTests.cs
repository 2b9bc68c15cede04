using System.Linq;
using System.Text.Json;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>keys.verifyKey: the permission query.</summary>
public sealed class VerifyKeyQueryTests(ServerFixture fixture) : TcpTests(fixture)
{
    [Theory]
    [InlineData("api.read", "api.read", true)]
    [InlineData("api.read", "API.READ", false)]
    [InlineData("api.read api.write", "api.read AND api.write", true)]
    [InlineData("api.read", "api.read AND api.write", false)]
    [InlineData("api.read", "api.write OR api.read", true)]
    [InlineData("api.read", "api.write or api.read", true)]
    [InlineData("a b", "a aNd b", true)]
    [InlineData("api.*", "api.* OR api.edit", true)]
    [InlineData("api.read", "api.*", false)]
    [InlineData("api.*", "api.read", false)]
    [InlineData("api.key_123.read_key", "api.*.read_key", false)]
    [InlineData("a", "a OR b AND c", true)]
    [InlineData("b", "a OR b AND c", false)]
    [InlineData("a b", "(a OR b) AND c", false)]
    [InlineData("c b", "(a OR b)AND(c)", true)]
    [InlineData("a", "((((((((((a))))))))))", true)]
    [InlineData("ANDROID", "ANDROID", true)]
    [InlineData("ORperm", "x OR ORperm", true)]
    [InlineData("system:admin:read system:admin:write", "system:admin:read AND (system:admin:write OR user:basic:read)", true)]
    [InlineData("system:admin:* api_v2-test:read", "system:admin:* AND api_v2-test:read", true)]
    [InlineData("a", "a\tOR\r\nb", true)]
    public void AQueryIsSatisfiedByLiterallyEqualSlugs(string slugs, string query, bool satisfied)
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, $"\"permissions\":{JsonSerializer.Serialize(slugs.Split(' '))}");
        Reply reply = Client.Verify(key.Key, $"\"permissions\":{JsonSerializer.Serialize(query)}");
        Assert.Equal(satisfied ? "VALID" : "INSUFFICIENT_PERMISSIONS", reply.Code);
    }

    [Fact]
    public void TwentyFiveTermsAreSatisfied()
    {
        string[] slugs = [.. Enumerable.Range(0, 25).Select(i => $"resource_{i}.action")];
        CreatedKey key = Client.CreateKey(Scene.ApiId, $"\"permissions\":{JsonSerializer.Serialize(slugs)}");
        string query = string.Join(" AND ", slugs.Chunk(5).Select(group => "(" + string.Join(" OR ", group) + ")"));
        Assert.Equal("VALID", Client.Verify(key.Key, $"\"permissions\":\"{query}\"").Code);
    }

    [Fact]
    public void AQueryOfNothingButParenthesesUpToTheLimitNeedsNoStack()
    {
        CreatedKey key = Client.CreateKey(Scene.ApiId, "\"permissions\":[\"a\"]");
        string deep = new string('(', 499) + "a" + new string(')', 499);
        Assert.Equal("VALID", Client.Verify(key.Key, $"\"permissions\":\"{deep}\"").Code);
        Client.Verify(key.Key, $"\"permissions\":\"{new string('(', 1000)}\"").Refused(ErrorCode.QuerySyntax);
    }

    [Theory]
    [InlineData("   ", "")]
    [InlineData("permission_1 AND", "")]
    [InlineData("(permission_1 AND permission_2", "30")]
    [InlineData("permission_1 AND ()", "18")]
    [InlineData("AND permission_1", "0")]
    [InlineData("a b", "")]
    [InlineData("a(b)", "")]
    [InlineData("a)", "")]
    [InlineData("perm1 @ perm2", "6")]
    [InlineData("perm1 # perm2", "6")]
    [InlineData("perm1 $ perm2", "6")]
    [InlineData("perm1 % perm2", "6")]
    [InlineData("@a", "")]
    [InlineData("a AND @", "")]
    [InlineData("a AND OR b", "")]
    [InlineData("NOT a b", "")]
    [InlineData("permissi\u00f6n", "")]
    [InlineData("a\u0000b", "")]
    public void ABrokenQueryIs400AndSaysWhere(string query, string position)
    {
        Reply reply = Client.Verify(Scene.Key.Key, $"\"permissions\":{JsonSerializer.Serialize(query)}").Refused(ErrorCode.QuerySyntax);
        Assert.Empty(reply.ErrorLocations);
        Assert.NotEmpty(reply.Detail);
        Assert.Contains(position, reply.Detail);
    }
}
