using System.Linq;
using System.Text;
using CsCheck;
using Unkey.Engine.Keys;
using Xunit;

namespace Unkey.Engine.Tests.Keys;

public sealed class TextArenaTests
{
    [Fact]
    public void TextsComeBack() => Gen.String[0, 12].List[0, 50].Sample(
        static texts =>
        {
            TextArena arena = new();

            // The second time in the memory of the first.
            foreach (string first in new[] { "", "b" })
            {
                TextRef[] refs = [.. texts.Select(text => arena.Add(Encoding.UTF8.GetBytes(first + text)))];
                Assert.Equal(texts.Select(text => Encoding.UTF8.GetBytes(first + text)), refs.Select(text => arena[text].ToArray()));
                arena.Clear();
            }
        },
        iter: 200);
}
