namespace Unkey.Engine.Events;

/// <summary>What a record of the ring tells; its first byte. Values are stored and never change their meaning.</summary>
public enum EventKind : byte
{
    /// <summary>A key was verified: <see cref="VerificationEvent"/>.</summary>
    Verification = 1,

    /// <summary>A rate limit was decided: <see cref="RatelimitEvent"/>.</summary>
    Ratelimit = 2,

    /// <summary>A request of the API was answered: <see cref="RequestEvent"/>.</summary>
    Request = 3,
}
