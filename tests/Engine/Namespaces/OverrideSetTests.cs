using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using CsCheck;
using Unkey.Engine.Namespaces;
using Xunit;

namespace Unkey.Engine.Tests.Namespaces;

public sealed class OverrideSetTests
{
    [Fact]
    public void AnEmptySetFindsNothing()
    {
        Assert.Same(OverrideSet.Empty, OverrideSet.Compile([]));
        Assert.Null(OverrideSet.Empty.Find("a"u8));
        Assert.Null(OverrideSet.Empty.Find(""u8));
        Assert.Null(OverrideSet.Empty.FindExact("a"u8));
        Assert.Equal(0, OverrideSet.Empty.Count);
    }

    [Theory]
    [InlineData("user_1", "user_1")]
    [InlineData("user_*", "user_*")]
    [InlineData("user_2", "user_*")]
    [InlineData("user_2@x", "user_*@x")]
    [InlineData("other", "*")]
    [InlineData("USER_1", "*")]
    [InlineData("", "*")]
    [InlineData("ab", "*b")]
    public void ExactTextComesFirstThenTheLongestPatternThenTheSmallerText(string identifier, string expected)
    {
        OverrideSet set = Set("*", "user_*", "user_1", "user_*@x", "*@x", "a*", "*b");
        Assert.Equal(expected, set.Find(Encoding.UTF8.GetBytes(identifier))?.Text);
        Assert.Equal(7, set.Count);
    }

    [Fact]
    public void AnExactLookUpDoesNotMatchPatterns()
    {
        OverrideSet set = Set("user_*", "x");
        Assert.Equal("user_*", set.FindExact("user_*"u8)?.Text);
        Assert.Null(set.FindExact("user_1"u8));
    }

    /// <summary>A small alphabet makes texts that share beginnings, ends and whole parts.</summary>
    [Fact]
    public void TheSetAgreesWithASlowScanOfAllOverrides()
    {
        Gen<string> text = Gen.Char["aab*é"].Array[0, 7].Select(static chars => new string(chars));
        Gen.Select(text.Array[0, 24], text.Array[1, 12]).Sample((texts, identifiers) =>
        {
            string[] distinct = [.. texts.Where(static item => item.Length > 0).Distinct(StringComparer.Ordinal)];
            OverrideSet set = Set(distinct);
            foreach (string identifier in identifiers)
            {
                Assert.Equal(Scan(distinct, identifier), set.Find(Encoding.UTF8.GetBytes(identifier))?.Text);
                Assert.Equal(distinct.Contains(identifier) ? identifier : null, set.FindExact(Encoding.UTF8.GetBytes(identifier))?.Text);
            }
        });
    }

    [Fact]
    public void ManyLongPatternsAreCompiledAndFoundEach()
    {
        string[] texts = [.. Enumerable.Range(0, 5_000).Select(static i => $"{new string('p', 400)}{i:D5}*{new string('s', 100)}")];
        OverrideSet set = Set(texts);
        foreach (string text in texts)
        {
            Assert.Equal(text, set.Find(Encoding.UTF8.GetBytes(text.Replace("*", "--middle--", StringComparison.Ordinal)))?.Text);
        }
    }

    internal static OverrideSet Set(params string[] texts) =>
        OverrideSet.Compile([.. texts.Select(static (text, i) => new LimitOverride($"rlor_{i}", text, i, 1_000))]);

    private static string? Scan(string[] texts, string identifier) =>
        texts.FirstOrDefault(text => text == identifier)
        ?? texts.Where(text => text.Contains('*', StringComparison.Ordinal) && Matches(text, identifier))
            .OrderByDescending(static text => Encoding.UTF8.GetByteCount(text))
            .ThenBy(static text => text, Comparer<string>.Create(static (a, b) =>
                Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b))))
            .FirstOrDefault();

    private static bool Matches(string pattern, string text) => Regex.IsMatch(
        text,
        @"\A" + Regex.Escape(pattern).Replace(@"\*", ".*", StringComparison.Ordinal) + @"\z",
        RegexOptions.Singleline | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
}
