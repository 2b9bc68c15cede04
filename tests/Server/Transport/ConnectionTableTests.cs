using Unkey.Server.Transport;
using Xunit;

namespace Unkey.Server.Tests.Transport;

public sealed class ConnectionTableTests
{
    [Fact]
    public void ASlotUsedAgainDoesNotFindTheConnectionBefore()
    {
        var table = new ConnectionTable();
        Connection first = Add(table);
        table.Remove(first);
        Connection second = Add(table);
        Assert.Equal(first.Slot, second.Slot);
        Assert.Null(table.Find(first.Slot, first.Generation));
        Assert.Same(second, table.Find(second.Slot, second.Generation));
    }

    [Fact]
    public void OnlyConnectionsWhoseTimeHasComeExpire()
    {
        var table = new ConnectionTable();
        for (int i = 0; i < 200; i++)
        {
            table.SetDeadline(Add(table), i % 2 == 0 ? 100 : 300);
        }

        int expired = 0;
        for (int slot = table.NextExpired(0, 200); slot >= 0; slot = table.NextExpired(slot + 1, 200))
        {
            Assert.Equal(0, slot % 2);
            expired++;
        }

        Assert.Equal(100, expired);
        Assert.Equal(-1, table.NextExpired(0, 99));
    }

    [Fact]
    public void ARemovedConnectionNeverExpires()
    {
        var table = new ConnectionTable();
        Connection connection = Add(table);
        table.SetDeadline(connection, 1);
        table.Remove(connection);
        Assert.Equal(-1, table.NextExpired(0, long.MaxValue - 1));
        Assert.Equal(0, table.Count);
    }

    [Fact]
    public void TheLimitLetsInWhatItSaysAndRefusesTheRest()
    {
        var limit = new ConnectionLimit(10);
        int served = 0;
        int refused = 0;
        for (int i = 0; i < 200; i++)
        {
            if (limit.TryEnter(out bool overLimit))
            {
                served += overLimit ? 0 : 1;
                refused += overLimit ? 1 : 0;
            }
        }

        Assert.Equal(10, served);
        Assert.Equal(64, refused);
        Assert.Equal(74, limit.Count);
    }

    [Fact]
    public void LargeBodiesAreBoundedTogetherAndSmallOnesAreNotCounted()
    {
        var table = new ConnectionTable();
        var budget = new BodyBudget(1_000_000);
        Connection large = Add(table);
        Connection larger = Add(table);
        Assert.True(budget.TryHold(large, 600_000));
        Assert.True(budget.TryHold(Add(table), BodyBudget.FreeBytes));
        Assert.False(budget.TryHold(larger, 500_000));
        budget.Release(larger);
        Assert.True(budget.TryHold(larger, 400_000));
        budget.Release(large);
        budget.Release(larger);
        Assert.True(budget.TryHold(large, 1_000_000));
    }

    private static Connection Add(ConnectionTable table)
    {
        int slot = table.NextSlot(out uint generation);
        var connection = new Connection(new BufferPool()) { Slot = slot, Generation = generation };
        table.Add(connection);
        return connection;
    }
}
