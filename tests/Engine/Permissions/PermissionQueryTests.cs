using System;
using System.Collections.Generic;
using System.Text;
using CsCheck;
using Unkey.Engine.Permissions;
using Unkey.Tests.Oracles;
using Xunit;

namespace Unkey.Engine.Tests.Permissions;

public sealed class PermissionQueryTests
{
    [Theory]
    [InlineData("api.read AND api.write", "api.read api.write", true)]
    [InlineData("api.read AND api.write", "api.read", false)]
    [InlineData("api.read OR api.write", "api.write", true)]
    [InlineData("api.read OR api.write", "api.delete", false)]
    [InlineData("api.* OR api.edit", "api.*", true)]
    [InlineData("api.*", "api.read", false)]
    [InlineData("api.read", "api.*", false)]
    [InlineData("API.read", "api.read", false)]
    [InlineData("system:admin:read AND (system:admin:write OR user:basic:read)", "system:admin:read user:basic:read", true)]
    [InlineData("system:admin:* AND api_v2-test:read", "system:admin:* api_v2-test:read", true)]
    [InlineData("a OR b AND c", "a", true)]
    [InlineData("a OR b AND c", "b", false)]
    [InlineData("(a OR b) AND c", "a", false)]
    [InlineData("a AND b OR c AND d", "c d", true)]
    [InlineData("a AND b OR c AND d", "b c", false)]
    [InlineData("a and b", "a b", true)]
    [InlineData("a oR b", "b", true)]
    [InlineData("ANDROID", "ANDROID", true)]
    [InlineData("ORperm AND android", "ORperm android", true)]
    [InlineData("(a)AND(b)", "a b", true)]
    [InlineData("a AND(b OR c)AND d", "a c d", true)]
    [InlineData(" \t\r\n a\tAND\nb\r", "a b", true)]
    [InlineData("a/b_c-d.e:f*", "a/b_c-d.e:f*", true)]
    [InlineData("((((a))))", "a", true)]
    [InlineData("unkey:v1:ws_1:keyspaces/ks_1", "unkey:v1:ws_1:**", false)]
    public void QueryIsSatisfiedByTheIdenticalSlugsOnly(string query, string slugs, bool expected)
    {
        Assert.True(TryEvaluate(query, slugs.Split(' '), out bool isSatisfied, out _));
        Assert.Equal(expected, isSatisfied);
    }

    [Theory]
    [InlineData("   ", QueryErrorKind.QueryRequired, 3, "unexpected end of input at 3: a permission query is required")]
    [InlineData("", QueryErrorKind.QueryRequired, 0, "unexpected end of input at 0: a permission query is required")]
    [InlineData("permission_1 AND", QueryErrorKind.UnexpectedEnd, 16, "unexpected end of query at 16")]
    [InlineData("a OR (", QueryErrorKind.UnexpectedEnd, 6, "unexpected end of query at 6")]
    [InlineData("(permission_1 AND permission_2", QueryErrorKind.MissingClosingParenthesis, 30, "missing closing parenthesis at 30")]
    [InlineData("(a b)", QueryErrorKind.MissingClosingParenthesis, 3, "missing closing parenthesis at 3")]
    [InlineData("permission_1 AND ()", QueryErrorKind.EmptyParentheses, 18, "empty parentheses at 18")]
    [InlineData("(  )", QueryErrorKind.EmptyParentheses, 3, "empty parentheses at 3")]
    [InlineData("AND permission_1", QueryErrorKind.UnexpectedToken, 0, "unexpected token 'AND' at 0")]
    [InlineData("a AND or b", QueryErrorKind.UnexpectedToken, 6, "unexpected token 'or' at 6")]
    [InlineData(")", QueryErrorKind.UnexpectedToken, 0, "unexpected token ')' at 0")]
    [InlineData("(a AND )", QueryErrorKind.UnexpectedToken, 7, "unexpected token ')' at 7")]
    [InlineData("and", QueryErrorKind.UnexpectedToken, 0, "unexpected token 'and' at 0")]
    [InlineData("a b", QueryErrorKind.ExtraContent, 2, "extra content after a complete expression at 2")]
    [InlineData("a(b)", QueryErrorKind.ExtraContent, 1, "extra content after a complete expression at 1")]
    [InlineData("a)", QueryErrorKind.ExtraContent, 1, "extra content after a complete expression at 1")]
    [InlineData("(a))", QueryErrorKind.ExtraContent, 3, "extra content after a complete expression at 3")]
    [InlineData("perm1 @ perm2", QueryErrorKind.InvalidCharacter, 6, "invalid character '@' at 6")]
    [InlineData("perm1#x", QueryErrorKind.InvalidCharacter, 5, "invalid character '#' at 5")]
    [InlineData("$", QueryErrorKind.InvalidCharacter, 0, "invalid character '$' at 0")]
    [InlineData("a AND %", QueryErrorKind.InvalidCharacter, 6, "invalid character '%' at 6")]
    [InlineData("caf\u00e9", QueryErrorKind.InvalidCharacter, 3, "invalid character '\u00e9' at 3")]
    [InlineData("a\0b", QueryErrorKind.InvalidCharacter, 1, "invalid character U+0000 at 1")]
    [InlineData("a\u00a0OR b", QueryErrorKind.InvalidCharacter, 1, "invalid character '\u00a0' at 1")]
    [InlineData("a \u202e b", QueryErrorKind.InvalidCharacter, 2, "invalid character U+202E at 2")]
    public void QueryThatDoesNotParseNamesTheComplaintAndThePlace(string query, QueryErrorKind kind, int position, string text)
    {
        Assert.False(TryEvaluate(query, ["a", "b"], out bool isSatisfied, out QueryError error));
        Assert.False(isSatisfied);
        Assert.Equal((kind, position), (error.Kind, error.Position));
        Assert.Equal(text, error.Describe(Encoding.UTF8.GetBytes(query)));
    }

    [Fact]
    public void TwentyFiveTermsOfBothOperatorsAreEvaluated()
    {
        List<string> slugs = [];
        StringBuilder query = new();
        for (int i = 1; i <= 25; i++)
        {
            slugs.Add($"perm_{i}");
            query.Append(i == 1 ? "" : i % 4 == 0 ? " OR " : " AND ").Append($"perm_{i}");
        }

        Assert.True(TryEvaluate(query.ToString(), slugs, out bool isSatisfied, out _));
        Assert.True(isSatisfied);
        Assert.True(TryEvaluate(query.ToString(), ["perm_1", "perm_5"], out isSatisfied, out _));
        Assert.False(isSatisfied);
    }

    [Fact]
    public void NestingOfAThousandBytesIsEvaluated()
    {
        string query = new string('(', 499) + "a" + new string(')', 499);
        Assert.True(TryEvaluate(query, ["a"], out bool isSatisfied, out _));
        Assert.True(isSatisfied);

        Assert.False(TryEvaluate(new string('(', 1000), ["a"], out _, out QueryError error));
        Assert.Equal((QueryErrorKind.UnexpectedEnd, 1000), (error.Kind, error.Position));

        Assert.False(TryEvaluate(new string('(', 5000), ["a"], out _, out error));
        Assert.Equal((QueryErrorKind.TooDeep, PermissionQuery.DepthMax), (error.Kind, error.Position));
    }

    [Fact]
    public void OuterStateOfEveryLevelSurvivesTheInnerOnes()
    {
        // (b OR a AND (b OR a AND (... a))) is true on every level only through the second alternative.
        StringBuilder query = new();
        for (int i = 0; i < 90; i++)
        {
            query.Append("b OR a AND (");
        }

        query.Append('a').Append(')', 90);
        Assert.True(TryEvaluate(query.ToString(), ["a"], out bool isSatisfied, out _));
        Assert.True(isSatisfied);
        Assert.True(TryEvaluate(query.ToString(), ["c"], out isSatisfied, out _));
        Assert.False(isSatisfied);
    }

    [Fact]
    public void AnyTextAgreesWithARecursiveReference()
    {
        Gen<string> token = Gen.OneOf("a", "b", "c", "AND", "OR", "and", "(", ")", " ", "\t", "@", "é", "a.b", "*", "ANDa");
        Gen.Select(token.Array[0, 14], Gen.Int[0, 7]).Sample((tokens, mask) => AssertAgrees(string.Concat(tokens), mask));
        Gen.Select(token.Array[0, 14], Gen.Int[0, 7]).Sample((tokens, mask) => AssertAgrees(string.Join(' ', tokens), mask));
    }

    [Fact]
    public void EveryWellFormedQueryAgreesWithARecursiveReference()
    {
        Gen<string> query = Gen.Recursive<string>((depth, inner) => depth > 6
            ? Gen.OneOf("a", "b", "c", "d")
            : Gen.Frequency(
                (2, Gen.OneOf("a", "b", "c", "d")),
                (2, Gen.Select(inner, inner, (left, right) => $"{left} AND {right}")),
                (2, Gen.Select(inner, inner, (left, right) => $"{left} or {right}")),
                (1, inner.Select(i => $"({i})"))));
        Gen.Select(query, Gen.Int[0, 7]).Sample((text, mask) =>
        {
            AssertAgrees(text, mask);
            Assert.True(TryEvaluate(text, Slugs(mask), out _, out _));
        });
    }

    [Theory]
    [InlineData("'a'", "a", true)]
    [InlineData("'a'AND'b'", "a b", true)]
    [InlineData("('a'AND('x'OR'b'))", "a b", true)]
    [InlineData("('a'AND('x'OR'y'))", "a b", false)]
    [InlineData("'a b' or c", "a b", false)]
    [InlineData("'and'AND'OR'", "and OR", true)]
    [InlineData("'(a)'OR'\u00e9@'", "\u00e9@", true)]
    [InlineData("''", "a", false)]
    public void AQuotedPermissionIsTakenAsItIs(string query, string slugs, bool expected)
    {
        Assert.True(TryEvaluate(Quoted(query), slugs.Split(' '), out bool isSatisfied, out _));
        Assert.Equal(expected, isSatisfied);
    }

    [Theory]
    [InlineData("'a", QueryErrorKind.InvalidCharacter)]
    [InlineData("'", QueryErrorKind.InvalidCharacter)]
    [InlineData("'a''b'", QueryErrorKind.ExtraContent)]
    [InlineData("a'b'", QueryErrorKind.ExtraContent)]
    public void QuotesAreInPairsAndOnePermissionEach(string query, QueryErrorKind kind)
    {
        Assert.False(TryEvaluate(Quoted(query), ["a", "b"], out bool isSatisfied, out QueryError error));
        Assert.Equal((kind, false), (error.Kind, isSatisfied));
    }

    private static byte[] Quoted(string query) =>
        Array.ConvertAll(Encoding.UTF8.GetBytes(query), static b => b == (byte)'\'' ? PermissionQuery.Quote : b);

    private static void AssertAgrees(string query, int mask)
    {
        HashSet<string> slugs = new(Slugs(mask), StringComparer.Ordinal);
        bool parses = TryEvaluate(query, slugs, out bool isSatisfied, out _);
        bool? expected = RecursiveQuery.Evaluate(query, slugs);
        Assert.Equal(expected is not null, parses);
        Assert.Equal(expected ?? false, isSatisfied);
    }

    private static List<string> Slugs(int mask)
    {
        List<string> slugs = [];
        string[] all = ["a", "b", "c"];
        for (int i = 0; i < all.Length; i++)
        {
            if ((mask & (1 << i)) != 0)
            {
                slugs.Add(all[i]);
            }
        }

        return slugs;
    }

    private static bool TryEvaluate(string query, IEnumerable<string> slugs, out bool isSatisfied, out QueryError error) =>
        TryEvaluate(Encoding.UTF8.GetBytes(query), slugs, out isSatisfied, out error);

    private static bool TryEvaluate(byte[] query, IEnumerable<string> slugs, out bool isSatisfied, out QueryError error)
    {
        StringSet set = new(new HashSet<string>(slugs, StringComparer.Ordinal));

        // One that has held another query is to parse this one as a new one does.
        PermissionQuery used = new();
        Assert.True(used.TryParse("x AND (y OR z)"u8, out _));
        PermissionQuery parsed = new();
        bool parses = parsed.TryParse(query, out error);
        Assert.Equal(parses, used.TryParse(query, out QueryError second));
        Assert.Equal(error, second);
        Assert.Equal(parses, used.Is(query));
        Assert.False(used.Is([.. query, (byte)' ']));
        isSatisfied = parses && parsed.IsSatisfiedBy(set);
        Assert.Equal(isSatisfied, parses && used.IsSatisfiedBy(set));
        return parses;
    }

    private readonly struct StringSet(HashSet<string> slugs) : IPermissionSet
    {
        public bool Contains(ReadOnlySpan<byte> slug, ulong hash) => slugs.Contains(Encoding.UTF8.GetString(slug));
    }
}
