using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using CsCheck;
using Unkey.Server.Storage;
using Xunit;

namespace Unkey.Server.Tests.Storage;

public sealed class IdRangeTests
{
    private static readonly string[] s_edges = ["", "key_", "key_z", "kez", "~"];

    [Fact]
    public void EveryIdIsInExactlyOneRange()
    {
        IdRange[] ranges = [.. IdRange.Split("key_")];
        Gen<string> id = Gen.OneOf(Gen.String[Gen.Char['!', '~'], 0, 12].Select(static text => "key_" + text), Gen.String[0, 6], Gen.Int[0, 4].Select(static i => s_edges[i]));
        id.Sample(text => Contains(IdRange.All, text) && ranges.Count(range => Contains(range, text)) == 1);
    }

    [Fact]
    public void RandomIdsSpreadEvenly()
    {
        Random random = new(7);
        int[] counts = new int[IdRange.Split("key_").Count()];
        List<IdRange> ranges = [.. IdRange.Split("key_")];
        for (int i = 0; i < 6_200; i++)
        {
            string text = "key_" + new string(random.GetItems<char>("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 9));
            counts[ranges.FindIndex(range => Contains(range, text))]++;
        }

        Assert.InRange(counts.Max(), 100, 200);
    }

    // As the database compares texts: by their bytes.
    private static bool Contains(IdRange range, string id) => Compare(range.From, id) <= 0 && Compare(id, range.To) < 0;

    private static int Compare(string left, string right) =>
        Encoding.UTF8.GetBytes(left).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right));
}
