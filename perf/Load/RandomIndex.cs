namespace Unkey.Load;

/// <summary>Indices in a random order that is the same in every run: 0 first, then xorshift over the count.</summary>
internal struct RandomIndex(int count)
{
    private ulong _random = 0x2545F4914F6CDD1D;
    private int _next;

    /// <summary>The next index, from 0 to count - 1.</summary>
    internal int Take()
    {
        int taken = _next;
        _random ^= _random << 13;
        _random ^= _random >> 7;
        _random ^= _random << 17;
        _next = (int)(((_random >> 32) * (ulong)count) >> 32);
        return taken;
    }
}
