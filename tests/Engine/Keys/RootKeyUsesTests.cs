using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Unkey.Engine.Keys;
using Xunit;

namespace Unkey.Engine.Tests.Keys;

public sealed class RootKeyUsesTests
{
    private readonly RootKeyUses _uses = new();

    [Fact]
    public void TheLatestMinuteIsTakenOnce()
    {
        Assert.True(_uses.TryNote("key_1"u8, 7));
        Assert.True(_uses.TryNote("key_1"u8, 5));
        Assert.True(_uses.TryNote("key_2"u8, 6));
        Assert.Equal([("key_1", 7 * 60_000L), ("key_2", 6 * 60_000L)], _uses.Take().Select(static use => (use.Key, use.Value)).Order());
        Assert.Empty(_uses.Take());
        _uses.TryNote("key_1"u8, 7);
        Assert.Empty(_uses.Take());
        _uses.TryNote("key_1"u8, 8);
        Assert.Equal([new KeyValuePair<string, long>("key_1", 8 * 60_000L)], _uses.Take());
    }

    [Fact]
    public void ManyThreadsNoteAndNoneWaits()
    {
        Parallel.For(0, 10_000, i =>
        {
            // BOUND: another thread is done at once.
            while (!_uses.TryNote("key_1"u8, i))
            {
            }
        });
        Assert.Equal(9_999 * 60_000L, Assert.Single(_uses.Take()).Value);
    }

    [Fact]
    public void AnIdThatIsNoneOfOursIsLeftAlone()
    {
        Assert.True(_uses.TryNote(new byte[65], 1));
        Assert.Empty(_uses.Take());
    }
}
