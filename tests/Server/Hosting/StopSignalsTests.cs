using Unkey.Server.Hosting;
using Xunit;

namespace Unkey.Server.Tests.Hosting;

public sealed class StopSignalsTests
{
    [Fact]
    public void TheFirstSignalAsksAndTheSecondEnds()
    {
        int exits = 0;
        using StopSignals signals = new(() => exits++);
        Assert.False(signals.Stopping.IsCancellationRequested);
        signals.Request("SIGTERM");
        signals.Wait();
        Assert.Equal("SIGTERM", signals.Signal);
        Assert.True(signals.Stopping.IsCancellationRequested);
        Assert.Equal(0, exits);
        signals.Request("SIGINT");
        Assert.Equal(1, exits);
        Assert.Equal("SIGTERM", signals.Signal);
    }
}
