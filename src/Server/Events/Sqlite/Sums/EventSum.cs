namespace Unkey.Server.Events.Sqlite.Sums;

/// <summary>What a group of events comes to: up to four numbers, whose names <see cref="RollUpSource.Sums"/> has. A number that would overflow stays at its bound.</summary>
internal struct EventSum
{
    public long First;
    public long Second;
    public long Third;
    public long Fourth;

    /// <summary>One of the numbers.</summary>
    /// <param name="index">0 to 3.</param>
    public readonly long this[int index] => index switch
    {
        0 => First,
        1 => Second,
        2 => Third,
        _ => Fourth,
    };

    /// <summary>Adds another group.</summary>
    public void Add(in EventSum other)
    {
        First = Sum(First, other.First);
        Second = Sum(Second, other.Second);
        Third = Sum(Third, other.Third);
        Fourth = Sum(Fourth, other.Fourth);
    }

    private static long Sum(long left, long right)
    {
        long sum = unchecked(left + right);

        // Both have the sign that the sum has not.
        return ((left ^ sum) & (right ^ sum)) >= 0 ? sum : left < 0 ? long.MinValue : long.MaxValue;
    }
}
