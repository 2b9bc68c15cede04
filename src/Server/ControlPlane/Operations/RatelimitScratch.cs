using System;
using Microsoft.Extensions.ObjectPool;
using Unkey.Engine;
using Unkey.Protocol;
using Unkey.Server.Hot;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary>What one rate-limit decision off the reactor needs and the next can use again. Rented per call; not thread-safe while rented.</summary>
internal sealed class RatelimitScratch
{
    private static readonly ObjectPool<RatelimitScratch> s_pool = ObjectPool.Create<RatelimitScratch>();

    private readonly RatelimitRequest[] _checks = new RatelimitRequest[RatelimitResult.ChecksMax];

    /// <summary>Reads the request.</summary>
    public RatelimitRequestReader Reader { get; } = new();

    /// <summary>Receives what came of it.</summary>
    public RatelimitResult Result { get; } = new();

    /// <summary>Takes scratch memory from the pool. Pair with <see cref="Return"/>.</summary>
    public static RatelimitScratch Rent() => s_pool.Get();

    /// <summary>Gives it back.</summary>
    public void Return() => s_pool.Return(this);

    /// <summary>The checks that were read, in the engine's words.</summary>
    public ReadOnlySpan<RatelimitRequest> ToEngine() => RatelimitEndpoint.ToEngine(Reader.Checks, _checks);
}
