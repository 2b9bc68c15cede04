using System;

namespace Unkey.Server.Events;

/// <summary>A place in a ring.</summary>
/// <param name="RingId">Which life of which ring.</param>
/// <param name="Position">Everything before it is meant.</param>
internal readonly record struct RingPosition(UInt128 RingId, long Position);
