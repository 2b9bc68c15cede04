using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using CsCheck;
using Unkey.Engine.Keys;
using Xunit;

namespace Unkey.Engine.Tests.Keys;

public sealed class TextSortTests
{
    /// <summary>Few letters and beginnings that many share: levels of equal words, runs of every length, texts that end within a word.</summary>
    [Fact]
    public void TheOrderIsThatOfTheBytes()
    {
        Gen<string> text = Gen.Select(Gen.Int[0, 18].Select(static length => "key_12345678123456"[..length]), Gen.String[Gen.Char['a', 'c'], 0, 12], Gen.String[Gen.Char['a', 'b'], 0, 20])
            .Select(static (start, middle, end) => start + middle + end);
        Gen.Select(Gen.String[Gen.Char['a', 'b'], 0, 30], text.Array[0, 300], text.Array[0, 20]).Sample(
            static (shared, many, few) =>
            {
                TextSort sort = new();

                // The second time in the memory of the first.
                foreach (string[] texts in new[] { many, few })
                {
                    AssertSorted(sort, [.. texts.Select(text => Encoding.UTF8.GetBytes(shared + text))]);
                }
            },
            iter: 500);
    }

    [Fact]
    public void AnyBytesAreSorted() => Gen.Byte.Array[0, 20].Select(static bytes => bytes.Select(static b => Math.Max(b, (byte)1)).ToArray()).Array[0, 500].Sample(
        static texts => AssertSorted(new TextSort(), texts), iter: 200);

    /// <summary>As deep as the texts are long: the ranges that are left must not be on the stack of the thread.</summary>
    [Fact]
    public void LongTextsThatDifferAtTheirEndsAreSorted()
    {
        byte[][] texts = [.. Enumerable.Range(0, 40).Select(static i => Enumerable.Repeat((byte)'x', 100_000 + (i * 997 % 40)).Append((byte)'a').ToArray())];
        AssertSorted(new TextSort(), texts);
        byte[][] steps = [.. Enumerable.Range(0, 2_000).Select(static i => Enumerable.Repeat((byte)'x', 16 * (i * 7 % 2_000)).Append((byte)'a').ToArray())];
        AssertSorted(new TextSort(), steps);
    }

    [Fact]
    public void ALongSortGivesWayAllTheTime()
    {
        byte[][] texts = [.. Enumerable.Range(0, 20_000).Select(static i => Encoding.UTF8.GetBytes($"{i * 7919 % 20_000:D5}"))];
        int[] items = [.. Enumerable.Range(0, texts.Length)];
        int breaths = 0;
        new TextSort().Sort(items, new Texts(texts), () => breaths++);
        Assert.InRange(breaths, 20_000 * 10 / 256, int.MaxValue);
        Assert.Equal("00000", Encoding.UTF8.GetString(texts[items[0]]));
    }

    private static void AssertSorted(TextSort sort, byte[][] texts)
    {
        int[] items = [.. Enumerable.Range(0, texts.Length)];
        sort.Sort(items, new Texts(texts), static () => { });
        Assert.Equal(Enumerable.Range(0, texts.Length), items.Order());
        Assert.Equal(texts.Order(Comparer<byte[]>.Create(static (x, y) => x.AsSpan().SequenceCompareTo(y))), items.Select(item => texts[item]));
    }

    private readonly struct Texts(byte[][] texts) : ITextSource
    {
        public ReadOnlySpan<byte> this[int item] => texts[item];
    }
}
