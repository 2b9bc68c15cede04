using System;

namespace Unkey.Load;

/// <summary>Counts of what came back: statuses, and whether keys were valid.</summary>
internal sealed class Tally
{
    private readonly long[] _statuses = new long[600];
    private int _hint;

    internal long Valid { get; private set; }

    internal long Invalid { get; private set; }

    internal long this[int status] => _statuses[status];

    /// <summary>A copy of the first body that was not a valid key, for the report.</summary>
    internal byte[]? FirstOther { get; private set; }

    internal void Add(int status, ReadOnlySpan<byte> body)
    {
        _statuses[status]++;
        ReadOnlySpan<byte> yes = "\"valid\":true"u8;
        // Answers have one shape, so the word is nearly always where it was last time.
        if (body.Length >= _hint + yes.Length && body.Slice(_hint, yes.Length).SequenceEqual(yes))
        {
            Valid++;
            return;
        }

        int at = body.IndexOf(yes);
        if (at >= 0)
        {
            _hint = at;
            Valid++;
            return;
        }

        FirstOther ??= body.ToArray();
        if (body.IndexOf("\"valid\":false"u8) >= 0)
        {
            Invalid++;
        }
    }
}
