using System;

namespace Unkey.Protocol;

/// <summary>The member <c>tags</c> of a verifyKey request. Part of a request reader; one thread.</summary>
/// <param name="texts">Decoded strings of the request.</param>
/// <param name="countMax">Most tags.</param>
/// <param name="lengthMax">Most code points of a tag; the fewest is 1.</param>
internal sealed class TagList(TextScratch texts, int countMax, int lengthMax)
{
    private readonly TextRange[] _tags = new TextRange[countMax];
    private int _count;

    /// <summary>Where the tags lie, in the order of the request.</summary>
    internal ReadOnlySpan<TextRange> Tags => _tags.AsSpan(0, _count);

    /// <summary>Forgets the last request.</summary>
    internal void Reset() => _count = 0;

    /// <summary>Reads the value of the member. Of a repeated member the last one counts.</summary>
    /// <returns>Whether the text is still valid JSON; <paramref name="isValid"/> says whether the value is one that is allowed.</returns>
    [HotPath]
    internal bool TryRead(ref JsonScanner scanner, out bool isValid)
    {
        _count = 0;
        isValid = false;
        JsonToken token = scanner.Read();
        if (token != JsonToken.ArrayStart)
        {
            return scanner.TrySkip(token);
        }

        bool areValid = true;

        // BOUND: each turn consumes a value; the body is finite.
        while ((token = scanner.Read()) != JsonToken.ArrayEnd)
        {
            if (!texts.TryTake(ref scanner, token, 1, lengthMax, out TextRange tag, out bool isTagValid))
            {
                return false;
            }

            areValid &= isTagValid && _count < countMax;
            if (areValid)
            {
                _tags[_count++] = tag;
            }
        }

        isValid = areValid;
        return true;
    }
}
