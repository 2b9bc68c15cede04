using System;

namespace Unkey.Engine.Tests.Keys;

/// <summary>What a store keeps of a key's balance, by the rules of its statements.</summary>
internal sealed record StoredBalance
{
    public long? Remaining { get; private set; }

    public long Serial { get; private set; }

    public long Spent { get; private set; }

    public void Set(long? remaining) => (Remaining, Serial, Spent) = (remaining, Serial + 1, 0);

    public void Add(long amount)
    {
        long remaining = Remaining!.Value;
        if (amount < 0 ? remaining + amount <= 0 : remaining > long.MaxValue - amount)
        {
            Set(amount < 0 ? 0 : long.MaxValue);
            return;
        }

        Remaining = remaining + amount;
    }

    public void Settle(long serial, long spent)
    {
        if (Remaining is long remaining && serial == Serial && spent > Spent)
        {
            Remaining = Math.Max(remaining - (spent - Spent), 0);
            Spent = spent;
        }
    }
}
