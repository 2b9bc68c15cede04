using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using CsCheck;
using Unkey.Engine.Keys;
using Xunit;

namespace Unkey.Engine.Tests.Keys;

public sealed class TextArenaTests
{
    [Fact]
    public void TextsComeBackAndAreSortedByTheFirstBytesThatTheyDoNotShare() => Gen.Select(Gen.String[Gen.Char['a', 'c'], 0, 12], Gen.String[Gen.Char['a', 'c'], 0, 6].List[0, 50])
        .Sample(
            static (prefix, tails) =>
            {
                TextArena arena = new();

                // The second time in the memory of the first.
                foreach (string first in new[] { "", "b" })
                {
                    string[] texts = [.. tails.Select(tail => first + prefix + tail)];
                    TextRef[] refs = [.. texts.Select(text => arena.Add(Encoding.UTF8.GetBytes(text)))];
                    Assert.Equal(texts, refs.Select(text => Encoding.UTF8.GetString(arena[text])));
                    int[] items = [.. Enumerable.Range(0, texts.Length)];
                    arena.Sort(items, refs, static () => { });
                    Assert.Equal(texts.Order(StringComparer.Ordinal), items.Select(item => texts[item]));
                    arena.Clear();
                }
            },
            iter: 1_000);

    [Fact]
    public void ALongSortGivesWayAllTheTime()
    {
        TextArena arena = new();
        TextRef[] refs = [.. Enumerable.Range(0, 20_000).Select(i => arena.Add(Encoding.UTF8.GetBytes($"{i * 7919 % 20_000:D5}")))];
        int[] items = [.. Enumerable.Range(0, refs.Length)];
        int breaths = 0;
        arena.Sort(items, refs, () => breaths++);
        Assert.InRange(breaths, 20_000 * 10 / 256, int.MaxValue);
        Assert.Equal("00000", Encoding.UTF8.GetString(arena[refs[items[0]]]));
    }

    [Fact]
    public void TheOrderIsThatOfTheFirstEightBytesThatDiffer()
    {
        TextArena arena = new();
        string[] texts = ["key_12345678_b", "key_zzzzzzzz", "key_12345677_z", "key_12345678_a"];
        TextRef[] refs = [.. texts.Select(text => arena.Add(Encoding.UTF8.GetBytes(text)))];
        Assert.Equal(4, arena.CommonPrefix);
        int[] items = [0, 1, 2, 3];
        arena.Sort(items, refs, static () => { });
        Assert.Equal((2, 1), (items[0], items[3]));
        Assert.Equal(new HashSet<int> { 0, 3 }, [items[1], items[2]]);
        Assert.Throws<ArgumentOutOfRangeException>(() => arena.Sort(items, refs.AsSpan(1), static () => { }));
    }
}
