using System;
using System.Collections.Concurrent;
using System.IO;
using System.IO.MemoryMappedFiles;
using System.Threading;
using Microsoft.Extensions.Logging.Abstractions;
using Unkey.Engine.Events;
using Unkey.Server.Transport;
using Xunit;

namespace Unkey.Server.Tests.Transport;

public sealed class DurabilityGateTests : IDisposable
{
    private readonly EventRing _own = Ring();
    private readonly EventRing _cold = Ring();
    private readonly ConnectionTable _connections = new();
    private readonly BufferPool _pool = new();
    private readonly BlockingCollection<IReactorWork> _posted = [];
    private readonly SemaphoreSlim _disk = new(0);
    private readonly DurabilityGate _gate;
    private bool _isBroken;

    public DurabilityGateTests()
    {
        _gate = new DurabilityGate(_own, _cold, Flush, NullLogger.Instance);
        _gate.Start(_posted.Add);
    }

    public void Dispose()
    {
        _disk.Release(100);
        _gate.Dispose();
        _own.Dispose();
        _cold.Dispose();
        _posted.Dispose();
        _disk.Dispose();
    }

    [Fact]
    public void NothingWaitsWhenNothingWasDecided() => Assert.False(_gate.TryHold(Connect()));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AnAnswerWaitsForTheFlushThatBeganAfterItsDecision(bool isCold)
    {
        Connection connection = Connect();
        Decide(isCold ? _cold : _own);
        Assert.True(_gate.TryHold(connection));
        Assert.False(_gate.TryTakeReleased(_connections, out _, out _));
        Assert.Empty(_posted);
        _disk.Release();
        _posted.Take();
        _gate.Flushed();
        Assert.True(_gate.TryTakeReleased(_connections, out Connection released, out bool isLost));
        Assert.Same(connection, released);
        Assert.False(isLost);
        Assert.False(_gate.TryHold(connection));
    }

    [Fact]
    public void WhatIsDecidedDuringAFlushWaitsForTheNext()
    {
        Connection first = Connect();
        Connection second = Connect();
        Decide(_own);
        Assert.True(_gate.TryHold(first));

        // The flush has begun: it waits for the disk.
        Assert.True(SpinWait.SpinUntil(() => _flushing == 1, TimeSpan.FromSeconds(10)));
        Decide(_own);
        Assert.True(_gate.TryHold(second));
        _disk.Release();
        _posted.Take();
        _gate.Flushed();
        Assert.True(_gate.TryTakeReleased(_connections, out Connection released, out _));
        Assert.Same(first, released);
        Assert.False(_gate.TryTakeReleased(_connections, out _, out _));

        // An answer of the first that is decided from now on waits behind the second.
        Decide(_own);
        Assert.True(_gate.TryHold(first));
        _disk.Release();
        _posted.Take();
        Assert.True(_gate.TryTakeReleased(_connections, out released, out _));
        Assert.Same(second, released);
        Assert.True(_gate.TryTakeReleased(_connections, out released, out _));
        Assert.Same(first, released);
    }

    /// <summary>An event that found no room has taken its credits all the same.</summary>
    [Fact]
    public void ADecisionWhoseEventWasDroppedIsWaitedForToo()
    {
        while (_own.Dropped == 0)
        {
            Decide(_own);
        }

        Assert.True(_gate.TryHold(Connect()));
        _disk.Release();
        _posted.Take();
        _gate.Flushed();
        Assert.True(_gate.TryTakeReleased(_connections, out Connection connection, out _));
        Assert.False(_gate.TryHold(connection));
        Decide(_own);
        Assert.True(_gate.TryHold(connection));
    }

    [Fact]
    public void WhatCouldNotBeFlushedIsLostAndLaterAnswersAreNot()
    {
        _isBroken = true;
        Connection connection = Connect();
        Decide(_own);
        Assert.True(_gate.TryHold(connection));
        _disk.Release();
        _posted.Take();
        _gate.Flushed();
        Assert.True(_gate.TryTakeReleased(_connections, out _, out bool isLost));
        Assert.True(isLost);
        Assert.Equal(1, _gate.Failures);

        _isBroken = false;
        Decide(_own);
        Assert.True(_gate.TryHold(connection));
        _disk.Release();
        _posted.Take();
        Assert.True(_gate.TryTakeReleased(_connections, out _, out isLost));
        Assert.False(isLost);
        Assert.Equal(1, _gate.Failures);
    }

    [Fact]
    public void AConnectionThatHasGoneIsPassedOver()
    {
        Connection gone = Connect();
        Connection stays = Connect();
        Decide(_own);
        Assert.True(_gate.TryHold(gone));
        Assert.True(_gate.TryHold(stays));
        _connections.Remove(gone);
        _disk.Release();
        _posted.Take();
        Assert.True(_gate.TryTakeReleased(_connections, out Connection released, out _));
        Assert.Same(stays, released);
        Assert.False(_gate.TryTakeReleased(_connections, out _, out _));
    }

    private static EventRing Ring()
    {
        MemoryMappedFile memory = MemoryMappedFile.CreateNew(null, EventRing.MemoryBytes(EventRing.CapacityMin));
        return EventRing.Create(memory.CreateViewAccessor().SafeMemoryMappedViewHandle, EventRing.CapacityMin);
    }

    private static void Decide(EventRing ring)
    {
        if (ring.TryReserve(100, out EventWriter writer))
        {
            writer.Number(1);
            ring.Publish(in writer);
        }
    }

    private int _flushing;

    private void Flush()
    {
        Interlocked.Increment(ref _flushing);
        _disk.Wait();
        if (_isBroken)
        {
            throw new IOException("The disk is broken.");
        }
    }

    private Connection Connect()
    {
        int slot = _connections.NextSlot(out uint generation);
        Connection connection = new(_pool) { Slot = slot, Generation = generation };
        _connections.Add(connection);
        return connection;
    }
}
