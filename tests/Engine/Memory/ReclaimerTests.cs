using System.Collections.Generic;
using System.Threading;
using Unkey.Engine.Memory;
using Xunit;

namespace Unkey.Engine.Tests.Memory;

public sealed class ReclaimerTests
{
    private readonly Lock _writer = new();
    private readonly Recorder _recorder = new();
    private readonly Reclaimer _reclaimer;

    public ReclaimerTests() => _reclaimer = new Reclaimer(_writer);

    [Fact]
    public void WithoutReadersMemoryIsFreedAtTheNextCollection()
    {
        Retire(1);
        Assert.Empty(_recorder.Freed);
        Assert.Equal(1, Collect());
        Assert.Equal([1], _recorder.Freed);
        Assert.Equal(0, _reclaimer.PendingCount);
        Assert.Equal(0, _reclaimer.PendingBytes);
        Assert.Equal(1, _reclaimer.FreedCount);
    }

    [Fact]
    public void AnOnlineReaderHoldsMemoryBackUntilItsQuiescentPoint()
    {
        Participant reader = _reclaimer.Register();
        reader.Enter();
        Retire(1);
        Assert.Equal(0, Collect());
        Assert.Equal(0, Collect());
        Assert.Equal(100, _reclaimer.PendingBytes);
        reader.Quiescent();
        Assert.Equal(1, Collect());
    }

    /// <summary>The quiescent point came before the writer raised the epoch, so it says nothing about this retirement.</summary>
    [Fact]
    public void AQuiescentPointBeforeTheCollectionDoesNotCount()
    {
        Participant reader = _reclaimer.Register();
        reader.Enter();
        Retire(1);
        reader.Quiescent();
        Assert.Equal(0, Collect());
        reader.Quiescent();
        Assert.Equal(1, Collect());
    }

    [Fact]
    public void AReaderThatEnteredAfterTheCollectionDoesNotHoldBackWhatItCannotSee()
    {
        Participant old = _reclaimer.Register();
        old.Enter();
        Retire(1);
        Collect();
        Participant young = _reclaimer.Register();
        young.Enter();
        old.Exit();
        Assert.Equal(1, Collect());
        Assert.True(young.IsOnline);
    }

    [Fact]
    public void ABlockedReaderThatWentOfflineHoldsNothingBack()
    {
        Participant reader = _reclaimer.Register();
        reader.Enter();
        reader.Exit();
        Assert.False(reader.IsOnline);
        Retire(1);
        Assert.Equal(1, Collect());
    }

    [Fact]
    public void TheSlowestReaderDecides()
    {
        Participant fast = _reclaimer.Register();
        Participant slow = _reclaimer.Register();
        fast.Enter();
        slow.Enter();
        Retire(1);
        Collect();
        fast.Quiescent();
        Retire(2);
        Collect();
        fast.Quiescent();
        Assert.Empty(_recorder.Freed);
        slow.Quiescent();
        Assert.Equal(2, Collect());
        Assert.Equal([1, 2], _recorder.Freed);
    }

    [Fact]
    public void MemoryIsFreedInTheOrderOfRetirementAndOnlyUpToTheGracePeriod()
    {
        Participant reader = _reclaimer.Register();
        reader.Enter();
        Retire(1);
        Collect();
        reader.Quiescent();
        Retire(2);
        Assert.Equal(1, Collect());
        Assert.Equal([1], _recorder.Freed);
        reader.Quiescent();
        Assert.Equal(1, Collect());
        Assert.Equal([1, 2], _recorder.Freed);
    }

    [Fact]
    public void ADisposedReaderIsForgotten()
    {
        Participant reader = _reclaimer.Register();
        reader.Enter();
        Assert.Equal(1, _reclaimer.ParticipantCount);
        reader.Dispose();
        Assert.Equal(0, _reclaimer.ParticipantCount);
        Retire(1);
        Assert.Equal(1, Collect());
    }

    [Fact]
    public void ManyRetirementsAreCollectedWithoutBeingAskedTo()
    {
        Participant reader = _reclaimer.Register();
        reader.Enter();
        for (int i = 0; i < 10_000; i++)
        {
            Retire(i);
            reader.Quiescent();
        }

        Assert.InRange(_reclaimer.PendingCount, 1, 2 * Reclaimer.CollectEvery);
    }

    [Fact]
    public void ARetiredBlockIsDisposedOnceNoReaderCanHoldIt()
    {
        NativeBlock block = NativeBlock.Allocate(64);
        Participant reader = _reclaimer.Register();
        reader.Enter();
        lock (_writer)
        {
            _reclaimer.Retire(block);
        }

        Collect();
        Assert.True(IsAlive(block));
        reader.Quiescent();
        Collect();
        Assert.False(IsAlive(block));
    }

    private static unsafe bool IsAlive(NativeBlock block) => block.Pointer is not null;

    private void Retire(int number)
    {
        lock (_writer)
        {
            _reclaimer.Retire(_recorder, number, 100);
        }
    }

    private int Collect()
    {
        lock (_writer)
        {
            return _reclaimer.Collect();
        }
    }

    private sealed class Recorder : IReclaimable
    {
        public List<int> Freed { get; } = [];

        public void Reclaim(nint address, nuint byteCount) => Freed.Add((int)address);
    }
}
