using System;

namespace Unkey.Server.Tests.ControlPlane;

/// <summary>A clock whose wall time moves only when told. Timers are real, so background work still runs.</summary>
internal sealed class SettableClock : TimeProvider
{
    public long NowMs { get; set; } = 1_750_000_000_000;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(NowMs);
}
