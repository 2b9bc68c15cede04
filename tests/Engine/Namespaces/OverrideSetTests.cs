using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading;
using CsCheck;
using Unkey.Engine.Namespaces;
using Xunit;

namespace Unkey.Engine.Tests.Namespaces;

public sealed class OverrideSetTests
{
    [Fact]
    public void AnEmptySetFindsNothing()
    {
        var set = new OverrideSet();
        for (int i = 0; i < 2; i++)
        {
            Assert.Null(set.Find("a"u8));
            Assert.Null(set.Find(""u8));
            Assert.Null(set.FindExact("a"u8));
            Assert.Equal(0, set.Count);
            set.Remove("a"u8);
            set.Put(new LimitOverride("rlor_1", "a", 1, 1_000));
            set.Remove("a"u8);
        }
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
    public void AfterAnyChangesTheSetAgreesWithASlowScanOfWhatIsLeft()
    {
        Gen<string> text = Gen.Char["ab*"].Array[1, 3].Select(static chars => new string(chars));
        Gen.Select(text, Gen.Int[0, 3]).Array[0, 200].Sample(changes =>
        {
            var set = new OverrideSet();
            var model = new Dictionary<string, LimitOverride>(StringComparer.Ordinal);
            for (int i = 0; i < changes.Length; i++)
            {
                (string changed, int kind) = changes[i];
                if (kind == 0)
                {
                    set.Remove(Encoding.UTF8.GetBytes(changed));
                    model.Remove(changed);
                }
                else
                {
                    model[changed] = new LimitOverride($"rlor_{i}", changed, i, 1_000);
                    set.Put(model[changed]);
                }

                Assert.Equal(model.Count, set.Count);
                string? expected = Scan([.. model.Keys], changed);
                Assert.Same(expected is null ? null : model[expected], set.Find(Encoding.UTF8.GetBytes(changed)));
                Assert.Same(model.GetValueOrDefault(changed), set.FindExact(Encoding.UTF8.GetBytes(changed)));
            }
        });
    }

    [Fact]
    public void WhatIsPutAndRemovedAgainAndAgainLeavesTheSetSmallAndFast()
    {
        OverrideSet set = Set([.. Enumerable.Range(0, 1_000).Select(static i => $"kept {i}")]);
        for (int i = 0; i < 200_000; i++)
        {
            string text = $"passing {i}";
            set.Put(new LimitOverride("rlor_x", text, 1, 1_000));
            set.Remove(Encoding.UTF8.GetBytes(text));
        }

        Assert.Equal(1_000, set.Count);
        Assert.All(Enumerable.Range(0, 1_000), i => Assert.Equal(i, set.Find(Encoding.UTF8.GetBytes($"kept {i}"))?.Limit));
    }

    /// <summary>Look-ups beside a writer that resizes, removes, takes places over and compiles: what is never touched is always found, and what
    /// is found is what was asked for.</summary>
    [Fact]
    public void ReadersNeverMissWhatStaysAndNeverFindAnother()
    {
        string[] kept = [.. Enumerable.Range(0, 50).Select(static i => $"kept {i}")];
        OverrideSet set = Set([.. kept, "pattern *"]);
        string? wrong = null;
        long looked = 0;
        using var stop = new CancellationTokenSource();
        Thread[] readers = [.. Enumerable.Range(0, 2).Select(seed => new Thread(() =>
        {
            var random = new Random(seed);
            while (!stop.IsCancellationRequested && wrong is null)
            {
                string stays = kept[random.Next(kept.Length)];
                string passes = $"passing {random.Next(200)}";
                if (set.Find(Encoding.UTF8.GetBytes(stays))?.Text != stays || set.Find("pattern of one"u8)?.Text != "pattern *"
                    || (set.Find(Encoding.UTF8.GetBytes(passes))?.Text is { } found && found != passes && found != "passing *"))
                {
                    wrong = $"{stays} or {passes}";
                }

                Interlocked.Increment(ref looked);
            }
        }))];
        Array.ForEach(readers, static reader => reader.Start());
        var writer = new Random(7);
        for (int i = 0; (i < 100_000 || Interlocked.Read(ref looked) < 10_000) && wrong is null; i++)
        {
            string text = writer.Next(100) == 0 ? "passing *" : $"passing {writer.Next(200)}";
            if (writer.Next(2) == 0)
            {
                set.Put(new LimitOverride("rlor_x", text, i, 1_000));
            }
            else
            {
                set.Remove(Encoding.UTF8.GetBytes(text));
            }
        }

        stop.Cancel();
        Array.ForEach(readers, static reader => reader.Join());
        Assert.Null(wrong);
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
        new([.. texts.Select(static (text, i) => new LimitOverride($"rlor_{i}", text, i, 1_000))]);

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
